package redact

import "strings"

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

// escape is how a character is written by its number.
type escape struct {
	prefix   string
	min, max int // digits
	base     int
	suffix   string // which may be missing
}

// escapes are those of URLs, programming languages, JSON, mail and HTML.
var escapes = []escape{
	{"%u", 4, 4, 16, ""}, {"%", 2, 2, 16, ""}, {"=", 2, 2, 16, ""}, {"0x", 2, 2, 16, ""}, {"U+", 4, 6, 16, ""},
	{`\u{`, 1, 6, 16, "}"}, {`\u`, 4, 4, 16, ""}, {`\U`, 8, 8, 16, ""}, {`\x{`, 1, 6, 16, "}"}, {`\x`, 2, 2, 16, ""}, {`\`, 3, 3, 8, ""},
	{"&#x", 1, 6, 16, ";"}, {"&#X", 1, 6, 16, ";"}, {"&#", 1, 7, 10, ";"},
}

// named are escapes without a number: what they stand for, or no character of a secret.
var named = []struct{ name, char string }{
	{`\n`, none}, {`\r`, none}, {`\t`, none}, {`\b`, none}, {`\f`, none}, {`\v`, none}, {"&amp;", "&"}, {"&lt;", none}, {"&gt;", none}, {"&quot;", none}, {"&apos;", none},
}

// none stands in a layer for a character that no secret has.
const none = "\x00"

// unescape returns the character that a text begins with the escape of, and how long that is: 0 if it
// is none.
func unescape(text string) (char string, length int) {
	if !strings.ContainsRune(`%=0U\&`, rune(text[0])) {
		return "", 0
	}
	for _, e := range escapes {
		if char, length = e.undo(text); length > 0 {
			return char, length
		}
	}
	for _, e := range named {
		if strings.HasPrefix(text, e.name) {
			return e.char, len(e.name)
		}
	}
	return "", 0
}

func (e escape) undo(text string) (char string, length int) {
	rest, fits := strings.CutPrefix(text, e.prefix)
	if !fits {
		return "", 0
	}
	code, digits := 0, 0
	for ; digits < min(e.max, len(rest)); digits++ {
		value := digit(rest[digits])
		if value >= e.base {
			break
		}
		code = code*e.base + value
	}
	if digits < e.min {
		return "", 0
	}
	length = len(e.prefix) + digits
	if e.suffix != "" && strings.HasPrefix(rest[digits:], e.suffix) {
		length++
	}
	if code > '~' {
		return none, length
	}
	return string(rune(code)), length
}

// digit is the value of a digit, or one beyond every base.
func digit(char byte) int {
	switch {
	case char >= '0' && char <= '9':
		return int(char - '0')
	case char >= 'a' && char <= 'f':
		return int(char-'a') + 10
	case char >= 'A' && char <= 'F':
		return int(char-'A') + 10
	}
	return 16
}
