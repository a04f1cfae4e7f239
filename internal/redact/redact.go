// Package redact makes text from responses and errors safe to show. It masks the given secrets and
// anything that looks like an upload URL.
//
// A list of encodings is never complete, so the rule is: no 12 consecutive characters of a secret are
// shown. The search ignores case, white space and punctuation, and looks at the text both as it is and
// with its escapes undone. It finds a secret in plain text and as base64, base32, hexadecimal and
// decimal numbers.
package redact

import (
	"regexp"
	"strings"
	"unicode"
)

const (
	mask = "[REDACTED]"
	// MaxExcerpt is the maximum size of [Redactor.Excerpt], in bytes.
	MaxExcerpt = 2 << 10
	// run is how many consecutive characters of a secret are enough to be masked.
	run = 12
	// minSecret is the length below which a secret is not masked, because that would garble the text.
	// Any secret of the service is longer.
	minSecret = 6
)

// Redactor masks secrets in texts. The zero value masks only what looks like an upload URL.
type Redactor struct{ known []secretRuns }

// New returns a redactor for secrets.
func New(secrets ...string) Redactor {
	r := Redactor{}
	for _, secret := range secrets {
		r.known = append(r.known, runsOf(secret))
	}
	return r
}

// Text is New(secrets...).Text(text).
func Text(text string, secrets ...string) string { return New(secrets...).Text(text) }

// Text returns text without the secrets, and without upload URLs.
func (r Redactor) Text(text string) string {
	hidden := make([]bool, len(text))
	for layer, left := original(text), maxEscapes; ; left-- {
		if lower := strings.ToLower(layer.text); strings.Contains(lower, "sig") || strings.Contains(lower, "uploadurl") {
			for _, found := range uploadURLs.FindAllStringIndex(layer.text, -1) {
				layer.hide(hidden, found[0], found[1])
			}
		}
		for i, reading := range readings {
			read, at := reading.read(layer.text)
			for _, known := range r.known {
				known[i].hide(read, func(first, last int) { layer.hide(hidden, at[first], at[last]+1) })
			}
		}
		inner, escaped := layer.unescaped()
		if !escaped || left == 0 {
			return masked(text, hidden)
		}
		layer = inner
	}
}

// maxEscapes is how many levels of nested escapes are undone.
const maxEscapes = 4

// uploadURLs matches the fields with upload URLs, any URL with a signature, and a signature without a
// URL.
var uploadURLs = regexp.MustCompile(`(?i)"(?:dags|bundle)UploadUrl"\s*:\s*"[^"]*"?` +
	`|https?:[^\s"'<>]*sig=[^\s"'<>]*` +
	`|sig=[^\s"'<>&]*` +
	`|\bsig["'\\]*\s*[:=]\s*["'\\]*[a-z0-9+/%=_-]{12,}`)

// masked returns text with each hidden stretch replaced by one mask.
func masked(text string, hidden []bool) string {
	var shown strings.Builder
	for i := range len(text) {
		switch {
		case !hidden[i]:
			shown.WriteByte(text[i])
		case i == 0 || !hidden[i-1]:
			shown.WriteString(mask)
		}
	}
	return shown.String()
}

// Excerpt returns the start of a body without secrets: at most [MaxExcerpt] bytes of printable UTF-8,
// newlines, tabs and zero-width joiners, which emoji need.
func (r Redactor) Excerpt(body []byte) string {
	text := r.Text(strings.ToValidUTF8(string(body[:min(len(body), MaxExcerpt)]), ""))
	text = printable(text, "\n\t\u200d")
	return strings.ToValidUTF8(text[:min(len(text), MaxExcerpt)], "")
}

// maxUnknown is how much is quoted of a body of unknown origin: enough to recognize it.
const maxUnknown = 200

// Quotable returns the part of a body that may be quoted: all of an error of the service or the storage
// (isOwn), and only the start of anything else.
func Quotable(body []byte, isOwn bool) []byte {
	if isOwn {
		return body
	}
	return body[:min(len(body), maxUnknown)]
}

// Line returns an excerpt of a text as one line.
func (r Redactor) Line(text string) string { return OneLine(r.Excerpt([]byte(text))) }

// OneLine replaces characters that do not print with blanks: line breaks, which could forge log lines,
// direction marks and zero-width characters.
func OneLine(text string) string { return printable(text, "") }

func printable(text, allowed string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) || strings.ContainsRune(allowed, r) {
			return r
		}
		return ' '
	}, text)
}
