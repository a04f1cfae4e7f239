package ratelimit

import (
	"context"
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// startTimes has so many requests wait for the limiter, and returns when each may start.
func startTimes(t *testing.T, limiter Limiter, requests int) []time.Duration {
	started := time.Now()
	var times []time.Duration
	for range requests {
		require.NoError(t, limiter.Wait(t.Context()))
		times = append(times, time.Since(started))
	}
	return times
}

func TestWindowNeverExceedsASecond(t *testing.T) {
	for _, perSecond := range []int{1, 2, 10, 25} {
		synctest.Test(t, func(t *testing.T) {
			times := startTimes(t, NewWindow(perSecond), 20*perSecond)
			for i := range times[perSecond:] {
				assert.GreaterOrEqual(t, times[i+perSecond]-times[i], 1010*time.Millisecond, "%d a second and a margin, request %d", perSecond, i)
			}
			assert.LessOrEqual(t, times[len(times)-1], 19*span, "no slower than it must be")
		})
	}
}

// Whenever requests come, no second of a service that counts in any of the usual ways has more
// than it allows.
func TestWindowAgainstServices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiter := NewWindow(10)
		byFixedSecond := map[int64]int{}
		tokens, filled := 10.0, time.Now()
		for i := range 500 {
			time.Sleep(time.Duration(i*7919%173) * time.Millisecond)
			require.NoError(t, limiter.Wait(t.Context()))
			now := time.Now()
			byFixedSecond[now.Unix()]++
			require.LessOrEqual(t, byFixedSecond[now.Unix()], 10)
			tokens = min(10, tokens+10*now.Sub(filled).Seconds()) - 1
			filled = now
			require.GreaterOrEqual(t, tokens, 0.0)
		}
	})
}

func TestWindowEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiter := NewWindow(1)
		require.NoError(t, limiter.Wait(t.Context()))
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		started := time.Now()
		require.ErrorIs(t, limiter.Wait(ctx), context.DeadlineExceeded)
		assert.Equal(t, 300*time.Millisecond, time.Since(started))
		fresh := NewWindow(1)
		for range 100 {
			require.ErrorIs(t, fresh.Wait(ctx), context.DeadlineExceeded, "though there is room")
		}
		started = time.Now()
		require.NoError(t, fresh.Wait(t.Context()))
		assert.Zero(t, time.Since(started), "a call that is over takes no turn")
	})
}

func TestWindowSlowsDownAndRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiter := NewWindow(3)
		assert.Equal(t, []time.Duration{0, 0, 0}, startTimes(t, limiter, 3))
		limiter.slow(0)
		limiter.slow(0) // of the same burst: counts no more
		assert.Equal(t, []time.Duration{span, 2 * span, 3 * span, 4 * span}, startTimes(t, limiter, 4))
		time.Sleep(recovery)
		limiter.slow(0) // neither does it now
		assert.Equal(t, []time.Duration{0, 0, span}, startTimes(t, limiter, 3), "two a span")
		time.Sleep(recovery)
		assert.Equal(t, []time.Duration{0, 0, 0, span}, startTimes(t, limiter, 4), "three, as before")
		time.Sleep(time.Hour)
		assert.Equal(t, []time.Duration{0, 0, 0, span}, startTimes(t, limiter, 4), "no more than that")
	})
}

func TestWindowIsFair(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiter := NewWindow(1)
		var order []int
		var mu sync.Mutex
		var requests sync.WaitGroup
		for i := range 50 {
			requests.Go(func() {
				assert.NoError(t, limiter.Wait(t.Context()))
				mu.Lock()
				defer mu.Unlock()
				order = append(order, i)
			})
			synctest.Wait()
		}
		requests.Wait()
		assert.IsIncreasing(t, order)
	})
}

func TestWindowTakesAnyNumber(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		assert.Equal(t, []time.Duration{0, span}, startTimes(t, NewWindow(0), 2))
		assert.Equal(t, []time.Duration{0, span}, startTimes(t, NewWindow(-5), 2))
		assert.Equal(t, []time.Duration{0, 0}, startTimes(t, NewWindow(math.MaxInt), 2))
	})
}
