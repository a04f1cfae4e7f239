package tarball

import (
	"bytes"
	"flag"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// After a change to patterns, run with higher values, such as -gitseed 7 -gitsets 2500.
var (
	gitSeed = flag.Uint64("gitseed", 1, "random seed for the patterns")
	gitSets = flag.Int("gitsets", 150, "number of pattern sets to compare with git")
)

// gitNames are the names that patterns are matched against. A name that ends in "/" is a directory.
var gitNames = strings.Split(strings.Join([]string{
	"a|b|ab|abc|a.b|a.py|A|a1|-|]|[|!|#|^|\\|*|?|a b|a |a  |a\t| |\t|\r|a\r|x-y|_|~|{a,b}|!a|#a|\\a|a\\|a\\b|**|a*|[a]|[ab]|a]|:|é|éa|aé|日本|ü.py",
	"a/a|a/b|a/ab|a/a/b|a/b/a|a/a/a/b|b/a|b/b|b/ab/a|ab/a|ab/b|abc/a/b|a.b/a.b|a1/b|-/a|a b/a |a/ |a/!a|a/#a|a/]|a/\\|\\|é/a|a/é|日本/b|a/.py|a/a.py|b/a/a.py|ab/c/b|aab/x/b|ax/b|axb|axxb",
	"d/|d/a/|d/d/|d/d/d/|d/d/a|d/b|x/d/|x/x/d/|x/x/a|da/|ad/|d /|!d/|#d/|[/a|\\x/a/|é1/d/",
}, "|"), "|")

// gitTokens are the building blocks of patterns. Some are repeated to make them more likely.
var gitTokens = strings.Split("a|a|b|d|x|/|/|/|*|*|**|**|***|?|.|.py|1|-| |\t|\\|\\a|\\*|\\?|\\[|\\ |\\!|\\#|\\/|\\\\|!|#|]|[|^|~|{a,b}|é|日本|"+
	"[ab]|[!ab]|[^ab]|[a-c]|[!a-c]|[c-a]|[]]|[]a]|[!]a]|[a-]|[-a]|[a\\]]|[\\a]|[\\-a]|[a-\\c]|[--/]|[a/b]|[*]|[?]|[[]|[[a]|[!]|[^]|[]|"+
	"[[:alpha:]]|[![:alpha:]]|[[:alpha:][:digit:]]|[[:alpha:]-c]|[a-[:alpha:]]|[[:upper:]]|[[:lower:]]|[[:punct:]]|[[:space:]]|[[:blank:]]|[[:cntrl:]]|[[:graph:]]|[[:print:]]|[[:alnum:]]|[[:xdigit:]]|[[:word:]]|[[:alpha:]|[[:alpha]|[:alpha:]|[[:a]", "|")

// randomPattern returns a pattern that is either entirely random or likely to match one of the names.
func randomPattern(random *rand.Rand) string {
	var pattern strings.Builder
	for _, start := range []string{"!", "/", "**/", "\\"} {
		if random.IntN(12) == 0 {
			pattern.WriteString(start)
		}
	}
	if random.IntN(2) == 0 {
		for range 1 + random.IntN(5) {
			pattern.WriteString(gitTokens[random.IntN(len(gitTokens))])
		}
	} else {
		for _, char := range gitNames[random.IntN(len(gitNames))] {
			switch random.IntN(10) {
			case 0:
				pattern.WriteString(gitTokens[random.IntN(len(gitTokens))])
			case 1:
				pattern.WriteString("[" + string(char) + "]")
			case 2:
				pattern.WriteString("\\" + string(char))
			case 3:
				pattern.WriteString([]string{"*", "**", "?", "[!z]", "", "/", "/**/", "**/", "**\\/", "[!-~]"}[random.IntN(10)])
			default:
				pattern.WriteRune(char)
			}
		}
	}
	for _, end := range []string{"/", "/**", "/*", " ", "  ", "\t", "\\ ", "\r"} {
		if random.IntN(16) == 0 {
			pattern.WriteString(end)
		}
	}
	return pattern.String()
}

// TestIgnoreAsGitDoes compares random patterns with git, except for the differences that Ignore documents.
// An invalid pattern must match nothing in git.
func TestIgnoreAsGitDoes(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	if runtime.GOOS == "windows" {
		t.Skip("git for Windows reads a backslash as a separator")
	}
	root := newGitTree(t)
	random := rand.New(rand.NewPCG(*gitSeed, 0))
	t.Logf("seed %d, %d sets", *gitSeed, *gitSets)
	pairs, refused := 0, 0
	for range *gitSets {
		var lines []string
		for range 1 + random.IntN(3) {
			lines = append(lines, randomPattern(random))
		}
		text := strings.Join(lines, []string{"\n", "\r\n"}[random.IntN(2)]) + []string{"", "\n", "\r\n", "\n\n"}[random.IntN(4)]
		if random.IntN(10) == 0 {
			text = "\ufeff" + text
		}
		rules, err := parseRules([]string{text}, false)
		for err != nil && len(lines) > 1 { // try the last pattern alone
			lines = lines[1:]
			text = lines[0]
			lines = lines[:1]
			rules, err = parseRules([]string{text}, false)
		}
		if err != nil && (strings.Contains(err.Error(), noRange) || strings.Contains(text, "//")) {
			continue // git matches the first character of a range, and an empty name after some stars
		}
		if err != nil {
			refused++
			text = strings.TrimPrefix(strings.TrimPrefix(text, "\ufeff"), "!")
		}
		theirs := gitIgnores(t, root, text)
		for _, name := range gitNames {
			if !isASCII(name) && strings.ContainsAny(text, "?[") {
				continue // git matches bytes
			}
			pairs++
			if ours := err == nil && excludesPath(rules, name); ours != theirs[strings.TrimSuffix(name, "/")] {
				t.Errorf("%q and %q: ours %v (%v)", text, name, ours, err)
			}
		}
	}
	t.Logf("%d pairs, %d invalid sets", pairs, refused)
}

// newGitTree creates a repository with the directories in gitNames. The files need not exist.
func newGitTree(t *testing.T) string {
	root := t.TempDir()
	for _, name := range gitNames {
		if dir, isDir := strings.CutSuffix(name, "/"); isDir {
			require.NoError(t, os.MkdirAll(filepath.Join(root, dir), 0o700))
		}
	}
	_, err := runGit(root, "", "init", "-q")
	require.NoError(t, err)
	return root
}

// gitIgnores returns the names that git ignores.
func gitIgnores(t *testing.T, root, patterns string) map[string]bool {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Join(root, ".git", "info"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(root, ".git", "info", "exclude"), []byte(patterns), 0o600))
	var names []string
	for _, name := range gitNames {
		names = append(names, "./"+strings.TrimSuffix(name, "/"))
	}
	out, err := runGit(root, strings.Join(names, "\x00"), "check-ignore", "--no-index", "-z", "--stdin")
	var none *exec.ExitError
	if err != nil {
		require.ErrorAs(t, err, &none)
		require.Equal(t, 1, none.ExitCode(), "%s", none.Stderr)
	}
	ignored := map[string]bool{}
	for name := range strings.SplitSeq(out, "\x00") {
		ignored[strings.TrimPrefix(name, "./")] = true
	}
	return ignored
}

func runGit(root, stdin string, arguments ...string) (string, error) {
	command := exec.Command("git", append([]string{"-c", "core.ignorecase=false", "-c", "core.excludesFile="}, arguments...)...)
	command.Dir, command.Stdin = root, strings.NewReader(stdin)
	command.Env = append(slices.DeleteFunc(os.Environ(), func(variable string) bool { return strings.HasPrefix(variable, "GIT_") }), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
	out, err := command.Output()
	return string(bytes.TrimSuffix(out, []byte{0})), err
}

// excludesPath reports whether a name or a directory above it is excluded.
func excludesPath(rules []rule, name string) bool {
	for i := 1; i < len(name)-1; i++ {
		if name[i] == '/' && ignored(rules, name[:i], true) {
			return true
		}
	}
	return excludes(rules, name)
}

func isASCII(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r > 127 })
}
