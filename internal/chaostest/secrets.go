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

// RequireNoSecret fails the test if a value shows a secret, whatever prints or logs it.
func RequireNoSecret(t *testing.T, value any) {
	t.Helper()
	RequireClean(t, Shown(value))
}

// Shown is what is shown of a value: by fmt, by slog and, of an error, by JSON and in a struct, too.
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

// ShownByAssertions is what an assertion shows of an error: all that it holds.
func ShownByAssertions(err error) string {
	var shown strings.Builder
	assert.Equal(&recorder{&shown}, struct{ Err error }{}, struct{ Err error }{err}) // of one type, so that it shows how they differ
	return shown.String()
}

// recorder takes what an assertion has to say.
type recorder struct{ said io.Writer }

func (r *recorder) Errorf(format string, args ...any) { fmt.Fprintf(r.said, format, args...) }

// RequireClean fails the test if a text holds a secret.
func RequireClean(t *testing.T, shown string) {
	t.Helper()
	for _, secret := range []string{Token, "s3cret-of-the-token", "sig=", Signature} {
		if strings.Contains(shown, secret) {
			require.Fail(t, "a secret shows", "%q in %.2000s", secret, shown)
		}
	}
}
