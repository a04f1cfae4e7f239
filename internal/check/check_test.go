package check

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestID(t *testing.T) {
	for _, id := range []string{"clvetru2w000201mowqwua63n", "A-z_09", "x", "nullable", "none-1", strings.Repeat("x", maxID)} {
		assert.Empty(t, ID(id), id)
	}
	for _, id := range []string{".", "..", "a.b", "a/b", "/", "a?b", "a#b", "a%2Fb", "a b", " a", "a\n", "ä", "a;b", "a:b", "\x00", "\xff", "$ORG", "${ORG}", `"x"`, "<id>", "***"} {
		assert.Contains(t, ID(id), "letters, digits, - and _", id)
	}
	for id, hint := range map[string]string{
		"": "empty", "null": `"null"`, "undefined": `"undefined"`, "None": `"None"`, "ASTRO_DEPLOYMENT_ID": "for a missing value",
		"$ASTRO_DEPLOYMENT_ID": `contain "$": it looks like a variable`, "%ID%": `"%"`, "id=x": `"=": remove the name`,
		"https://cloud.astronomer.io/a": `":": it looks like a URL; an ID consists of`,
		"id:a":                          `":": remove the name before it; an ID consists of`,
		strings.Repeat("x", maxID+1):    "at most 256 bytes; this one has 257",
	} {
		assert.Contains(t, ID(id), hint, id)
	}
}

func TestVersion(t *testing.T) {
	for _, version := range []string{
		"2024-01-12T18:32:20.5898930Z", "v1", "with space inside", "a&b", "ü", "a/b+c==", "a=b", "nullable", "#1~2^3|4;5,6!?@",
		strings.Repeat("v", maxVersion),
	} {
		assert.Empty(t, Version(version), version)
	}
	const real = "2024-01-12T18:32:20.5898930Z"
	for version, hint := range map[string]string{
		"":                                "x-ms-version-id",
		real + "\r":                       "tr -d",
		real + "\n":                       "tr -d",
		"a\x00b":                          "control character",
		" " + real:                        "white space around",
		real + "\t":                       "U+0009",
		real + "\u00a0":                   "white space",
		"\xff":                            "UTF-8",
		"\ufffd":                          "UTF-8",
		"\ufeff" + real:                   "U+FEFF: it is the byte order mark",
		real + "\u200b":                   "U+200B",
		"2024\u202e-01":                   "U+202E",
		`"` + real + `"`:                  `'"': remove the quotes`,
		"'" + real + "'":                  `"'": remove the quotes`,
		"`" + real + "`":                  "\"`\": remove the quotes",
		"“" + real + "”":                  "remove the quotes",
		"$VERSION":                        `"$": it looks like a variable`,
		"${VERSION}":                      `"$"`,
		"$(cut -d: -f2 headers)":          `"$"`,
		"{{ version }}":                   `"{"`,
		"{version}":                       `"{"`,
		"%VERSION%":                       `"%"`,
		"2024-01-12T18%3A32%3A20Z":        `"%": it looks like a variable that was not expanded, or is URL-encoded`,
		"<version>":                       `"<": it looks like a placeholder`,
		"<nil>":                           `"<"`,
		"<no value>":                      `"<"`,
		"[object Object]":                 `"["`,
		"(null)":                          `"("`,
		"(known after apply)":             `"("`,
		"***":                             `"*": it looks masked`,
		`2024\u002d01`:                    `"\"`,
		"2024-01-12T18…":                  `"…": it was copied from truncated text`,
		"null":                            `"null"`,
		"undefined":                       `"undefined"`,
		"None":                            `"None"`,
		"NaN":                             `"NaN"`,
		"false":                           `"false"`,
		"x-ms-version-id: " + real:        "only the header's value",
		": " + real:                       "must not start with",
		"=" + real:                        "must not start with",
		"X-Ms-Version-Id:" + real:         "only the header's value",
		"https://storage.example/a?b":     "not a URL",
		`{"dagTarballVersion":"v"}`:       `"{"`,
		strings.Repeat("v", maxVersion+1): "at most 1024 bytes; this one has 1025",
	} {
		assert.Contains(t, Version(version), hint, version)
	}
}

func TestCreateFields(t *testing.T) {
	for _, good := range []string{"/a", "/usr/local/airflow/dbt/my-project", "/with space"} {
		assert.Empty(t, MountPath(good), good)
	}
	for path, hint := range map[string]string{
		"": "must not be empty", "a": "absolute path", "/": "absolute path", "/a/": "absolute path", "/a//b": "absolute path",
		"/a/../b": "absolute path", "/a/./b": "absolute path", "/a\n": "absolute path", "/ä": "absolute path",
	} {
		assert.Contains(t, MountPath(path), hint, path)
	}
	for path, hint := range map[string]string{"/dbt/$NAME": `"$"`, "/dbt/${NAME}": `"$"`, "/dbt/{{name}}": `"{"`, "/" + strings.Repeat("a", maxPath): "at most 4096 bytes"} {
		assert.Contains(t, MountPath(path), hint)
	}
	for _, good := range []string{"dbt", "none"} {
		assert.Empty(t, BundleType(good))
	}
	assert.Contains(t, BundleType("$TYPE"), `"$"`)
	assert.Contains(t, BundleType(strings.Repeat("a", maxBundleType+1)), "at most 256 bytes")
	for bundleType, hint := range map[string]string{"": "must not be empty", " dbt": "white space", "dbt\n": "printable", "ü": "printable"} {
		assert.Contains(t, BundleType(bundleType), hint, bundleType)
	}
	assert.Empty(t, Description(""))
	assert.Empty(t, Description(strings.Repeat("é", 500)))
	assert.Contains(t, Description(strings.Repeat("é", 501)), "at most 500 characters; this one has 501")
	assert.Contains(t, Description("\xff"), "UTF-8")
}

func TestCommit(t *testing.T) {
	for _, good := range []string{"5b1ee0d2c4c7a2a1a7c1e8f3f1c0a9d2b3e4f5a6", "5b1ee0d", "r1234"} {
		assert.Empty(t, Commit(good))
	}
	for hash, hint := range map[string]string{
		"": "must not be empty", "$GITHUB_SHA": `"$"`, "null": `"null"`, "5b1ee0d\n": "tr -d", " 5b1ee0d": "white space",
		strings.Repeat("a", maxCommit+1): "at most 256 bytes",
	} {
		assert.Contains(t, Commit(hash), hint, hash)
	}
}

func TestUserAgent(t *testing.T) {
	assert.Empty(t, UserAgent("my-pipeline/1.2 (linux)"))
	for suffix, hint := range map[string]string{"": "not empty", "a\n": "printable ASCII", strings.Repeat("a", maxUserAgent+1): "at most 1024 bytes"} {
		assert.Contains(t, UserAgent(suffix), hint)
	}
}

// A rule is short and quotes no more of a value than one character or a word.
func FuzzRulesQuoteNoSecret(f *testing.F) {
	for _, seed := range []string{"", "null", "$NAME", `"quoted"`, "\ufeffx", "a b", "\xff", "Bearer ", "https://a/b?sig=", strings.Repeat("$", 20_000)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		const secret = "Zq9_s3cret"
		for _, text := range []string{text, secret + text, text + secret, "/" + text + secret} {
			for _, rule := range []string{ID(text), Version(text), Token(text), MountPath(text), BundleType(text), Commit(text), UserAgent(text), Description(text)} {
				assert.Less(t, len(rule), 250)
				assert.NotContains(t, rule, secret)
			}
		}
	})
}
