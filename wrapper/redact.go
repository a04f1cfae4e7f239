package wrapper

import (
	"errors"
	"regexp"
	"strings"
)

const (
	redacted     = "[REDACTED]"
	maxExcerpt   = 2 << 10  // how much of a body an error keeps
	redactWindow = 16 << 10 // how much of it is looked at for secrets
)

// secrets matches upload URLs: what the fields that carry them hold, any URL with a
// signature, and a signature that stands alone. Characters may be escaped as in JSON or in
// a URL.
var secrets = regexp.MustCompile(`(?i)"(?:dags|bundle)UploadUrl"\s*:\s*"[^"]*"?` +
	`|https?:[^\s"'<>]*sig(?:=|%3d|\\u003d)[^\s"'<>]*` +
	`|sig(?:=|%3d|\\u003d)[^\s"'<>&]*`)

// redact returns text without the token and the upload URLs in it.
func redact(text, token string) string {
	if token != "" {
		text = strings.ReplaceAll(text, token, redacted)
	}
	return secrets.ReplaceAllLiteralString(text, redacted)
}

// excerpt returns the start of a body, without secrets, as valid UTF-8.
func excerpt(body []byte, token string) string {
	window := body[:min(len(body), redactWindow+len(token))]
	// Made valid first: what is taken out later could join the halves of a secret.
	text := redact(strings.ToValidUTF8(string(window), ""), token)
	if len(window) < len(body) {
		text = text[:max(0, len(text)-len(token))] // which may be the beginning of a token
	}
	return strings.ToValidUTF8(text[:min(len(text), maxExcerpt)], "")
}

// withoutSecrets returns err itself unless its text holds the token or an upload URL, as that
// of a *url.Error or of a caller's transport may. Then it returns an error that [errors.Is]
// finds the same causes in, but that cannot be unwrapped.
func withoutSecrets(err error, token string) error {
	text := err.Error()
	clean := redact(text, token)
	if clean == text {
		return err
	}
	return &redactedError{clean, func(target error) bool { return errors.Is(err, target) }}
}

type redactedError struct {
	text string
	is   func(error) bool // hides the error from %#v
}

func (e *redactedError) Error() string        { return e.text }
func (e *redactedError) Is(target error) bool { return e.is(target) }
