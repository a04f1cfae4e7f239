package tarball

import (
	"fmt"
	"path"
	"strings"
)

// rule is a line of a .gitignore.
type rule struct {
	negated bool     // by "!"
	dirOnly bool     // by "/" at the end
	globs   []string // of path.Match, one for each name of a path; anyDepth for any number of them, and never last
}

// anyDepth stands for any number of names, none included.
const anyDepth = "**"

// ignored reports whether the last rule that matches leaves name out. What is above it must
// be packed.
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

// matches reports whether the globs match all names. After a mismatch the last anyDepth takes
// one name more; those before it need no second try, since this one can make up for them.
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

// parseRules reads patterns, each of which may hold several lines.
func parseRules(patterns []string) (rules []rule, err error) {
	for _, pattern := range patterns {
		pattern = strings.TrimPrefix(pattern, "\ufeff")
		for line := range strings.SplitSeq(pattern, "\n") {
			line = trimSpaces(strings.TrimSuffix(line, "\r"))
			if line == "" || strings.HasPrefix(line, "#") {
				continue
			}
			parsed, wrong := parseRule(line)
			if wrong != "" {
				return nil, &Error{Field: "Ignore", Rule: fmt.Sprintf("pattern %s %s", quote(line), wrong)}
			}
			rules = append(rules, parsed)
		}
	}
	return rules, nil
}

// parseRule reads a line that is neither empty nor a comment, or says what is wrong with it.
func parseRule(line string) (parsed rule, wrong string) {
	line, parsed.negated = strings.CutPrefix(line, "!")
	line, parsed.dirOnly = strings.CutSuffix(line, "/")
	anchored := strings.Contains(line, "/")
	parsed.globs, wrong = parseGlobs(strings.TrimPrefix(line, "/"))
	if wrong != "" {
		return rule{}, wrong
	}
	if !anchored {
		parsed.globs = append([]string{anyDepth}, parsed.globs...)
	}
	if parsed.globs[len(parsed.globs)-1] == anyDepth {
		parsed.globs = append(parsed.globs, "*") // a/** is what is in a, and not a
	}
	return parsed, ""
}

// trimSpaces takes the spaces from the end, up to one that a backslash keeps.
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
