package wrapper

import (
	"encoding/base64"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func jwt(payload string) string {
	return "eyJhbGciOiJSUzI1NiJ9." + base64.RawURLEncoding.EncodeToString([]byte(payload)) + ".c2lnbmF0dXJl"
}

func TestExpiryOf(t *testing.T) {
	expiry, found := expiryOf(jwt(`{"exp":1761955200,"permissions":["organizationId:o"]}`))
	assert.True(t, found)
	assert.Equal(t, time.Date(2025, 11, 1, 0, 0, 0, 0, time.UTC), expiry)
	expiry, found = expiryOf(jwt(`{"exp":1761955200.5}`))
	assert.True(t, found)
	assert.Equal(t, time.Date(2025, 11, 1, 0, 0, 0, 0, time.UTC), expiry)
	for _, token := range []string{
		"", "opaque", "a.b.c", "a.b", "...", jwt(`{}`), jwt(`{"exp":"soon"}`), jwt(`{"exp":null}`), jwt(`not JSON`), jwt(`[]`),
		jwt(`{"exp":-1}`), jwt(`{"exp":1e300}`), jwt(`{"exp":1}`) + ".d",
	} {
		_, found := expiryOf(token)
		assert.False(t, found, token)
	}
}

func TestUnauthorizedHint(t *testing.T) {
	expired := jwt(`{"exp":1761955200,"sub":"s3cret-subject"}`)
	hint := unauthorizedHint(expired, now)
	assert.Equal(t, "the token expired on Sat, 01 Nov 2025 00:00:00 UTC: make a new one and set ASTRO_API_TOKEN", hint)
	for _, token := range []string{jwt(`{"exp":32503680000}`), "opaque"} {
		assert.Equal(t, "the token is not valid, or no longer: make a new one and set ASTRO_API_TOKEN", unauthorizedHint(token, now))
	}
}

func FuzzExpiryOf(f *testing.F) {
	for _, seed := range []string{"", "a.b.c", "opaque", jwt(`{"exp":1761955200}`), jwt(`{"exp":1e300}`), jwt(`{"exp":-0.5}`), "..", "a.====.c"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		expiry, found := expiryOf(token)
		if found {
			assert.GreaterOrEqual(t, expiry.Year(), 1970)
			assert.LessOrEqual(t, expiry.Year(), 9999)
		}
		if hint := unauthorizedHint(token, now); len(token) > 20 {
			assert.NotContains(t, hint, token)
		}
	})
}
