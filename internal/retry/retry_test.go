package retry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// steps is a backoff with the given waits.
type steps []time.Duration

func (s *steps) NextBackOff() time.Duration {
	next := (*s)[0]
	*s = (*s)[1:]
	return next
}

func TestSeries(t *testing.T) {
	const s = time.Second
	retryAfter := func(value string) http.Header { return http.Header{"Retry-After": {value}} }
	at := func(wait time.Duration) http.Header {
		return retryAfter(time.Now().Add(wait).UTC().Format(http.TimeFormat))
	}
	for _, row := range []struct {
		name    string
		change  func(*Policy)
		headers func() []http.Header // one per attempt
		waits   []time.Duration      // between the attempts
	}{
		{"no header", nil, func() []http.Header { return make([]http.Header, 4) }, []time.Duration{s, 2 * s, 4 * s}},
		{"one attempt", func(p *Policy) { p.MaxAttempts = 1 }, func() []http.Header { return make([]http.Header, 1) }, nil},
		{"Retry-After longer than the backoff", nil, func() []http.Header { return []http.Header{retryAfter("30"), nil, nil, nil} }, []time.Duration{30 * s, 2 * s, 4 * s}},
		{"Retry-After shorter than the backoff", nil, func() []http.Header { return []http.Header{retryAfter("0"), retryAfter("1"), nil, nil} }, []time.Duration{s, 2 * s, 4 * s}},
		{"Retry-After at the cap", nil, func() []http.Header { return []http.Header{retryAfter("60"), nil, nil, nil} }, []time.Duration{60 * s, 2 * s, 4 * s}},
		{"Retry-After beyond the cap", nil, func() []http.Header { return []http.Header{retryAfter("61")} }, nil},
		{"invalid Retry-After", nil, func() []http.Header { return []http.Header{retryAfter("soon"), nil, nil, nil} }, []time.Duration{s, 2 * s, 4 * s}},
		{"Retry-After with a date", nil, func() []http.Header { return []http.Header{at(20 * s), nil, nil, nil} }, []time.Duration{20 * s, 2 * s, 4 * s}},
		{"Retry-After ignored", func(p *Policy) { p.MaxRetryAfter = -1 }, func() []http.Header { return []http.Header{retryAfter("3600"), nil, nil, nil} }, []time.Duration{s, 2 * s, 4 * s}},
		{"backoff ends the series", func(p *Policy) { p.NewBackoff = func() Backoff { return &steps{-1} } }, func() []http.Header { return make([]http.Header, 1) }, nil},
		{"nil backoff", func(p *Policy) { p.NewBackoff = func() Backoff { return nil } }, func() []http.Header { return make([]http.Header, 1) }, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				policy := Policy{MaxAttempts: 4, NewBackoff: func() Backoff { return &steps{s, 2 * s, 4 * s} }, MaxRetryAfter: time.Minute}
				if row.change != nil {
					row.change(&policy)
				}
				series, headers := policy.Start(), row.headers()
				var waits []time.Duration
				for i, header := range headers {
					wait, retry := series.Next(t.Context(), header)
					assert.Equal(t, i < len(headers)-1, retry, "after attempt %d", i+1)
					if retry {
						waits = append(waits, wait)
					}
				}
				assert.Equal(t, row.waits, waits)
			})
		})
	}
}

func TestSeriesEndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	called := false
	policy := Policy{MaxAttempts: 4, NewBackoff: func() Backoff { called = true; return &steps{0} }}
	series := policy.Start()
	_, retry := series.Next(ctx, nil)
	assert.False(t, retry)
	assert.False(t, called, "NewBackoff must not be called if there is no wait")
}

// NextAfter applies the same bounds as to a Retry-After.
func TestSeriesNextAfter(t *testing.T) {
	const s = time.Second
	for after, want := range map[time.Duration]time.Duration{0: s, s / 2: s, 1500 * time.Millisecond: 1500 * time.Millisecond, time.Minute: time.Minute, time.Minute + 1: -1} {
		series := Policy{MaxAttempts: 2, NewBackoff: func() Backoff { return &steps{s} }, MaxRetryAfter: time.Minute}.Start()
		wait, retry := series.NextAfter(t.Context(), after)
		assert.Equal(t, want >= 0, retry, after)
		assert.Equal(t, max(0, want), wait, after)
	}
}

// ContextError wraps both the context's error and its cause.
func TestContextError(t *testing.T) {
	over := errors.New("over")
	ctx, cancel := context.WithCancelCause(t.Context())
	assert.NoError(t, ContextError(ctx))
	cancel(over)
	for _, err := range []error{ContextError(ctx), Sleep(ctx, 0), Sleep(ctx, time.Hour)} {
		assert.ErrorIs(t, err, context.Canceled)
		assert.ErrorIs(t, err, over)
		assert.EqualError(t, err, "context canceled: over")
	}
	wrapping, cancel := context.WithCancelCause(t.Context())
	cancel(fmt.Errorf("over: %w", context.Canceled))
	assert.EqualError(t, ContextError(wrapping), "over: context canceled", "the cause already wraps context.Canceled")
	plain, stop := context.WithCancel(t.Context())
	stop()
	assert.Equal(t, context.Canceled, ContextError(plain))
}

func TestDefault(t *testing.T) {
	assert.Equal(t, 4, Default().MaxAttempts)
	assert.Equal(t, time.Minute, Default().MaxRetryAfter)
	longest := make([]time.Duration, 9)
	for range 2000 {
		schedule := Default().NewBackoff()
		for i := range longest {
			wait := schedule.NextBackOff()
			require.GreaterOrEqual(t, wait, time.Duration(0))
			longest[i] = max(longest[i], wait)
		}
	}
	for i, bound := range []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 30 * time.Second, 30 * time.Second, 30 * time.Second} {
		assert.LessOrEqual(t, longest[i], bound+1)
		assert.Greater(t, longest[i], bound*9/10, "with full jitter, the longest of 2000 waits is close to the bound")
	}
}

func TestPolls(t *testing.T) {
	constant, growing, want := Polls(time.Minute), Polls(0), time.Second
	for range 20 {
		assert.Equal(t, time.Minute, constant.NextBackOff())
		assert.InDelta(t, want, growing.NextBackOff(), 0.21*float64(want))
		want = min(want*3/2, 15*time.Second)
	}
}

func TestCooldown(t *testing.T) {
	for limit, waits := range map[time.Duration]map[string]time.Duration{
		time.Minute: {"10": 10 * time.Second, "3600": time.Minute, "": 0, "soon": 0},
		-1:          {"10": 0, "": 0},
	} {
		for value, want := range waits {
			assert.Equal(t, want, Policy{MaxRetryAfter: limit}.Cooldown(http.Header{"Retry-After": {value}}), value)
		}
	}
}

func TestRetryable(t *testing.T) {
	var retryable []int
	for status := range 1000 {
		if Retryable(status) {
			retryable = append(retryable, status)
		}
	}
	assert.Equal(t, []int{408, 429, 500, 502, 503, 504}, retryable)
}

func TestSleep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		started := time.Now()
		require.NoError(t, Sleep(t.Context(), time.Minute))
		assert.Equal(t, time.Minute, time.Since(started))

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.NoError(t, Sleep(ctx, 0))
		require.ErrorIs(t, Sleep(ctx, time.Minute), context.DeadlineExceeded)
		assert.Equal(t, time.Minute+time.Second, time.Since(started))
		require.ErrorIs(t, Sleep(ctx, 0), context.DeadlineExceeded, "an ended context is reported even without a wait")
	})
}
