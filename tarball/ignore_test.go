package tarball

import (
	"fmt"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ignoreTests lists which names git ignores if their parents are not ignored. A name that ends in "/" is a
// directory.
var ignoreTests = []struct {
	patterns string
	out      string // excluded names, separated by blanks
	in       string // included names
}{
	{"x", "x x/ a/x a/b/x/", "xx a/xx X"},
	{"x/", "x/ a/x/", "x a/x"},
	{"/x", "x x/", "a/x"},
	{"a/x", "a/x a/x/", "b/a/x x"},
	{"/a/x/", "a/x/", "a/x b/a/x/"},
	{"*.csv", "a.csv .csv a/b.csv b.csv/", "a.csvx csv a.CSV"},
	{"a/*.csv", "a/b.csv", "a/b/c.csv b.csv b/a/b.csv"},
	{"a*b", "ab axb a*b x/axxb", "a/b axbx"},
	{"?", "x a/x ?", "xx"},
	{"a?b", "axb", "ab a/b axxb"},
	{"*", "x .x a/x", ""},
	{"/*", "x a/", ""},
	{"*/", "a/ a/b/", "x"},

	{"**", "x a/x a/", ""},
	{"**/x", "x a/x a/b/x", "xx"},
	{"**/a/x", "a/x b/a/x b/c/a/x", "x a/b/x"},
	{"a/**", "a/x a/b/x a/b/", "a a/ b/a/x"},
	{"a/**/x", "a/x a/b/x a/b/c/x", "x a/xx b/a/x"},
	{"a/**/**/x", "a/x a/b/x", "x"},
	{"**/a/**/x", "a/x b/a/x b/a/c/x", "x b/x"},
	{"a/**/b/*.py", "a/b/x.py a/c/b/x.py a/b/b/x.py", "a/x.py a/b/c/x.py"},
	{"a/***/x", "a/x a/b/c/x", "x"},
	{"**/", "a/ a/b/", "x"},
	{"a/**/", "a/b/ a/b/c/", "a/ a/x"},
	{"a**x", "ax abx c/ax", "a/x"},
	{"a/**x", "a/x a/bx", "a/b/x"},
	{"/**/x", "x a/x", "xx"},
	{`a/**\/x`, "a/b/x a/b/c/x", "a/x"},
	{`**\/x`, "a/x a/b/x", "x"},
	{`a**\/x`, "a/x ab/c/x", "ax"},
	{"a**/x", "ax a/x ab/x ab/c/x", "a b/a/x x ab/xx"},
	{"/a**/x", "ax ab/c/x", "b/ax"},
	{"a/b**/x", "a/bx a/b/x a/bc/d/x", "a/b a/x c/a/bx"},
	{"a/b**", "a/b a/bc a/bc/d", "a a/c b/a/b"},
	{"a**/**/x", "ax a/x ab/c/x", "a x"},
	{"a**/**", "a ab ab/c", "b b/a"},
	{"[a]**/x", "a/x ab/x", "ax ab/c/x"},
	{"?**/x", "a/x ab/x", "ax ab/c/x"},
	{"a**b/x", "ab/x acb/x", "a/b/x"},
	{"a**/b**/x", "ab/x abc/x ac/b/x ac/d/bc/x", "abc/d/x ac/bc/d/x"},

	{"[ab]", "a b x/a", "c ab"},
	{"[!ab]", "c ]", "a b"},
	{"[^ab]", "c ^", "a b"},
	{"[a-c]", "a b c", "d -"},
	{"[a-c-e]", "a b c - e", "d"},
	{"[]a]", "] a", "[ b"},
	{"[!]a]", "[ b", "] a"},
	{"[a-]", "a -", "b"},
	{"[-a]", "a -", "b"},
	{"[--/]x", "-x .x", "ax a/-x"},
	{"[a/b]", "a b", "x/a"},
	{"a[/]b", "", "a/b"},
	{`[\]a]`, "] a", `\`},
	{`[\!a]`, "! a", `b \`},
	{"[[]", "[", "]"},
	{"[[:digit:]]x", "0x 9x", "ax :x"},
	{"[![:alpha:]_]", "0 -", "a Z _"},
	{"[[:upper:][:digit:]-]", "A 0 -", "a ]"},
	{"[[:punct:]]", "! @ [ ~", "a 0"},
	{"[[:space:]]", "\t", "a"},
	{"[[:alpha]x", "[x ax px", "zx"},
	{"[*?]", "* ?", "a"},
	{"a[!x]b", "ayb", "a/b axb"},
	{"{a,b}", "{a,b}", "a b"},

	{`\x`, "x", `\x`},
	{`\*`, "*", "x"},
	{`\[a]`, "[a]", "a"},
	{`\\`, `\`, "x"},
	{`\#x`, "#x", `\#x`},
	{`\!x`, "!x", "x"},
	{`a\/x`, "a/x", "b/a/x"},
	{"x#", "x#", "x"},
	{"#x", "", "#x x"},

	{"x   ", "x", ""},
	{"\n\nx\n\n", "x", "y"},
	{"x\r\ny\r\n", "x y", "z"},
	{"\ufeffx", "x", ""},

	{"*.py\n!keep.py", "a.py b/a.py", "keep.py b/keep.py"},
	{"!keep.py\n*.py", "keep.py", ""},
	{"*\n!a\n!a/**", "b", "a a/x a/b/x"},
	{"/*\n!/a", "b .x", "a a/x"},
	{"x\n!x/", "x", "x/"},
	{"a/*\n!a/x", "a/y", "a/x a"},
	{"!x", "", "x"},
	{"x\n!/x", "a/x", "x"},
	{"!!x\n", "", "!x x"},
}

func TestIgnore(t *testing.T) {
	for _, test := range ignoreTests {
		rules, err := parseRules([]string{test.patterns}, false)
		require.NoError(t, err, test.patterns)
		for _, name := range strings.Split(test.out, " ") {
			assert.True(t, name == "" || excludes(rules, name), "%q excludes %q", test.patterns, name)
		}
		for _, name := range strings.Split(test.in, " ") {
			assert.False(t, name != "" && excludes(rules, name), "%q includes %q", test.patterns, name)
		}
	}
}

func excludes(rules []rule, name string) bool {
	trimmed, isDir := strings.CutSuffix(name, "/")
	return ignored(rules, trimmed, isDir)
}

// The table above cannot have blanks in names.
func TestIgnoreSpaces(t *testing.T) {
	for pattern, name := range map[string]string{"x\\ ": "x ", "x\\   ": "x ", "a b": "a b", " x": " x", "x\\\\ ": `x\`, "x\\ \\ ": "x  ", "é?": "éü", "[é-ü]": "ö", "[[:blank:]]": " "} {
		rules, err := parseRules([]string{pattern}, false)
		require.NoError(t, err, pattern)
		assert.True(t, ignored(rules, name, false), "%q excludes %q", pattern, name)
		assert.False(t, ignored(rules, "x", false), "%q includes x", pattern)
	}
}

func TestIgnoreOptionsAddUp(t *testing.T) {
	cfg, err := newConfig("", "", []Option{Ignore("*.py", "!a.py"), Ignore(), Ignore("# no\n!b.py\n", "c.*")})
	require.NoError(t, err)
	for name, out := range map[string]bool{"x.py": true, "a.py": false, "b.py": false, "c.py": true, "d": false} {
		assert.Equal(t, out, ignored(cfg.rules, name, false), name)
	}
}

func TestIgnoreErrors(t *testing.T) {
	for pattern, why := range map[string]string{
		"[a": noEnd, "[": noEnd, "[!": noEnd, "[]": noEnd, "[!]": noEnd, "x/[a-": noEnd, `[a\`: noEnd, "[[:alpha:]": noEnd,
		"[[:word:]]": noClass, "[[::]]": noClass, "[b-a]": noRange,
		"x\x00y": noNUL, "\x00": noNUL,
		`x\`: noEscaped, `x\\\`: noEscaped,
		"/": noName, "!": noName, "!/": noName, "//": noName, "a//b": noName, "x//": noName, "./x": noName, "../x": noName, "x/..": noName, ".": noName, "a**//": noName, `a**\//`: noName, "**//": noName,
	} {
		_, err := parseRules([]string{"fine", "# comment\n" + pattern}, false)
		var refused *Error
		require.ErrorAs(t, err, &refused, pattern)
		assert.Equal(t, "Ignore", refused.Field)
		assert.Contains(t, refused.Rule, why, pattern)
		assert.NotContains(t, err.Error(), "\n")
	}
}

// A valid pattern matches the same names as an equivalent regular expression.
func FuzzIgnore(f *testing.F) {
	for _, test := range ignoreTests {
		for _, name := range strings.Split(test.out+" "+test.in, " ") {
			f.Add(test.patterns, name)
		}
	}
	f.Fuzz(func(t *testing.T, patterns, name string) {
		rules, err := parseRules([]string{patterns}, false)
		if err != nil {
			require.NotContains(t, err.Error(), "\n")
			return
		}
		for _, rule := range rules {
			for _, glob := range rule.globs {
				_, err := path.Match(glob, "")
				require.NoError(t, err, patterns)
			}
		}
		name, isDir := strings.CutSuffix(name, "/")
		if name == "" || strings.Contains(patterns, "-[:") || strings.ContainsFunc(patterns+"\n"+name, func(r rune) bool { return r >= separator }) || strings.Contains("/"+name+"/", "//") {
			return
		}
		want := false
		for line := range strings.SplitSeq(strings.TrimPrefix(patterns, "\ufeff"), "\n") {
			line = trimSpaces(strings.TrimSuffix(line, "\r"))
			if line == "" || line[0] == '#' {
				continue
			}
			line, negated := strings.CutPrefix(line, "!")
			line, dirOnly := strings.CutSuffix(line, "/")
			if literalThenStars.MatchString(strings.TrimPrefix(line, "/")) || strings.Contains(line, `**\/`) {
				return // git matches these in a special way: see TestIgnoreAsGitDoes
			}
			if (isDir || !dirOnly) && reference(t, line).MatchString(strings.ReplaceAll(name, "/", string(separator))) {
				want = !negated
			}
		}
		require.Equal(t, want, ignored(rules, name, isDir), "%q and %q", patterns, name)
	})
}

// separator replaces "/" between names for the reference, so that no class matches it by accident.
const separator = '\uf8ff'

// reference converts a pattern to a regular expression, in a simple and slow way.
func reference(t *testing.T, pattern string) *regexp.Regexp {
	if strings.Contains(pattern, "/") {
		pattern = strings.TrimPrefix(pattern, "/")
	} else {
		pattern = "**/" + pattern
	}
	token := regexp.MustCompile(`^(?:\\.|\[[!^]?\]?(?:\[:[a-z]+:\]|\\.|[^\]\\])*\]|\*+|.)`)
	text, start := `(?s)\A`, true
	for pattern != "" {
		next := token.FindString(pattern)
		pattern = pattern[len(next):]
		slash := regexp.MustCompile(`^\\?/`).FindString(pattern)
		switch {
		case start && len(next) > 1 && next[0] == '*' && slash != "":
			text, pattern = text+`(?:[^\x{f8ff}]+\x{f8ff})*`, pattern[len(slash):]
			continue
		case start && len(next) > 1 && next[0] == '*' && pattern == "":
			text += `.+`
		case next[0] == '*':
			text += `[^\x{f8ff}]*`
		case next == "?":
			text += `[^\x{f8ff}]`
		case next == "/" || next == `\/`:
			text += string(separator)
		case next[0] == '\\':
			text += regexp.QuoteMeta(next[1:])
		case next[0] == '[' && len(next) > 1:
			text += class(next)
		default:
			text += regexp.QuoteMeta(next)
		}
		start = strings.HasSuffix(next, "/") && next[0] != '['
	}
	expression, err := regexp.Compile(text + `\z`)
	require.NoError(t, err, text)
	return expression
}

var item = regexp.MustCompile(`(?s)^(?:(\[:[a-z]+:\])|\\?(.)(?:-\\?(.))?)`)

// class converts a class of a pattern to one of a regular expression.
func class(pattern string) string {
	inner, text := pattern[1:len(pattern)-1], "["
	if inner[0] == '!' || inner[0] == '^' {
		inner, text = inner[1:], `[^\x{f8ff}`
	}
	quote := func(char string) string { return fmt.Sprintf(`\x{%x}`, []rune(char)[0]) }
	for inner != "" {
		parts := item.FindStringSubmatch(inner)
		inner = inner[len(parts[0]):]
		switch {
		case parts[1] != "":
			text += parts[1]
		case parts[3] != "":
			text += quote(parts[2]) + "-" + quote(parts[3])
		default:
			text += quote(parts[2])
		}
	}
	return text + "]"
}
