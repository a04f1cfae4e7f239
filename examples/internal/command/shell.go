package command

import (
	"regexp"
	"runtime"
	"strings"
)

// plain matches the arguments that a shell takes as they are.
var plain = regexp.MustCompile(`^[\w@%+=:,./-]+$`)

// ShellQuote quotes an argument for sh, if it needs to be. On Windows a path with backslashes stays as it is.
func ShellQuote(arg string) string {
	bare := arg
	if runtime.GOOS == "windows" {
		bare = strings.ReplaceAll(arg, `\`, "/")
	}
	if plain.MatchString(bare) {
		return arg
	}
	return "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
}
