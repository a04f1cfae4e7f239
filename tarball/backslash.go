package tarball

import (
	"regexp"
	"strings"
)

const noSeparator = `has a backslash, which escapes the next character and does not separate names; use "/"`

var (
	// tokens are the escapes, the classes and the other characters of a pattern.
	tokens  = regexp.MustCompile(`(?s)\\.?|\[[!^]?\]?(?:\[:[a-z]+:\]|\\.|[^\]\\])*\]|.`)
	escapes = regexp.MustCompile(`(?s)\\.`)
)

// isPath reports whether a pattern has a backslash that can only be meant as a Windows path separator. On
// Windows, no name contains a backslash or a wildcard, so that sub\*.csv and logs\ would match nothing, in
// silence. The escapes that a .gitignore needs for names that Windows allows are fine, as in
// Generated\ Files and \#*\#.
func isPath(pattern string) bool {
	start := true
	for pattern != "" {
		token := tokens.FindString(pattern)
		pattern = pattern[len(token):]
		switch token[0] {
		case '[':
			for _, escape := range escapes.FindAllString(token, -1) {
				if !strings.Contains(`[]!^-`, escape[1:]) {
					return true
				}
			}
		case '\\':
			switch token[1:] {
			case "#", "[", "]":
			case "!":
				if !start {
					return true
				}
			case " ":
				if pattern == "" || pattern[0] == '/' { // Windows has no name that ends with a space
					return true
				}
			default:
				return true
			}
		}
		start = false
	}
	return false
}
