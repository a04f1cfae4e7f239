package main_test

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// goWords are names of the library and of Go, which mean nothing to an operator.
var goWords = regexp.MustCompile(strings.Join([]string{
	`\w\(\)`, `\b(?:Dir|File|FS|Ignore)\(`, `\buse File\b`, `\bIgnore\b`, `\bAllowEmpty\b`, `\bWith[A-Z]\w+`, `V1Beta1\b`,
	`\b(?:Get|Create|Finalize|Update|List)Deploys?\b`, `\bPutBl\w+`,
	`\b(?:strings|tarball|wrapper|deploys|context|http|fs|slog)\.[A-Z]\w+`,
	`\b[a-z]+(?:[A-Z][a-z]+)*(?:ID|URL|Id|Url|Path|Type|Version)\b`,
}, "|"))

// logLine is a line of -v, which is the library's log.
var logLine = regexp.MustCompile(`(?m)^time=.* level=.*\n?`)

// call is a request that an error advises.
var call = regexp.MustCompile(`\b(?:GET|POST) \S+`)

// checkWords checks that a run is in the operator's words, and that the README explains its JSON.
func checkWords(t *testing.T, stdout, stderr string) {
	t.Helper()
	var members any
	if strings.HasPrefix(stdout, "{") && assert.NoError(t, json.Unmarshal([]byte(stdout), &members), stdout) {
		var names, texts []string
		collect(members, &names, &texts)
		unknown := slices.DeleteFunc(names, func(name string) bool { return slices.Contains(documented(), name) })
		assert.Empty(t, unknown, "JSON fields that the README's table lacks")
		for _, text := range texts {
			assert.NotRegexp(t, goWords, call.ReplaceAllString(text, ""))
		}
	} else {
		assert.NotRegexp(t, goWords, stdout)
	}
	assert.NotRegexp(t, goWords, call.ReplaceAllString(logLine.ReplaceAllString(stderr, ""), ""))
}

// collect appends the names of all members and all texts.
func collect(value any, names, texts *[]string) {
	switch value := value.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(value)) {
			*names = append(*names, name)
			collect(value[name], names, texts)
		}
	case []any:
		for _, element := range value {
			collect(element, names, texts)
		}
	case string:
		*texts = append(*texts, value)
	}
}

// documented returns the words that the README's tables show as code.
var documented = sync.OnceValue(func() []string {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		panic(err)
	}
	var words []string
	for line := range strings.Lines(string(readme)) {
		if strings.HasPrefix(line, "|") {
			for _, code := range regexp.MustCompile("`[^`]+`").FindAllString(line, -1) {
				words = append(words, regexp.MustCompile(`\w+`).FindAllString(code, -1)...)
			}
		}
	}
	return words
})

// parsed is the JSON of a run.
func parsed(t *testing.T, e ended) map[string]any {
	t.Helper()
	members := map[string]any{}
	require.NoError(t, json.Unmarshal([]byte(e.stdout), &members), "%s%s", e.stdout, e.stderr)
	return members
}
