package tarball

import (
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestBackslashesOnWindows(t *testing.T) {
	for _, pattern := range []string{
		`sub\*`, `sub\*.csv`, `sub\dir`, `logs\`, `a\b\c.py`, `\?`, `a\?`, `\logs`, `.\logs`, `..\logs`, `\\server\share`, `\\`, `a\\b`,
		`a\/b`, `a**\/b`, `sub\**\x`, `sub/logs\`, `!sub\keep.py`, `sub\!x`, `x!\!x`, `C:\Users\x`, `\x`, `a\"b`, `sub\[a-c]\x`, `[a-c]\x`,
		`x\ `, `x\ /`, `x\ /y`, `x\ \ `, `[\\]`, `[a\b]`, `[\d]`, `[\*]`, `a[\`, "*.py\nsub\\*.csv", "x\r\nlogs\\\r\n",
	} {
		rules, err := parseRules([]string{"fine", pattern}, true)
		var refused *Error
		require.ErrorAs(t, err, &refused, pattern)
		assert.Empty(t, rules)
		assert.Equal(t, "Ignore", refused.Field)
		assert.Contains(t, refused.Rule, noSeparator, pattern)
	}
	_, err := parseRules([]string{`sub\*`}, true)
	require.EqualError(t, err, `Ignore pattern "sub\*" has a backslash, which escapes the next character and does not separate names; use "/"`)

	for _, pattern := range []string{
		`Generated\ Files/`, `Debug*/Debug*\ Libs`, `a\ \ b`, `\#*\#`, `.\#*`, `amplify/\#backend`, `\!x`, `!\!x`, `!\#x`, `/functions/\[\[path\]\].js`,
		`[\]a]`, `[\[a]`, `[\!a]`, `[\^a]`, `[a\-z]`, `[]\-]x`, `[[:alpha:]\-]`, `# sub\*`, "x\\   y",
	} {
		_, err := parseRules([]string{pattern}, true)
		assert.NoError(t, err, pattern)
	}
}

// On Windows, a pattern without a backslash is refused or means the same as elsewhere.
func TestOnlyBackslashesDifferOnWindows(t *testing.T) {
	for _, test := range ignoreTests {
		want, err := parseRules([]string{test.patterns}, false)
		require.NoError(t, err)
		got, err := parseRules([]string{test.patterns}, true)
		if err == nil {
			assert.Equal(t, want, got, test.patterns)
		} else {
			assert.Contains(t, test.patterns, `\`)
		}
	}
}

func TestIgnoreKnowsTheSystem(t *testing.T) {
	_, err := newConfig("", "", []Option{Ignore(`sub\*`)})
	assert.Equal(t, runtime.GOOS == "windows", err != nil)
	assert.True(t, err == nil || strings.Contains(err.Error(), noSeparator))
}
