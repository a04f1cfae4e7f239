// Package redact makes foreign text fit to be shown. It takes out the secrets that the caller names,
// and anything that looks like an upload URL.
//
// No list of encodings is complete, so the rule is another one: no 12 characters in a row of a secret
// are shown. They are looked for in what is left of a text without white space, punctuation and the
// like, in upper and lower case, as it is written and with its escapes undone; and of a secret as it
// is and as base64, base32, hexadecimal and decimal numbers show it.
package redact

import (
	"regexp"
	"strings"
	"unicode"
)

const (
	mask = "[REDACTED]"
	// MaxExcerpt is the most of a body, in bytes, that [Redactor.Excerpt] shows.
	MaxExcerpt = 2 << 10
	// run is how many characters of a secret no text shows in a row.
	run = 12
	// minSecret is shorter than any secret of the service. What is shorter stays: masking it would
	// garble the text.
	minSecret = 6
)

// Redactor takes the secrets of a call out of texts. The zero value knows none, and takes out what
// looks like an upload URL.
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
	for layer, left := written(text), maxEscapes; ; left-- {
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

// maxEscapes is how often an escape may be escaped.
const maxEscapes = 4

// uploadURLs matches what the fields that carry upload URLs hold, any URL with a signature, and
// a signature that stands alone.
var uploadURLs = regexp.MustCompile(`(?i)"(?:dags|bundle)UploadUrl"\s*:\s*"[^"]*"?` +
	`|https?:[^\s"'<>]*sig=[^\s"'<>]*` +
	`|sig=[^\s"'<>&]*` +
	`|\bsig["'\\]*\s*[:=]\s*["'\\]*[a-z0-9+/%=_-]{12,}`)

// masked is text with one mask in place of each stretch that is hidden.
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

// Excerpt returns the start of a body without secrets, as valid UTF-8 of at most [MaxExcerpt] bytes
// that print, ends of lines, tabs and what joins emoji aside.
func (r Redactor) Excerpt(body []byte) string {
	text := r.Text(strings.ToValidUTF8(string(body[:min(len(body), MaxExcerpt)]), ""))
	text = printable(text, "\n\t\u200d")
	return strings.ToValidUTF8(text[:min(len(text), MaxExcerpt)], "")
}

// maxForeign is how much of a body tells what it is.
const maxForeign = 200

// Quotable is what may be quoted of a body: all of an error of the service or the storage, and of
// anything else no more than tells what it is.
func Quotable(body []byte, isOwn bool) []byte {
	if isOwn {
		return body
	}
	return body[:min(len(body), maxForeign)]
}

// Line returns an excerpt of a text as one line.
func (r Redactor) Line(text string) string { return OneLine(r.Excerpt([]byte(text))) }

// OneLine puts a blank in place of what does not print: ends of lines of any kind, which could forge
// lines of a log, marks that turn the direction of writing around, characters without width.
func OneLine(text string) string { return printable(text, "") }

func printable(text, spared string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) || strings.ContainsRune(spared, r) {
			return r
		}
		return ' '
	}, text)
}
