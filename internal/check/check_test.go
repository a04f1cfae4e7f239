package check

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestID(t *testing.T) {
	for _, id := range []string{"clvetru2w000201mowqwua63n", "A-z_09", "x"} {
		assert.Empty(t, ID(id), id)
	}
	for _, id := range []string{".", "..", "a.b", "a/b", "/", "a?b", "a#b", "a%2Fb", "a b", " a", "a\n", "ä", "a;b", "a:b", "\x00", "\xff"} {
		assert.Contains(t, ID(id), "letters, digits, - and _", id)
	}
	assert.Contains(t, ID(""), "empty")
}

func TestVersion(t *testing.T) {
	for _, version := range []string{"2024-01-12T18:32:20.5898930Z", "v1", "with space inside", `"quoted"`, "<&>", "ü", "null"} {
		assert.Empty(t, Version(version), version)
	}
	for version, hint := range map[string]string{
		"":                                   "x-ms-version-id",
		"2024-01-12T18:32:20.5898930Z\r":     "tr -d",
		"2024-01-12T18:32:20.5898930Z\n":     "tr -d",
		"a\x00b":                             "control character",
		" 2024-01-12T18:32:20.5898930Z":      "white space",
		"2024-01-12T18:32:20.5898930Z\u00a0": "white space",
		"\xff":                               "UTF-8",
	} {
		assert.Contains(t, Version(version), hint, version)
	}
}

func TestToken(t *testing.T) {
	for _, token := range []string{"opaque", "eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjF9.c2ln", "a+/=~._-", "bearer"} {
		assert.Empty(t, Token(token), token)
	}
	for token, hint := range map[string]string{
		"":                "ASTRO_API_TOKEN",
		"s3cret\n":        "newline",
		"s3cret\r\n":      "newline",
		" s3cret":         "white space",
		"Bearer s3cret":   `without "Bearer "`,
		"bearer s3cret":   `without "Bearer "`,
		"s3cret s3cret":   "without spaces",
		"s3cret\ns3cret":  "printable ASCII",
		"s3cret\x7f":      "printable ASCII",
		"s3cret\u200b":    "printable ASCII",
		"{\"s3cret\": 1}": "without spaces",
	} {
		assert.Contains(t, Token(token), hint, token)
		assert.NotContains(t, Token(token), "s3cret")
	}
}

func TestWhatDescribesADeploy(t *testing.T) {
	for _, good := range []string{"/a", "/usr/local/airflow/dbt/my-project", "/with space"} {
		assert.Empty(t, MountPath(good), good)
	}
	for path, hint := range map[string]string{
		"": "must not be empty", "a": "absolute path", "/": "absolute path", "/a/": "absolute path", "/a//b": "absolute path",
		"/a/../b": "absolute path", "/a/./b": "absolute path", "/a\n": "absolute path", "/ä": "absolute path",
	} {
		assert.Contains(t, MountPath(path), hint, path)
	}
	assert.Empty(t, BundleType("dbt"))
	for bundleType, hint := range map[string]string{"": "must not be empty", " dbt": "white space", "dbt\n": "printable", "ü": "printable"} {
		assert.Contains(t, BundleType(bundleType), hint, bundleType)
	}
	assert.Empty(t, Description(""))
	assert.Empty(t, Description(strings.Repeat("é", 500)))
	assert.Contains(t, Description(strings.Repeat("é", 501)), "at most 500 characters; this one has 501")
	assert.Contains(t, Description("\xff"), "UTF-8")
}
