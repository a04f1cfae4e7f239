package check

import (
	"encoding/base64"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func jwt(payload string) string {
	return "eyJhbGciOiJSUzI1NiJ9." + base64.RawURLEncoding.EncodeToString([]byte(payload)) + ".c2lnbmF0dXJl"
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
