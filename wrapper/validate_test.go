package wrapper

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// requireInvalid asserts that err is a *ValidationError for the field whose text has hint.
func requireInvalid(t *testing.T, err error, field, hint string) {
	t.Helper()
	var invalid *ValidationError
	require.ErrorAs(t, err, &invalid)
	assert.Equal(t, field, invalid.Field)
	assert.Contains(t, err.Error(), hint)
}

func TestCheckID(t *testing.T) {
	for _, id := range []string{"clvetru2w000201mowqwua63n", "A-z_09", "x"} {
		assert.NoError(t, checkID("deployId", id), id)
	}
	for _, id := range []string{".", "..", "a.b", "a/b", "/", "a?b", "a#b", "a%2Fb", "a b", " a", "a\n", "ä", "a;b", "a:b", "\x00", "\xff"} {
		requireInvalid(t, checkID("deployId", id), "deployId", "letters, digits, - and _")
	}
	requireInvalid(t, checkID("deployId", ""), "deployId", "empty")
}

func TestCheckVersion(t *testing.T) {
	for _, version := range []string{"2024-01-12T18:32:20.5898930Z", "v1", "with space inside", `"quoted"`, "<&>", "ü", "null"} {
		assert.NoError(t, checkVersion("dagTarballVersion", version), version)
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
		requireInvalid(t, checkVersion("dagTarballVersion", version), "dagTarballVersion", hint)
	}
}

func TestCheckToken(t *testing.T) {
	for _, token := range []string{"opaque", "eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjF9.c2ln", "a+/=~._-", "bearer"} {
		assert.NoError(t, checkToken(token), token)
	}
	for token, hint := range map[string]string{
		"":                tokenVariable,
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
		err := checkToken(token)
		requireInvalid(t, err, "token", hint)
		assert.NotContains(t, err.Error(), "s3cret")
	}
}

func TestParseBaseURL(t *testing.T) {
	for given, want := range map[string]string{
		"https://api.astronomer.io":         "https://api.astronomer.io/v1",
		"https://api.astronomer.io/":        "https://api.astronomer.io/v1",
		"HTTPS://api.astronomer.io":         "https://api.astronomer.io/v1",
		"https://gateway.example/astro":     "https://gateway.example/astro/v1",
		"https://gateway.example/astro/":    "https://gateway.example/astro/v1",
		"https://gateway.example/a%2Fb//c/": "https://gateway.example/a%2Fb/c/v1",
		"http://localhost:8888":             "http://localhost:8888/v1",
		"http://LOCALHOST:8888":             "http://LOCALHOST:8888/v1",
		"http://127.0.0.1:1":                "http://127.0.0.1:1/v1",
		"http://[::1]:1":                    "http://[::1]:1/v1",
	} {
		parsed, err := parseBaseURL(given)
		require.NoError(t, err, given)
		assert.Equal(t, want, (&config{baseURL: parsed, version: V1}).server().String(), given)
	}
	for given, hint := range map[string]string{
		"":                                "must not be empty",
		"api.astronomer.io":               "begin with https://",
		"//api.astronomer.io":             "begin with https://",
		"localhost:8888":                  "begin with https://",
		"ftp://api.astronomer.io":         "begin with https://",
		"https://":                        "begin with https://",
		"https://:443":                    "begin with https://",
		"https:api.astronomer.io":         "begin with https://",
		"https://api.astronomer.io?a=b":   "query",
		"https://api.astronomer.io/?":     "query",
		"https://api.astronomer.io#a":     "fragment",
		"https://a:s3cret@astronomer.io":  "user or password",
		"https://s3cret:a@[::1":           "must be a URL",
		"https:me:s3cret@api.example":     "user or password",
		"s3cret@api.example":              "user or password",
		"http://api.astronomer.io":        "must be https",
		"http://127.0.0.1.evil.example":   "must be https",
		"http://localhost.evil.example":   "must be https",
		"http://10.0.0.1":                 "must be https",
		"https://api.astronomer.io/v1":    "leave out /v1",
		"https://api.astronomer.io/v1/":   "leave out /v1",
		DefaultBaseURL + paths[V1Beta1]:   "leave out /platform/v1beta1",
		"https://api.astronomer.io/\x7f":  "must be a URL",
		"https://api.astronomer.io:port":  "must be a URL",
		"https://api.astronomer.io/%zz":   "must be a URL",
		" https://api.astronomer.io":      "must be a URL",
		"https://api.astronomer.io/a?s=1": "query",
	} {
		_, err := parseBaseURL(given)
		requireInvalid(t, err, "baseURL", hint)
		assert.NotContains(t, err.Error(), "s3cret")
	}
}

// What was put in the place of an ID or a version may be a secret.
func TestParseBaseURLDropsAnEmptyPort(t *testing.T) {
	parsed, err := parseBaseURL("https://api.example:")
	require.NoError(t, err)
	assert.Equal(t, "https://api.example", strings.TrimSuffix(parsed.String(), "/"))
}

func TestValidationErrorsQuoteNothingLongOrSecret(t *testing.T) {
	token := "eyJhbGciOiJSUzI1NiJ9." + strings.Repeat("s3cret", 20)
	for _, err := range []error{
		checkID("organizationId", token),
		checkVersion("dagTarballVersion", token+"\n"),
		checkVersion("dagTarballVersion", "https://storage.example/a?sig=s3cret\r"),
	} {
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "s3cret")
	}
	assert.ErrorContains(t, checkVersion("dagTarballVersion", "v1\r"), `(it is "v1\r")`)
}
