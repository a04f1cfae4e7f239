package wrapper

import (
	"encoding/json"
	"errors"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const (
	redacted     = "[REDACTED]"
	maxExcerpt   = 2 << 10  // how much of a body an error keeps
	redactWindow = 16 << 10 // how much of it is looked at for secrets
)

// secrets matches upload URLs: what the fields that carry them hold, any URL with a
// signature, and a signature that stands alone. Characters may be escaped as in JSON, in a
// URL or in HTML.
var secrets = regexp.MustCompile(`(?i)"(?:dags|bundle)UploadUrl"\s*:\s*"[^"]*"?` +
	`|https?:[^\s"'<>]*` + signature + `[^\s"'<>]*` +
	`|` + signature + `[^\s"'<>&]*`)

const signature = `sig(?:=|%(?:25)*3d|\\u003d|&#(?:61|x3d);)`

// redact returns text without the tokens, however they may be escaped, and the upload URLs in
// it. What is shorter than a token can be is left in: blotting it out would garble the text.
func redact(text string, tokens ...string) string {
	for _, token := range tokens {
		if len(token) < minToken {
			continue
		}
		for _, spelling := range spellings(token) {
			text = strings.ReplaceAll(text, spelling, redacted)
		}
	}
	return secrets.ReplaceAllLiteralString(text, redacted)
}

// minToken is shorter than any token of the service, which are JWTs.
const minToken = 6

// spellings are a token as it is and, if it has characters that are escaped, as JSON, a URL and
// HTML have it.
func spellings(token string) []string {
	if !strings.ContainsFunc(token, func(r rune) bool { return !isIDByte(byte(r)) && r != '.' }) {
		return []string{token}
	}
	encoded, _ := json.Marshal(token) // of a string it cannot fail
	quoted := strconv.Quote(token)
	return []string{token, string(encoded[1 : len(encoded)-1]), quoted[1 : len(quoted)-1], strings.ReplaceAll(token, "/", `\/`), url.QueryEscape(token), lowerHex(url.QueryEscape(token)), html.EscapeString(token)}
}

var hexEscape = regexp.MustCompile(`%[0-9A-F]{2}`)

// lowerHex is an escaped text as some systems write it.
func lowerHex(escaped string) string { return hexEscape.ReplaceAllStringFunc(escaped, strings.ToLower) }

// excerpt returns the start of a body, without secrets, as valid UTF-8.
func excerpt(body []byte, tokens ...string) string {
	longest := 0
	for _, token := range tokens {
		longest = max(longest, len(token))
	}
	window := body[:min(len(body), redactWindow+longest)]
	// Made valid first: what is taken out later could join the halves of a secret.
	text := redact(strings.ToValidUTF8(string(window), ""), tokens...)
	if len(window) < len(body) {
		text = text[:max(0, len(text)-longest)] // which may be the beginning of a token
	}
	return strings.ToValidUTF8(text[:min(len(text), maxExcerpt)], "")
}

// withoutSecrets returns err itself unless its text, or that of an error below it, holds the
// token or an upload URL, as that of a *url.Error or of a caller's transport may. Then it
// returns an error that [errors.Is] finds the same causes in, but that cannot be unwrapped.
func withoutSecrets(err error, tokens ...string) error {
	if isClean(err, tokens...) {
		return err
	}
	return &redactedError{redact(err.Error(), tokens...), func(target error) bool { return errors.Is(err, target) }}
}

func isClean(err error, tokens ...string) bool {
	if text := err.Error(); redact(text, tokens...) != text {
		return false
	}
	switch below := err.(type) {
	case interface{ Unwrap() error }:
		cause := below.Unwrap()
		return cause == nil || isClean(cause, tokens...)
	case interface{ Unwrap() []error }:
		return !slices.ContainsFunc(below.Unwrap(), func(cause error) bool { return cause != nil && !isClean(cause, tokens...) })
	}
	return true
}

type redactedError struct {
	text string
	is   func(error) bool // hides the error from %#v
}

func (e *redactedError) Error() string        { return e.text }
func (e *redactedError) Is(target error) bool { return e.is(target) }
