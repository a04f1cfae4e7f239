package tarball

import (
	"fmt"
	"path"
	"regexp"
	"strings"
)

// rule is a line of a .gitignore.
type rule struct {
	negated bool     // by "!"
	dirOnly bool     // by "/" at the end
	globs   []string // for path.Match, one per name of a path; anyDepth, which is never last, for any number of names
}

// anyDepth matches any number of names, including none.
const anyDepth = "**"

// ignored reports whether the last rule that matches name excludes it. The directories above it must not
// be excluded.
func ignored(rules []rule, name string, isDir bool) bool {
	names := strings.Split(name, "/")
	for i := len(rules) - 1; i >= 0; i-- {
		if rules[i].dirOnly && !isDir {
			continue
		}
		if matches(rules[i].globs, names) {
			return !rules[i].negated
		}
	}
	return false
}

// matches reports whether the globs match all names. After a mismatch, the last anyDepth takes one more
// name. Earlier ones need no retry, since the last one can take those names, too.
func matches(globs, names []string) bool {
	glob, name := 0, 0
	retryGlob, retryName := -1, 0
	for name < len(names) {
		if glob < len(globs) && globs[glob] == anyDepth {
			glob++
			retryGlob, retryName = glob, name
			continue
		}
		if glob < len(globs) {
			if matched, _ := path.Match(globs[glob], names[name]); matched {
				glob, name = glob+1, name+1
				continue
			}
		}
		if retryGlob < 0 {
			return false
		}
		retryName++
		glob, name = retryGlob, retryName
	}
	return glob == len(globs)
}

// parseRules parses patterns, each of which may have several lines.
func parseRules(patterns []string, onWindows bool) (rules []rule, err error) {
	for _, pattern := range patterns {
		pattern = strings.TrimPrefix(pattern, "\ufeff")
		for line := range strings.SplitSeq(pattern, "\n") {
			line = trimSpaces(strings.TrimSuffix(line, "\r"))
			if line == "" || strings.HasPrefix(line, "#") {
				continue
			}
			parsed, wrong := parseRule(line)
			if onWindows && isPath(strings.TrimPrefix(line, "!")) {
				wrong = noSeparator
			}
			if wrong != "" {
				return nil, &Error{Field: "Ignore", Rule: fmt.Sprintf("pattern %s %s", quote(line), wrong)}
			}
			rules = append(rules, parsed...)
		}
	}
	return rules, nil
}

// parseRule parses a line that is neither empty nor a comment, or says what is wrong with it.
func parseRule(line string) (rules []rule, wrong string) {
	if strings.Contains(line, "\x00") {
		return nil, noNUL
	}
	line, negated := strings.CutPrefix(line, "!")
	line, dirOnly := strings.CutSuffix(line, "/")
	patterns := []string{line}
	if !strings.Contains(line, "/") {
		patterns[0] = anyDepth + "/" + line
	} else {
		patterns = spread(strings.TrimPrefix(line, "/"))
	}
	for _, pattern := range patterns {
		globs, wrong := parseGlobs(pattern)
		if wrong != "" {
			return nil, wrong
		}
		if globs[len(globs)-1] == anyDepth {
			globs = append(globs, "*") // a/** matches what is in a, but not a
		}
		rules = append(rules, rule{negated, dirOnly, globs})
	}
	return rules, ""
}

// literalThenStars matches a pattern with a literal start, followed by stars that end a name but are not
// the whole name, and the rest.
var literalThenStars = regexp.MustCompile(`(?s)^([^*?\[\\]*[^*?\[\\/])\*\*+(?:(\\?/)(.*))?$`)

// spread returns patterns that together match what pattern matches in git. Git compares the literal start
// separately. It then treats "**" as if it started a name, so that a**/b also matches across directories.
func spread(pattern string) []string {
	found := literalThenStars.FindStringSubmatch(pattern)
	if found == nil {
		return []string{pattern}
	}
	start, slash, rest := found[1], found[2], found[3]
	switch {
	case slash == "":
		return []string{start + "*", start + "*/**"}
	case rest == "": // an empty name, which is an error
		return []string{pattern}
	case slash != "/": // an escaped slash: here "**/" cannot match nothing
		return []string{start + "*/**/" + rest}
	case strings.HasPrefix(rest, "**"):
		return append(spread(start+rest), start+"*/**/"+rest)
	}
	return []string{start + rest, start + "*/**/" + rest}
}

// trimSpaces removes trailing spaces, up to one that is escaped.
func trimSpaces(line string) string {
	for strings.HasSuffix(line, " ") {
		shorter := line[:len(line)-1]
		backslashes := len(shorter) - len(strings.TrimRight(shorter, `\`))
		if backslashes%2 == 1 {
			break
		}
		line = shorter
	}
	return line
}
