package redact

import (
	"html"
	"regexp"
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

// escapes match a character as URLs, JSON, programming languages, mail and HTML escape it.
var escapes = regexp.MustCompile(`(?i)(?-i:\\U)[0-9a-f]{8}|(?:%u|\\u|u\+)[0-9a-f]{4}|\\u\{[0-9a-f]{1,6}\}|(?:%|=|\\x|0x)[0-9a-f]{2}|\\[0-3][0-7]{2}|&#?[0-9a-z]{1,31};`)

// unescaped undoes the escapes once, if there are any.
func (l layer) unescaped() (inner layer, escaped bool) {
	var text strings.Builder
	from, end := make([]int, 0, len(l.from)), 0
	upTo := func(next int) {
		text.WriteString(l.text[end:next])
		from = append(from, l.from[end:next]...)
	}
	for _, found := range escapes.FindAllStringIndex(l.text, -1) {
		char := unescape(l.text[found[0]:found[1]])
		if char == "" {
			continue
		}
		upTo(found[0])
		text.WriteString(char)
		for range len(char) {
			from = append(from, l.from[found[0]])
		}
		end, escaped = found[1], true
	}
	upTo(len(l.text))
	return layer{text.String(), append(from, l.from[len(l.text)])}, escaped
}

// unescape returns what an escape stands for, or "" if that is no character that a secret can have.
func unescape(escape string) string {
	if escape[0] == '&' {
		if char := html.UnescapeString(escape); char != escape {
			return char
		}
		return ""
	}
	base, digits := 16, strings.TrimLeft(escape, `%=\uUxX+{`)
	switch {
	case strings.HasPrefix(escape, "0"):
		digits = escape[2:]
	case escape[0] == '\\' && len(digits) == 3:
		base = 8
	}
	char, err := strconv.ParseUint(strings.TrimSuffix(digits, "}"), base, 32)
	if err != nil || char > '~' {
		return ""
	}
	return string(rune(char))
}
