package ratelimit

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// client makes attempts of one second each. They get the given statuses, then 200; it records when
// each began.
type client struct {
	*Gate
	began    time.Time
	mu       sync.Mutex
	statuses []int
	times    []time.Duration
}

func newClient(limiters map[string]Limiter, statuses ...int) *client {
	return &client{Gate: NewGate(limiters), began: time.Now(), statuses: statuses}
}

func (c *client) do(ctx context.Context, method string) error {
	turn, err := c.Enter(ctx, method)
	if err != nil {
		return err
	}
	c.mu.Lock()
	c.times = append(c.times, time.Since(c.began))
	status := http.StatusOK
	if len(c.statuses) > 0 {
		status, c.statuses = c.statuses[0], c.statuses[1:]
	}
	c.mu.Unlock()
	time.Sleep(time.Second)
	if status == http.StatusTooManyRequests {
		turn.Rejected()
	}
	return nil
}

func TestGateLimitsEachMethod(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newClient(map[string]Limiter{http.MethodPost: NewWindow(2)})
		var requests sync.WaitGroup
		for _, method := range []string{http.MethodPost, http.MethodPost, http.MethodPost, http.MethodGet, http.MethodGet, http.MethodGet} {
			requests.Go(func() { assert.NoError(t, client.do(t.Context(), method)) })
		}
		requests.Wait()
		assert.Equal(t, []time.Duration{0, 0, 0, 0, 0, span}, client.times, "the third POST waits, the GETs do not")
	})
}

// No request of the client starts during a pause, not even one that the limiter has already admitted.
func TestGatePausesTheWholeClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newClient(map[string]Limiter{http.MethodPost: NewWindow(1)})
		began := time.Now()
		var requests sync.WaitGroup
		for _, method := range []string{http.MethodPost, http.MethodPost, http.MethodGet} {
			requests.Go(func() {
				if method == http.MethodGet {
					time.Sleep(2 * time.Second)
				}
				assert.NoError(t, client.do(t.Context(), method))
			})
		}
		time.Sleep(500 * time.Millisecond)
		client.Pause(began.Add(10 * time.Second))
		client.Pause(began.Add(5 * time.Second)) // does not shorten the pause
		requests.Wait()
		assert.Equal(t, []time.Duration{0, 10 * time.Second, 10 * time.Second}, client.times)
	})
}

// Requests that queue during a pause do not all start at once when it ends.
func TestGatePausesTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newClient(map[string]Limiter{http.MethodPost: NewWindow(1)})
		began := time.Now()
		var requests sync.WaitGroup
		for range 4 {
			requests.Go(func() { assert.NoError(t, client.do(t.Context(), http.MethodPost)) })
		}
		time.Sleep(time.Second / 2) // one has started, one waits for the limiter, two are behind it
		client.Pause(began.Add(10 * time.Second))
		requests.Wait()
		assert.Equal(t, []time.Duration{0, 10 * time.Second, 10*time.Second + span, 10*time.Second + 2*span}, client.times)
	})
}

type brokenLimiter struct{}

func (brokenLimiter) Wait(context.Context) error {
	return errors.New("the budget is down")
}

func TestGateReturnsTheLimitersError(t *testing.T) {
	client := newClient(map[string]Limiter{http.MethodPost: brokenLimiter{}})
	err := client.do(t.Context(), http.MethodPost)
	require.EqualError(t, err, "limiter: the budget is down")
	assert.Empty(t, client.times)
}

func TestGateSlowsTheLimiterDownAfterA429(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newClient(map[string]Limiter{http.MethodPost: NewWindow(2)}, 429)
		time.Sleep(time.Millisecond)
		for range 3 {
			require.NoError(t, client.do(t.Context(), http.MethodPost))
		}
		assert.Equal(t, []time.Duration{time.Millisecond, time.Millisecond + time.Second + span, time.Millisecond + time.Second + 2*span}, client.times)
	})
}

func TestGateEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newClient(map[string]Limiter{http.MethodPost: NewWindow(1)})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second/2)
		defer cancel()
		var requests sync.WaitGroup
		for range 3 { // one starts, one waits for the limiter, one is behind it
			requests.Go(func() {
				began := time.Now()
				if err := client.do(ctx, http.MethodPost); err != nil {
					assert.ErrorIs(t, err, context.DeadlineExceeded)
					assert.Equal(t, time.Second/2, time.Since(began))
				}
			})
		}
		requests.Wait()
		assert.Len(t, client.times, 1)

		client.Pause(time.Now().Add(time.Hour))
		ctx, cancel = context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := client.do(ctx, http.MethodPost)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.ErrorContains(t, err, "while waiting after a 429 response")
	})
}
