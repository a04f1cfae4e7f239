package chaostest

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// RequireNoSecret fails the test if a value shows a secret, whatever prints or logs it.
func RequireNoSecret(t *testing.T, value any) {
	t.Helper()
	var shown strings.Builder
	fmt.Fprintf(&shown, "%v %+v %#v %s %q", value, value, value, value, value)
	for _, handler := range []slog.Handler{slog.NewTextHandler(&shown, nil), slog.NewJSONHandler(&shown, nil)} {
		slog.New(handler).Info("", "value", value)
	}
	RequireClean(t, shown.String())
}

// RequireClean fails the test if a text holds a secret.
func RequireClean(t *testing.T, shown string) {
	t.Helper()
	for _, secret := range []string{Token, "s3cret-of-the-token", "sig=", Signature} {
		if strings.Contains(shown, secret) {
			require.Fail(t, "a secret shows", "%q in %.2000s", secret, shown)
		}
	}
}
