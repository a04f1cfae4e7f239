package redact

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
)

func TestRedact(t *testing.T) {
	for text, want := range map[string]string{
		"nothing to hide": "nothing to hide",
		"see https://storage.example/a?sv=1&sig=s1gned&x=2 now":         "see [REDACTED] now",
		`{"dagsUploadUrl":"https://storage.example/a","id":"d"}`:        `{[REDACTED],"id":"d"}`,
		`{"bundleUploadUrl" : "https:\/\/storage.example\/a?sig=s1g"}`:  `{[REDACTED]}`,
		`"https://storage.example/a?sv=1\u0026sig=s1gned"`:              `"[REDACTED]"`,
		`"https://storage.example/a?sv\u003d1\u0026sig\u003ds1gned"`:    `"[REDACTED]"`,
		"url=https%3A%2F%2Fstorage.example%2Fa%3Fsig%3Ds1gned%26se%3D1": "url=https%3A%2F%2Fstorage.example%2Fa%3F[REDACTED]",
		"sig=s1gned&sv=1": "[REDACTED]&sv=1",
		"SIG=s1gned":      "[REDACTED]",
		"sig&#61;s1gned":  "[REDACTED]",
		"sig%253Ds1gned":  "[REDACTED]",
		"Bearer s3cret":   "Bearer [REDACTED]",
		"s3cret=s3cret":   "[REDACTED]=[REDACTED]",
	} {
		assert.Equal(t, want, Text(text, "s3cret"))
	}
	assert.Equal(t, "as it is", Text("as it is", ""))
	assert.Equal(t, "dial tcp", Text("dial tcp", "tcp"), "no token is as short")
	for _, escaped := range []string{`s3/c+"r\et&`, `s3/c+\"r\\et\u0026`, `s3/c+\"r\\et&`, `s3\/c+"r\et&`, "s3%2Fc%2B%22r%5Cet%26", "s3/c+&#34;r\\et&amp;"} {
		assert.Equal(t, "Bearer [REDACTED]", Text("Bearer "+escaped, `s3/c+"r\et&`), escaped)
	}
}

func TestExcerpt(t *testing.T) {
	assert.Equal(t, "short", Excerpt([]byte("short"), "s3cret"))
	assert.Empty(t, Excerpt(nil, "s3cret"))
	long := Excerpt([]byte(strings.Repeat("ä", MaxExcerpt)), "s3cret")
	assert.LessOrEqual(t, len(long), MaxExcerpt)
	assert.Len(t, Excerpt([]byte(strings.Repeat("a", 10*MaxExcerpt)), "s3cret"), MaxExcerpt)
	assert.True(t, utf8.ValidString(long))
	assert.True(t, utf8.ValidString(Excerpt([]byte("\xff\xfe"), "s3cret")))
}

// Bytes that are no text are left out, and must not have held a secret apart.
func TestExcerptJoinsNoSecret(t *testing.T) {
	assert.Equal(t, "Bearer [REDACTED]", Excerpt([]byte("Bearer s3\x85cret"), "s3cret"))
	assert.Equal(t, "[REDACTED]", Excerpt([]byte("si\xffg=s1gned"), "s3cret"))
}

// A secret that begins in what is kept and ends beyond it must not show its beginning.
func TestExcerptCutsNoSecretInTwo(t *testing.T) {
	token := strings.Repeat("s3cret", 1000)
	for _, secret := range []string{token, "https://storage.example/a?sig=" + strings.Repeat("s3cret", 1000)} {
		for before := MaxExcerpt - 100; before <= MaxExcerpt; before += 10 {
			assert.NotContains(t, Excerpt([]byte(strings.Repeat(".", before)+secret), token), "s3c")
		}
	}
}

// Blotting secrets out draws what follows nearer: the beginning of a token at the end of what
// is looked at must not come into what is kept.
func TestExcerptKeepsNoBeginningOfAToken(t *testing.T) {
	token := strings.Repeat("s3cret", 250)
	for before := range 30 {
		body := strings.Repeat(".", before*50) + strings.Repeat(token+" ", 20)
		assert.NotContains(t, Excerpt([]byte(body), token), "s3c")
	}
}

func FuzzExcerpt(f *testing.F) {
	f.Add("body with ", " in it")
	f.Add("https://storage.example/?sig=", "&x")
	f.Add(`{"dagsUploadUrl":"`, `"}`)
	const token = "eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjF9.c2lnbmF0dXJl"
	f.Fuzz(func(t *testing.T, before, after string) {
		kept := Excerpt([]byte(before+token+after), token)
		assert.NotContains(t, kept, token)
		assert.LessOrEqual(t, len(kept), MaxExcerpt)
	})
}

func TestOneLine(t *testing.T) {
	assert.Equal(t, "a level=INFO b  c", OneLine("a\nlevel=INFO b\r\x00c"))
}
