package wrapper

import (
	"context"
	"errors"
	"math"
	"net/http"
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

func TestLimiterNeverExceedsASecond(t *testing.T) {
	for _, perSecond := range []int{1, 2, 10, 25} {
		synctest.Test(t, func(t *testing.T) {
			times := startTimes(t, NewLimiter(perSecond), 20*perSecond)
			for i := range times[perSecond:] {
				assert.GreaterOrEqual(t, times[i+perSecond]-times[i], 1010*time.Millisecond, "%d a second and a margin, request %d", perSecond, i)
			}
			assert.LessOrEqual(t, times[len(times)-1], 19*window, "no slower than it must be")
		})
	}
}

// Whenever requests come, no second of a service that counts in any of the usual ways has more
// than it allows.
func TestLimiterAgainstServices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiter := NewLimiter(10)
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

func TestLimiterEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiter := NewLimiter(1)
		require.NoError(t, limiter.Wait(t.Context()))
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		started := time.Now()
		require.ErrorIs(t, limiter.Wait(ctx), context.DeadlineExceeded)
		assert.Equal(t, 300*time.Millisecond, time.Since(started))
		fresh := NewLimiter(1)
		for range 100 {
			require.ErrorIs(t, fresh.Wait(ctx), context.DeadlineExceeded, "though there is room")
		}
		started = time.Now()
		require.NoError(t, fresh.Wait(t.Context()))
		assert.Zero(t, time.Since(started), "a call that is over takes no turn")
	})
}

func TestLimiterSlowsDownAndRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiter := NewLimiter(3).(*windowLimiter)
		assert.Equal(t, []time.Duration{0, 0, 0}, startTimes(t, limiter, 3))
		limiter.slow(0)
		limiter.slow(0) // of the same burst: counts no more
		assert.Equal(t, []time.Duration{window, 2 * window, 3 * window, 4 * window}, startTimes(t, limiter, 4))
		time.Sleep(recovery)
		limiter.slow(0) // neither does it now
		assert.Equal(t, []time.Duration{0, 0, window}, startTimes(t, limiter, 3), "two a window")
		time.Sleep(recovery)
		assert.Equal(t, []time.Duration{0, 0, 0, window}, startTimes(t, limiter, 4), "three, as before")
		time.Sleep(time.Hour)
		assert.Equal(t, []time.Duration{0, 0, 0, window}, startTimes(t, limiter, 4), "no more than that")
	})
}

func TestLimiterIsFair(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiter := NewLimiter(1)
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

func TestLimiterTakesAnyNumber(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		assert.Equal(t, []time.Duration{0, window}, startTimes(t, NewLimiter(0), 2))
		assert.Equal(t, []time.Duration{0, window}, startTimes(t, NewLimiter(-5), 2))
		assert.Equal(t, []time.Duration{0, 0}, startTimes(t, NewLimiter(math.MaxInt), 2))
	})
}

// newTestLimits returns a limits step whose attempts take a second and are answered with the
// given statuses, then 200; and the times that they began at.
func newTestLimits(limiters map[string]Limiter, statuses ...int) (*limits, func() []time.Duration) {
	var mu sync.Mutex
	var times []time.Duration
	began := time.Now()
	step := &limits{limiters: limiters, next: doerFunc(func(*http.Request) (*http.Response, error) {
		mu.Lock()
		times = append(times, time.Since(began))
		status := http.StatusOK
		if len(statuses) > 0 {
			status, statuses = statuses[0], statuses[1:]
		}
		mu.Unlock()
		time.Sleep(time.Second)
		return &http.Response{StatusCode: status}, nil
	})}
	return step, func() []time.Duration { return times }
}

func TestLimitsHoldEachMethodBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		step, times := newTestLimits(map[string]Limiter{http.MethodPost: NewLimiter(2)})
		var requests sync.WaitGroup
		for _, method := range []string{http.MethodPost, http.MethodPost, http.MethodPost, http.MethodGet, http.MethodGet, http.MethodGet} {
			request, err := http.NewRequestWithContext(t.Context(), method, "https://api.example", nil)
			require.NoError(t, err)
			requests.Go(func() {
				_, err := step.Do(request)
				assert.NoError(t, err)
			})
		}
		requests.Wait()
		assert.Equal(t, []time.Duration{0, 0, 0, 0, 0, window}, times(), "the third POST waits; a GET never does here")
	})
}

// After a 429 no request of the client starts before the pause is over, not even one that the
// limiter let pass already.
func TestLimitsPauseTheWholeClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		step, times := newTestLimits(map[string]Limiter{http.MethodPost: NewLimiter(1)})
		began := time.Now()
		var requests sync.WaitGroup
		for _, method := range []string{http.MethodPost, http.MethodPost, http.MethodGet} {
			request, err := http.NewRequestWithContext(t.Context(), method, "https://api.example", nil)
			require.NoError(t, err)
			requests.Go(func() {
				if method == http.MethodGet {
					time.Sleep(2 * time.Second)
				}
				_, err := step.Do(request)
				assert.NoError(t, err)
			})
		}
		time.Sleep(500 * time.Millisecond)
		step.pause(began.Add(10 * time.Second))
		step.pause(began.Add(5 * time.Second)) // a shorter one takes nothing back
		requests.Wait()
		assert.Equal(t, []time.Duration{0, 10 * time.Second, 10 * time.Second}, times())
	})
}

// Those that queue during a pause do not start all at once when it ends.
func TestLimitsPauseTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		step, times := newTestLimits(map[string]Limiter{http.MethodPost: NewLimiter(1)})
		began := time.Now()
		var requests sync.WaitGroup
		for range 4 {
			requests.Go(func() {
				_, err := step.Do(newRequest(t, "https://api.example"))
				assert.NoError(t, err)
			})
		}
		time.Sleep(time.Second / 2) // one started, one waits for the limiter, two behind it
		step.pause(began.Add(10 * time.Second))
		requests.Wait()
		assert.Equal(t, []time.Duration{0, 10 * time.Second, 10*time.Second + window, 10*time.Second + 2*window}, times())
	})
}

type brokenLimiter struct{}

func (brokenLimiter) Wait(context.Context) error {
	return errors.New("https://budget.example/?sig=s1gned is down")
}

func TestLimitsSayWhyTheyHoldBack(t *testing.T) {
	step, times := newTestLimits(map[string]Limiter{http.MethodPost: brokenLimiter{}})
	_, err := step.Do(newRequest(t, "https://api.example"))
	require.EqualError(t, err, "limiter: [REDACTED] is down")
	assert.Empty(t, times())
}

func TestLimitsSlowTheLimiterDownAfterA429(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		step, times := newTestLimits(map[string]Limiter{http.MethodPost: NewLimiter(10)}, 429)
		request := newRequest(t, "https://api.example")
		time.Sleep(time.Millisecond)
		for range 3 {
			_, err := step.Do(request)
			require.NoError(t, err)
		}
		assert.Equal(t, []time.Duration{time.Millisecond, time.Millisecond + time.Second + window, time.Millisecond + time.Second + 2*window}, times())
	})
}

func TestLimitsEndWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		step, times := newTestLimits(map[string]Limiter{http.MethodPost: NewLimiter(1)})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second/2)
		defer cancel()
		var requests sync.WaitGroup
		for range 3 { // one starts, one is at the head, one behind it
			requests.Go(func() {
				began := time.Now()
				_, err := step.Do(newRequest(t, "https://api.example").WithContext(ctx))
				var withheld *unsent
				if err != nil {
					assert.ErrorIs(t, err, context.DeadlineExceeded)
					assert.ErrorAs(t, err, &withheld)
					assert.Equal(t, time.Second/2, time.Since(began))
				}
			})
		}
		requests.Wait()
		assert.Len(t, times(), 1)

		step.pause(time.Now().Add(time.Hour))
		ctx, cancel = context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := step.Do(newRequest(t, "https://api.example").WithContext(ctx))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.ErrorContains(t, err, "because a request was turned away with 429")
	})
}
