package check

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func jwt(payload string) string {
	return "eyJhbGciOiJSUzI1NiJ9." + base64.RawURLEncoding.EncodeToString([]byte(payload)) + ".c2lnbmF0dXJl"
}

func TestToken(t *testing.T) {
	for _, token := range []string{
		"opaque", "eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjF9.c2ln", "abcDEF-._~+/==", "bearer", "t", "nullable", "a.null.b",
		strings.Repeat("x", maxToken),
	} {
		assert.Empty(t, Token(token), token)
	}
	for token, hint := range map[string]string{
		"":                              "ASTRO_API_TOKEN",
		"undefined=":                    "undefined",
		"s3cret\n":                      "newline",
		"s3cret\r\n":                    "newline",
		" s3cret":                       "white space",
		"s3cret\u00a0":                  "white space",
		"Bearer s3cret":                 `without "Bearer "`,
		"bearer s3cret":                 `without "Bearer "`,
		"s3cret s3cret":                 "a space: a token consists of letters, digits and - . _ ~ + /",
		"s3cret\ns3cret":                "U+000A: it is a newline",
		"s3cret\x7f":                    "U+007F: it is a control character",
		"s3cret\u200b":                  "U+200B: it is an invisible character",
		"\ufeffs3cret":                  "U+FEFF: it is the byte order mark",
		"s3cret\xff":                    "U+FFFD",
		"s3crät":                        `"ä": a token consists`,
		"{\"s3cret\": 1}":               `"{"`,
		`"s3cret"`:                      `'"': remove the quotes`,
		`'s3cret'`:                      `"'": remove the quotes`,
		"$S3CRET":                       `"$": it looks like a variable`,
		"${{ secrets.s3cret }}":         `"$"`,
		"$(cat s3cret)":                 `"$"`,
		"%S3CRET%":                      `"%": it looks like a variable`,
		"***":                           `"*": it looks masked`,
		"[MASKED]":                      `"["`,
		"••••":                          `"•": it looks masked`,
		"s3cret;":                       `";": a token consists`,
		"s3cret,":                       `","`,
		"ASTRO_API_TOKEN=s3cret":        `"=": remove the name`,
		"Authorization: s3cret":         `":": remove the name`,
		"user:s3cret":                   `":"`,
		"====":                          `"="`,
		"a=b=":                          `"="`,
		"null":                          `"null"`,
		"undefined":                     `"undefined"`,
		"None":                          `"None"`,
		"<nil>":                         `"<"`,
		"ASTRO_API_TOKEN":               "for a missing value",
		strings.Repeat("s3cret", 1<<20): "at most 16384 bytes; this one has 6291456",
	} {
		assert.Contains(t, Token(token), hint, "%.40q", token)
		assert.NotContains(t, Token(token), "s3cret")
	}
}

func TestExpiry(t *testing.T) {
	expiry, found := Expiry(jwt(`{"exp":1761955200,"permissions":["organizationId:o"]}`))
	assert.True(t, found)
	assert.Equal(t, time.Date(2025, 11, 1, 0, 0, 0, 0, time.UTC), expiry)
	expiry, found = Expiry(jwt(`{"exp":1761955200.5}`))
	assert.True(t, found)
	assert.Equal(t, time.Date(2025, 11, 1, 0, 0, 0, 0, time.UTC), expiry)
	for _, token := range []string{
		"", "opaque", "a.b.c", "a.b", "...", jwt(`{}`), jwt(`{"exp":"soon"}`), jwt(`{"exp":null}`), jwt(`not JSON`), jwt(`[]`),
		jwt(`{"exp":-1}`), jwt(`{"exp":1e300}`), jwt(`{"exp":1}`) + ".d",
	} {
		_, found := Expiry(token)
		assert.False(t, found, token)
	}
}

func FuzzExpiry(f *testing.F) {
	for _, seed := range []string{"", "a.b.c", "opaque", jwt(`{"exp":1761955200}`), jwt(`{"exp":1e300}`), jwt(`{"exp":-0.5}`), "..", "a.====.c"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		expiry, found := Expiry(token)
		if found {
			assert.GreaterOrEqual(t, expiry.Year(), 1970)
			assert.LessOrEqual(t, expiry.Year(), 9999)
		}
	})
}
