// Package redact makes foreign text fit to be shown. It takes secrets out: tokens and signatures
// that the caller names, however they are escaped, and anything that looks like an upload URL.
package redact

import (
	"encoding/json"
	"html"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

const (
	mask = "[REDACTED]"
	// MaxExcerpt is the most of a body, in bytes, that [Excerpt] keeps.
	MaxExcerpt = 2 << 10
	// window is how much of a body is searched for secrets.
	window = 16 << 10
	// minSecret is shorter than any token of the service, which are JWTs. What is shorter stays:
	// masking it would garble the text.
	minSecret = 6
)

// uploadURLs matches what the fields that carry upload URLs hold, any URL with a signature, and
// a signature that stands alone. Characters may be escaped as in JSON, in a URL or in HTML.
var uploadURLs = regexp.MustCompile(`(?i)"(?:dags|bundle)UploadUrl"\s*:\s*"[^"]*"?` +
	`|https?:[^\s"'<>]*` + signature + `[^\s"'<>]*` +
	`|` + signature + `[^\s"'<>&]*`)

const signature = `sig(?:=|%(?:25)*3d|\\u003d|&#(?:61|x3d);)`

// Text returns text without the secrets and the upload URLs in it.
func Text(text string, secrets ...string) string {
	for _, secret := range secrets {
		if len(secret) < minSecret {
			continue
		}
		for _, spelling := range spellings(secret) {
			text = strings.ReplaceAll(text, spelling, mask)
		}
	}
	return uploadURLs.ReplaceAllLiteralString(text, mask)
}

// plain matches a secret that no encoding escapes.
var plain = regexp.MustCompile(`^[A-Za-z0-9._-]*$`)

// spellings are a secret as it is and, where it has characters that are escaped, as JSON, Go, a
// URL and HTML write it.
func spellings(secret string) []string {
	if plain.MatchString(secret) {
		return []string{secret}
	}
	encoded, _ := json.Marshal(secret) // of a string it cannot fail
	quoted, escaped := strconv.Quote(secret), url.QueryEscape(secret)
	return []string{
		secret, string(encoded[1 : len(encoded)-1]), quoted[1 : len(quoted)-1], strings.ReplaceAll(secret, "/", `\/`),
		escaped, lowerHex(escaped), html.EscapeString(secret),
	}
}

var hexEscape = regexp.MustCompile(`%[0-9A-F]{2}`)

// lowerHex is an escaped text as some systems write it.
func lowerHex(escaped string) string { return hexEscape.ReplaceAllStringFunc(escaped, strings.ToLower) }

// Excerpt returns the start of a body, without secrets, as valid UTF-8 of at most [MaxExcerpt]
// bytes.
func Excerpt(body []byte, secrets ...string) string {
	longest := 0
	for _, secret := range secrets {
		longest = max(longest, len(secret))
	}
	searched := body[:min(len(body), window+longest)]
	// Made valid first: what is taken out later could join the halves of a secret.
	text := Text(strings.ToValidUTF8(string(searched), ""), secrets...)
	if len(searched) < len(body) {
		text = text[:max(0, len(text)-longest)] // which may be the beginning of a secret
	}
	return strings.ToValidUTF8(text[:min(len(text), MaxExcerpt)], "")
}

// OneLine keeps what others wrote from forging lines of a log.
func OneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
}
