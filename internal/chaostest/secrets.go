package chaostest

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// RequireNoSecret fails the test if a value shows a secret, however it is printed or logged.
func RequireNoSecret(t *testing.T, value any) {
	t.Helper()
	RequireClean(t, Shown(value))
}

// Shown returns everything that fmt and slog show of a value. For an error, it includes JSON and a struct
// that holds the error.
func Shown(value any) string {
	var shown strings.Builder
	fmt.Fprintf(&shown, "%v %+v %#v %s %q", value, value, value, value, value)
	logged := []any{value}
	if err, isError := value.(error); isError {
		within := struct{ Err error }{err}
		logged = append(logged, within)
		encoded, _ := json.Marshal(within)
		fmt.Fprintf(&shown, "%s %v %+v %#v", encoded, within, within, within)
	}
	for _, handler := range []slog.Handler{slog.NewTextHandler(&shown, nil), slog.NewJSONHandler(&shown, nil)} {
		for _, value := range logged {
			slog.New(handler).Info("", "value", value)
		}
	}
	return shown.String()
}

// ShownByAssertions returns what a failed assertion shows of an error: all its fields.
func ShownByAssertions(err error) string {
	var shown strings.Builder
	assert.Equal(&recorder{&shown}, struct{ Err error }{}, struct{ Err error }{err}) // of the same type, so that it shows a diff
	return shown.String()
}

// recorder records the output of an assertion.
type recorder struct{ output io.Writer }

func (r *recorder) Errorf(format string, args ...any) { fmt.Fprintf(r.output, format, args...) }

// RequireClean fails the test if a text contains a secret.
func RequireClean(t *testing.T, shown string) {
	t.Helper()
	for _, secret := range []string{Token, "s3cret-of-the-token", "sig=", Signature} {
		if strings.Contains(shown, secret) {
			require.Fail(t, "a secret is shown", "%q in %.2000s", secret, shown)
		}
	}
}
