package retry

import (
	"math"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func TestAfter(t *testing.T) {
	for value, want := range map[string]time.Duration{
		"0":                              0,
		"120":                            2 * time.Minute,
		" 7 ":                            7 * time.Second,
		"99999999999999":                 math.MaxInt64,
		"18446744073709551615":           math.MaxInt64,
		"99999999999999999999999":        math.MaxInt64,
		"Mon, 23 Nov 2026 12:00:30 GMT":  30 * time.Second,
		"Monday, 23-Nov-26 12:00:30 GMT": 30 * time.Second,
		"Mon, 23 Nov 2026 11:00:00 GMT":  0,
	} {
		got, found := After(http.Header{"Retry-After": {value}}, now)
		assert.True(t, found, value)
		assert.Equal(t, want, got, value)
	}
	for _, value := range []string{"", "-1", "+1", "1.5", "1e3", "soon", "2026-11-23T12:00:30Z"} {
		_, found := After(http.Header{"Retry-After": {value}}, now)
		assert.False(t, found, value)
	}
	_, found := After(nil, now)
	assert.False(t, found)
}

// A date is compared to the sender's clock, even if that clock or ours is wrong.
func TestAfterUsesTheSendersClock(t *testing.T) {
	const until = "Mon, 23 Nov 2026 12:10:30 GMT"
	for date, want := range map[string]time.Duration{
		"Mon, 23 Nov 2026 12:10:00 GMT":  30 * time.Second,
		"Monday, 23-Nov-26 12:10:20 GMT": 10 * time.Second,
		"Mon, 23 Nov 2026 12:11:00 GMT":  0,
		"2026-11-23T12:10:00Z":           10*time.Minute + 30*time.Second,
		"":                               10*time.Minute + 30*time.Second,
	} {
		got, found := After(http.Header{"Retry-After": {until}, "Date": {date}}, now)
		assert.True(t, found, date)
		assert.Equal(t, want, got, date)
	}
	got, _ := After(http.Header{"Retry-After": {"30"}, "Date": {"Mon, 23 Nov 2026 12:10:00 GMT"}}, now)
	assert.Equal(t, 30*time.Second, got, "seconds need no clock")
}

func FuzzAfter(f *testing.F) {
	for _, seed := range []string{"", "0", "120", "-1", "99999999999999999999", "Mon, 23 Nov 2026 12:00:30 GMT", "Mon, 01 Jan 0001 00:00:00 GMT"} {
		f.Add(seed, "")
		f.Add(seed, "Fri, 31 Dec 9999 23:59:59 GMT")
	}
	f.Fuzz(func(t *testing.T, value, date string) {
		wait, found := After(http.Header{"Retry-After": {value}, "Date": {date}}, now)
		assert.GreaterOrEqual(t, wait, time.Duration(0))
		if !found {
			assert.Zero(t, wait)
		}
	})
}
