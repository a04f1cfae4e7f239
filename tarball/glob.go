package tarball

import (
	"strings"
	"unicode/utf8"
)

// What can be wrong with a pattern, and what to do.
const (
	noName    = "has an empty name, . or .., so it matches nothing; write it relative to the folder, like logs/ or include/*.csv"
	noNUL     = "contains a NUL, which no name contains; remove it"
	noEscaped = `ends with a backslash; write \\ for a literal one`
	noEnd     = `has a "[" without a "]"; write \[ for a literal one`
	noClass   = "has an unknown class; the classes are alnum, alpha, blank, cntrl, digit, graph, lower, print, punct, space, upper and xdigit"
	noRange   = "has a range that ends before it starts; swap the two characters"
)

// classes are the [:classes:] of ASCII, as pairs of first and last character.
var classes = map[string]string{
	"alnum": "09AZaz", "alpha": "AZaz", "blank": "\t\t  ", "cntrl": "\x00\x1f\x7f\x7f",
	"digit": "09", "graph": "!~", "lower": "az", "print": " ~", "punct": "!/:@[`{~",
	"space": "\t\r  ", "upper": "AZ", "xdigit": "09AFaf",
}

// parseGlobs converts a pattern of git to globs for path.Match, whose "[…]" has fewer features.
func parseGlobs(pattern string) (globs []string, wrong string) {
	var glob strings.Builder
	end := func() {
		globs = append(globs, glob.String())
		glob.Reset()
	}
	for pattern != "" {
		first := pattern[0]
		pattern = pattern[1:]
		switch first {
		case '/':
			end()
		case '[':
			if pattern, wrong = parseClass(&glob, pattern); wrong != "" {
				return nil, wrong
			}
		case '\\':
			if pattern == "" {
				return nil, noEscaped
			}
			if pattern[0] == '/' { // git treats an escaped slash like any other, except after "**"
				if isStars(glob.String()) {
					glob.Reset()
					glob.WriteByte('*')
					end()
					glob.WriteString(anyDepth)
				}
				continue
			}
			glob.WriteByte('\\')
			glob.WriteByte(pattern[0])
			pattern = pattern[1:]
		default:
			glob.WriteByte(first)
		}
	}
	end()
	for i, glob := range globs {
		switch {
		case glob == "" || glob == "." || glob == "..":
			return nil, noName
		case isStars(glob):
			globs[i] = anyDepth
		}
	}
	return globs, ""
}

// isStars reports whether a name consists of two or more stars.
func isStars(glob string) bool { return len(glob) > 1 && strings.Trim(glob, "*") == "" }

// parseClass converts the part after a "[" to the syntax of path.Match, and returns what follows the "]".
func parseClass(glob *strings.Builder, pattern string) (rest, wrong string) {
	glob.WriteByte('[')
	if pattern != "" && (pattern[0] == '!' || pattern[0] == '^') {
		glob.WriteByte('^')
		pattern = pattern[1:]
	}
	for first := true; first || !strings.HasPrefix(pattern, "]"); first = false {
		if name, after, isClass := cutClass(pattern); isClass {
			ranges, known := classes[name]
			if !known {
				return "", noClass
			}
			for i := 0; i < len(ranges); i += 2 {
				writeRange(glob, rune(ranges[i]), rune(ranges[i+1]))
			}
			pattern = after
			continue
		}
		low, after, ok := cutChar(pattern)
		if !ok {
			return "", noEnd
		}
		high := low
		if strings.HasPrefix(after, "-") && !strings.HasPrefix(after, "-]") {
			if high, after, ok = cutChar(after[1:]); !ok {
				return "", noEnd
			}
		}
		if high < low {
			return "", noRange
		}
		writeRange(glob, low, high)
		pattern = after
	}
	glob.WriteByte(']')
	return pattern[1:], ""
}

func writeRange(glob *strings.Builder, low, high rune) {
	glob.WriteString(`\` + string(low) + `-\` + string(high))
}

// cutClass cuts a class such as [:alpha:] from the content of "[…]".
func cutClass(pattern string) (name, after string, isClass bool) {
	if !strings.HasPrefix(pattern, "[:") {
		return "", "", false
	}
	name, after, isClass = strings.Cut(pattern[2:], "]")
	if name, found := strings.CutSuffix(name, ":"); found && isClass {
		return name, after, true
	}
	return "", "", false
}

// cutChar cuts one character, escaped or not, from the content of "[…]".
func cutChar(pattern string) (char rune, after string, ok bool) {
	pattern = strings.TrimPrefix(pattern, `\`)
	char, size := utf8.DecodeRuneInString(pattern)
	return char, pattern[size:], pattern != ""
}
