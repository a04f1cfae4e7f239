package astrotest

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestRateLimitAppliesToEachTokenInAnySecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limited := rates{limits: map[string]int{http.MethodPost: 2}, seen: map[string][]time.Time{}}
		allowed := func(token string) bool { return limited.allow(http.MethodPost, token) }
		assert.True(t, allowed("a"))
		time.Sleep(900 * time.Millisecond)
		assert.True(t, allowed("a"))
		assert.False(t, allowed("a"))
		assert.True(t, allowed("b"), "each token has its own limit")
		assert.True(t, limited.allow(http.MethodGet, "a"), "GET has no limit")
		time.Sleep(100 * time.Millisecond)
		assert.True(t, allowed("a"), "the first request was a second ago")
		time.Sleep(899 * time.Millisecond)
		assert.False(t, allowed("a"), "the second was not")
		time.Sleep(time.Millisecond)
		assert.True(t, allowed("a"), "rejected requests do not count")
	})
}

func TestRateLimitMustBePositive(t *testing.T) {
	assert.PanicsWithValue(t, "astrotest: WithRateLimit(\"POST\", 0); the limit must be at least 1", func() { NewServer(WithRateLimit(http.MethodPost, 0)) })
}
