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

// startTimes returns when each of the given number of requests may start.
func startTimes(t *testing.T, limiter Limiter, requests int) []time.Duration {
	started := time.Now()
	var times []time.Duration
	for range requests {
		require.NoError(t, limiter.Wait(t.Context()))
		times = append(times, time.Since(started))
	}
	return times
}

func TestWindowNeverExceedsTheRate(t *testing.T) {
	for _, perSecond := range []int{1, 2, 10, 25} {
		synctest.Test(t, func(t *testing.T) {
			times := startTimes(t, NewWindow(perSecond), 20*perSecond)
			for i := range times[perSecond:] {
				assert.GreaterOrEqual(t, times[i+perSecond]-times[i], 1010*time.Millisecond, "%d per second, request %d", perSecond, i)
			}
			assert.LessOrEqual(t, times[len(times)-1], 19*span, "no slower than necessary")
		})
	}
}

// The window stays within the limit of a service that counts per calendar second or with a token
// bucket, whenever requests arrive.
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
			require.ErrorIs(t, fresh.Wait(ctx), context.DeadlineExceeded, "even though the limit is not reached")
		}
		started = time.Now()
		require.NoError(t, fresh.Wait(t.Context()))
		assert.Zero(t, time.Since(started), "an ended call must not use up a request")
	})
}

func TestWindowSlowsDownAndRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiter := NewWindow(4)
		assert.Equal(t, []time.Duration{0, 0, 0, 0}, startTimes(t, limiter, 4))
		time.Sleep(time.Second)
		limiter.slow(0)
		limiter.slow(0) // of the same burst, so it does not count
		assert.Equal(t, []time.Duration{span, span, 2 * span, 2 * span}, startTimes(t, limiter, 4), "half the rate, after the full span")
		time.Sleep(recovery / 2)
		limiter.slow(0) // still does not count
		assert.Equal(t, []time.Duration{0, 0, 0, span}, startTimes(t, limiter, 4), "three per span")
		time.Sleep(recovery / 2)
		assert.Equal(t, []time.Duration{0, 0, 0, 0, span}, startTimes(t, limiter, 5), "the full rate")
		time.Sleep(time.Hour)
		assert.Equal(t, []time.Duration{0, 0, 0, 0, span}, startTimes(t, limiter, 5), "no more than the full rate")
	})
}

// Every rate recovers linearly, in the same time.
func TestWindowRecoversLinearly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for perSecond, half := range map[int]int{2: 1, 10: 5, 25: 12, 1000: maxSlowed, maxRate: maxSlowed} {
			limiter := NewWindow(perSecond)
			limiter.slow(0)
			for tenth := range 10 {
				assert.InDelta(t, half+(perSecond-half)*tenth/10, limiter.allowed(limiter.slowedAt.Add(recovery*time.Duration(tenth)/10)), 1, "%d", perSecond)
			}
			assert.Less(t, limiter.allowed(limiter.slowedAt.Add(recovery-time.Millisecond)), perSecond)
			assert.Equal(t, perSecond, limiter.allowed(limiter.slowedAt.Add(recovery)))
		}
	})
}

// Each 429 during a recovery halves the rate, down to one per span, and doubles the recovery. After a
// full recovery, the next 429 counts as a first one again.
func TestWindowSlowedDownAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiter := NewWindow(40)
		for i, want := range []struct {
			allowed  int
			recovery time.Duration
		}{{20, recovery}, {10, 2 * recovery}, {5, 4 * recovery}, {2, 8 * recovery}, {1, 40 * slowest}, {1, 40 * slowest}} {
			limiter.slow(int64(i))
			assert.Equal(t, want.allowed, limiter.allowed(time.Now()))
			assert.Less(t, limiter.allowed(time.Now().Add(want.recovery-time.Second)), 40)
			assert.Equal(t, 40, limiter.allowed(time.Now().Add(want.recovery)))
		}
		time.Sleep(40 * slowest)
		limiter.slow(6)
		assert.Equal(t, 20, limiter.allowed(time.Now()))
		assert.Equal(t, 40, limiter.allowed(time.Now().Add(recovery)))

		slow := NewWindow(2)
		slow.slow(0)
		slow.slow(1)
		assert.Equal(t, 1, slow.allowed(time.Now().Add(recovery-time.Second)), "the recovery is never shorter than after a first 429")
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

func TestWindowClampsTheRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		assert.Equal(t, []time.Duration{0, span}, startTimes(t, NewWindow(0), 2))
		assert.Equal(t, []time.Duration{0, span}, startTimes(t, NewWindow(-5), 2))
		assert.Equal(t, []time.Duration{0, 0}, startTimes(t, NewWindow(math.MaxInt), 2))
	})
}
