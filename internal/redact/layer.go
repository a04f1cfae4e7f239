package redact

import "strings"

// layer is a text with its escapes undone a number of times, and the position of each byte in the
// original text.
type layer struct {
	text string
	from []int // where each byte starts in the original text, plus the end of the text
}

// original returns the layer of an unchanged text.
func original(text string) layer {
	from := make([]int, len(text)+1)
	for i := range from {
		from[i] = i
	}
	return layer{text, from}
}

// hide hides the original bytes of text[first:end].
func (l layer) hide(hidden []bool, first, end int) {
	for i := l.from[first]; i < l.from[end]; i++ {
		hidden[i] = true
	}
}

// unescaped undoes the escapes once, and reports whether there were any.
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

// escape is a format that writes a character as a number.
type escape struct {
	prefix   string
	min, max int // number of digits
	base     int
	suffix   string // optional
}

// escapes are the formats of URLs, programming languages, JSON, mail and HTML.
var escapes = []escape{
	{"%u", 4, 4, 16, ""}, {"%", 2, 2, 16, ""}, {"=", 2, 2, 16, ""}, {"0x", 2, 2, 16, ""}, {"U+", 4, 6, 16, ""},
	{`\u{`, 1, 6, 16, "}"}, {`\u`, 4, 4, 16, ""}, {`\U`, 8, 8, 16, ""}, {`\x{`, 1, 6, 16, "}"}, {`\x`, 2, 2, 16, ""}, {`\`, 3, 3, 8, ""},
	{"&#x", 1, 6, 16, ";"}, {"&#X", 1, 6, 16, ";"}, {"&#", 1, 7, 10, ";"},
}

// named are escapes without a number, and the character that each stands for.
var named = []struct{ name, char string }{
	{`\n`, none}, {`\r`, none}, {`\t`, none}, {`\b`, none}, {`\f`, none}, {`\v`, none}, {"&amp;", "&"}, {"&lt;", none}, {"&gt;", none}, {"&quot;", none}, {"&apos;", none},
}

// none replaces a character that no secret contains.
const none = "\x00"

// unescape undoes an escape at the start of a text. It returns the character and the length of the
// escape, which is 0 if there is none.
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

// digit returns the value of a digit, or 16 if it is none.
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
