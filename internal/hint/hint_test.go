package hint

import (
	"encoding/base64"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/astro-finalize/astro-finalize-go/internal/transport"
)

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func jwt(payload string) string {
	return "eyJhbGciOiJSUzI1NiJ9." + base64.RawURLEncoding.EncodeToString([]byte(payload)) + ".c2lnbmF0dXJl"
}

func TestUnauthorizedHintNamesAnExpiredToken(t *testing.T) {
	expired := jwt(`{"exp":1761955200,"sub":"s3cret-subject"}`)
	hint := unauthorized(expired, now)
	assert.Equal(t, "the token expired on Sat, 01 Nov 2025 00:00:00 UTC: create a new one and set ASTRO_API_TOKEN", hint)
	for _, token := range []string{jwt(`{"exp":32503680000}`), "opaque"} {
		assert.Equal(t, "the token is not valid or has expired: create a new one and set ASTRO_API_TOKEN", unauthorized(token, now))
	}
}

// Only a 400 whose message says so is about hibernation.
func TestHintForAHibernatingDeployment(t *testing.T) {
	const message = "Deploy is blocked because Deployment is in HIBERNATING state"
	of := func(status int, message string) string {
		return Of(Refusal{Response: &transport.Response{StatusCode: status, Body: []byte(`{}`)}, Message: message}, now)
	}
	assert.Contains(t, of(400, message), `hibernation-override and the body {"isHibernating":false}`)
	assert.Empty(t, of(400, "Invalid request"))
	assert.Empty(t, of(409, message))
	assert.Empty(t, of(400, "description must not be HIBERNATING"))
}
