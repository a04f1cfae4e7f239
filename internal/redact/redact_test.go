package redact

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
)

func TestText(t *testing.T) {
	for text, want := range map[string]string{
		"nothing to hide": "nothing to hide",
		"see https://storage.example/a?sv=1&sig=s1gned&x=2 now":         "see [REDACTED] now",
		`{"dagsUploadUrl":"https://storage.example/a","id":"d"}`:        `{[REDACTED],"id":"d"}`,
		`{"bundleUploadUrl" : "https:\/\/storage.example\/a?sig=s1g"}`:  `{[REDACTED]}`,
		`"https://storage.example/a?sv=1\u0026sig=s1gned"`:              `"[REDACTED]"`,
		`"https://storage.example/a?sv\u003d1\u0026sig\u003ds1gned"`:    `"[REDACTED]"`,
		"url=https%3A%2F%2Fstorage.example%2Fa%3Fsig%3Ds1gned%26se%3D1": "url=[REDACTED]",
		"sig=s1gned&sv=1":                    "[REDACTED]&sv=1",
		"SIG=s1gned":                         "[REDACTED]",
		"sig&#61;s1gned":                     "[REDACTED]",
		"sig%253Ds1gned":                     "[REDACTED]",
		`{"sig":"s1gned+0123456789","sv":1}`: `{"[REDACTED]","sv":1}`,
		`{"\u0073ig" : "s1gned+0123456789"}`: `{"[REDACTED]"}`,
		`unknown field "sig": use signature`: `unknown field "sig": use signature`,
		"the design: a signal, see a sigh":   "the design: a signal, see a sigh",
		"Bearer s3cret":                      "Bearer [REDACTED]",
		"s3cret=s3cret":                      "[REDACTED]=[REDACTED]",
	} {
		assert.Equal(t, want, Text(text, "s3cret"))
	}
	assert.Equal(t, "as it is", Text("as it is", ""))
	assert.Equal(t, "dial tcp", Text("dial tcp", "tcp"), "a short secret is not masked")
}

// Eleven consecutive characters of a secret may be shown, twelve may not.
func TestTextMasksRunsOfTwelve(t *testing.T) {
	const secret = "abc-DEF.ghi_jkl~mno+pqr/stu="
	for first := range len(secret) - 12 {
		assert.Equal(t, "<[REDACTED]>", Text("<"+secret[first:first+12]+">", secret))
		assert.Equal(t, "<"+secret[first:first+11]+">", Text("<"+secret[first:first+11]+">", secret))
	}
}

// Words that a text shares with a secret are not masked.
func TestTextKeepsCommonWords(t *testing.T) {
	const token = "eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjE3NjE5NTUyMDB9.astro-deployment-token"
	for _, text := range []string{
		"the deployment has no deploy; check the token of Astro at https://api.astronomer.io/v1/organizations",
		`{"message":"deployment clm8qv74h000008mlf08scq7k not found","requestId":"6c7e2ad0-9d0b-4f0a-8d8e-6f0d1f2e3a4b"}`,
		"2024-01-12T18:32:20.5898930Z 0x7f 50% =3d &nosuch; \\x4 101 121 74 104",
	} {
		assert.Equal(t, text, Text(text, token))
	}
}

// A short secret, or one made of words, does not mask parts of ordinary words.
func TestTextHasNoHoles(t *testing.T) {
	for secret, text := range map[string]string{
		"api-token":  "invalid API token",
		"test-token": "the latest tokens are gone",
		"":           "sig: must not be empty",
	} {
		assert.Equal(t, text, Text(text, secret))
	}
}

func TestExcerpt(t *testing.T) {
	assert.Equal(t, "short", New("s3cret").Excerpt([]byte("short")))
	assert.Empty(t, New("s3cret").Excerpt(nil))
	long := New("s3cret").Excerpt([]byte(strings.Repeat("ä", MaxExcerpt)))
	assert.LessOrEqual(t, len(long), MaxExcerpt)
	assert.Len(t, New("s3cret").Excerpt([]byte(strings.Repeat("a", 10*MaxExcerpt))), MaxExcerpt)
	assert.True(t, utf8.ValidString(long))
	assert.True(t, utf8.ValidString(New("s3cret").Excerpt([]byte("\xff\xfe"))))
	assert.LessOrEqual(t, len(New("s3cret").Excerpt([]byte(strings.Repeat("s3cret ", MaxExcerpt)))), MaxExcerpt)
	assert.Equal(t, "a\n\tb  c d", New().Excerpt([]byte("a\n\tb\r\u202ec\u2028d")))
}

func TestQuotable(t *testing.T) {
	page := []byte(strings.Repeat("x", 3000))
	assert.Len(t, Quotable(page, true), 3000)
	assert.Len(t, Quotable(page, false), 200)
	assert.Empty(t, Quotable(nil, false))
}

// Invalid UTF-8 is dropped before the search, so it cannot split a secret.
func TestExcerptMasksSecretsWithInvalidBytes(t *testing.T) {
	assert.Equal(t, "Bearer [REDACTED]", New("s3cret").Excerpt([]byte("Bearer s3\x85cret")))
	assert.Equal(t, "[REDACTED]", New().Excerpt([]byte("si\xffg=s1gned")))
}

// A secret that crosses the end of the excerpt is masked, too.
func TestExcerptMasksSecretsAtTheEnd(t *testing.T) {
	secret := strings.Repeat("s3cret-0123456789.", 30)
	known := New(secret)
	for _, echo := range []string{secret, strings.Repeat(secret[:50]+" ", 20), "https://storage.example/a?sig=" + secret} {
		for before := MaxExcerpt - 600; before < MaxExcerpt; before++ {
			if shown := known.Excerpt([]byte(strings.Repeat(".", before) + echo)); strings.Contains(shown, secret[:12]) {
				t.Fatal(shown)
			}
		}
	}
}

func FuzzExcerpt(f *testing.F) {
	f.Add("body with ", " in it")
	f.Add("https://storage.example/?sig=", "&x")
	f.Add(`{"dagsUploadUrl":"`, `"}`)
	f.Add("&#0", "&#x")
	const token = "eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjF9.c2lnbmF0dXJl"
	f.Fuzz(func(t *testing.T, before, after string) {
		shown := New(token).Excerpt([]byte(before + token + after))
		for first := range len(token) - run {
			assert.NotContains(t, shown, token[first:first+run])
		}
		assert.LessOrEqual(t, len(shown), MaxExcerpt)
		assert.True(t, utf8.ValidString(shown))
	})
}

func TestOneLine(t *testing.T) {
	assert.Equal(t, "a level=INFO b  c", OneLine("a\nlevel=INFO b\r\x00c"))
	assert.Equal(t, "a b c d e f g", OneLine("a\u2028b\u2029c\u202ed\u2066e\u200bf\ufeffg"))
	assert.Equal(t, "Größe — “日本”", OneLine("Größe — “日本”"))
}
