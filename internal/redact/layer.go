package redact

import (
	"html"
	"strconv"
	"strings"
)

// layer is a text with its escapes undone so many times, and where each byte of it is written.
type layer struct {
	text string
	from []int // of each byte: where it begins in what was written; one more for the end
}

// written is a text as it stands.
func written(text string) layer {
	from := make([]int, len(text)+1)
	for i := range from {
		from[i] = i
	}
	return layer{text, from}
}

// hide hides what the bytes from first to end, which is not included, are written as.
func (l layer) hide(hidden []bool, first, end int) {
	for i := l.from[first]; i < l.from[end]; i++ {
		hidden[i] = true
	}
}

// unescaped undoes the escapes once, if there are any.
func (l layer) unescaped() (inner layer, escaped bool) {
	text, from := make([]byte, 0, len(l.text)), make([]int, 0, len(l.from))
	for i := 0; i < len(l.text); {
		char, length := unescape(l.text[i:])
		if length == 0 {
			char, length = l.text[i:i+1], 1
		} else {
			escaped = true
		}
		for j := range len(char) {
			text, from = append(text, char[j]), append(from, l.from[i])
		}
		i += length
	}
	return layer{string(text), append(from, l.from[len(l.text)])}, escaped
}

// escapes are how URLs, programming languages, JSON and mail write a character, but for HTML.
var escapes = []struct {
	prefix string
	digits int
	base   int
	suffix string
}{
	{"%", 2, 16, ""}, {"%u", 4, 16, ""}, {"=", 2, 16, ""}, {"0x", 2, 16, ""}, {"U+", 4, 16, ""},
	{`\u`, 4, 16, ""}, {`\u{`, 2, 16, "}"}, {`\U`, 8, 16, ""}, {`\x`, 2, 16, ""}, {`\`, 3, 8, ""},
}

// maxEntity is longer than any name of a character in HTML.
const maxEntity = 34

// unescape returns the character that a text begins with the escape of, and how long that is: 0 if it
// is none, or of a character that a secret cannot have.
func unescape(text string) (char string, length int) {
	switch text[0] {
	case '&':
		end := strings.IndexByte(text[:min(len(text), maxEntity)], ';') + 1
		if char = html.UnescapeString(text[:end]); char != text[:end] {
			return char, end
		}
	case '%', '=', '0', 'U', '\\':
		for _, e := range escapes {
			digits, fits := strings.CutPrefix(text, e.prefix)
			if !fits || len(digits) < e.digits || !strings.HasPrefix(digits[e.digits:], e.suffix) {
				continue
			}
			if code, err := strconv.ParseUint(digits[:e.digits], e.base, 7); err == nil {
				return string(rune(code)), len(e.prefix) + e.digits + len(e.suffix)
			}
		}
	}
	return "", 0
}
