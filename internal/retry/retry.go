// Package retry decides whether another attempt follows, and when: how many attempts there are,
// the backoff between them, what a Retry-After changes, and which statuses are worth a retry. It
// serves every loop that makes attempts, and sends nothing itself.
package retry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// Policy says how attempts follow each other. [Default] has the values of a client that was told
// nothing else.
type Policy struct {
	MaxAttempts int
	// NewBackoff returns the waits of one series. It is called before the first of them.
	NewBackoff func() Backoff
	// MaxRetryAfter is the longest Retry-After that is honored; a longer one ends the series.
	// If it is negative the header is ignored.
	MaxRetryAfter time.Duration
}

// Backoff is how long to wait before each next attempt. A negative duration ends the series.
type Backoff interface {
	NextBackOff() time.Duration
}

// Default is 4 attempts with exponential backoff, and a Retry-After of up to 60 s.
func Default() Policy {
	return Policy{MaxAttempts: 4, NewBackoff: exponential, MaxRetryAfter: 60 * time.Second}
}

// exponential waits a random time of up to 0.5 s, then 1 s, 2 s and so on, up to 30 s. The
// library draws from 0 to twice the interval, hence half of that.
func exponential() Backoff {
	schedule := backoff.NewExponentialBackOff()
	schedule.InitialInterval = 250 * time.Millisecond
	schedule.MaxInterval = 15 * time.Second
	schedule.Multiplier = 2
	schedule.RandomizationFactor = 1
	return schedule
}

// Series is the attempts of one call.
type Series struct {
	policy   Policy
	attempts int // that ended
	waits    Backoff
}

// Start begins a series.
func (p Policy) Start() Series { return Series{policy: p} }

// Next is told that an attempt ended which is worth another one, and with which response header,
// if there was a response. It returns how long to wait before the next attempt, or that there is
// none.
func (s *Series) Next(ctx context.Context, header http.Header) (wait time.Duration, again bool) {
	after, _ := After(header, time.Now())
	return s.NextAfter(ctx, after)
}

// NextAfter is Next where another attempt helps no sooner than after a time that is known, as if
// that were the response's Retry-After.
func (s *Series) NextAfter(ctx context.Context, after time.Duration) (wait time.Duration, again bool) {
	s.attempts++
	if ctx.Err() != nil || s.attempts >= s.policy.MaxAttempts {
		return 0, false
	}
	if s.waits == nil {
		s.waits = s.policy.NewBackoff()
	}
	if s.waits == nil {
		return 0, false
	}
	if wait = s.waits.NextBackOff(); wait < 0 {
		return 0, false
	}
	switch {
	case s.policy.MaxRetryAfter < 0:
		return wait, true
	case after > s.policy.MaxRetryAfter:
		return 0, false
	}
	return max(wait, after), true
}

// Cooldown is how long a client that was told to slow down should send nothing: the Retry-After,
// capped at MaxRetryAfter.
func (p Policy) Cooldown(header http.Header) time.Duration {
	after, _ := After(header, time.Now())
	return max(0, min(after, p.MaxRetryAfter))
}

// Retryable reports a status that says more of the moment than of the request.
func Retryable(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// Sleep waits, or returns [ContextError] as soon as the context ends.
func Sleep(ctx context.Context, wait time.Duration) error {
	if wait <= 0 {
		return ContextError(ctx)
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ContextError(ctx)
	}
}

// WhyEnded adds why a context ended to an error, as far as that does not say so itself.
func WhyEnded(ctx context.Context, err error) error {
	switch ended := ctx.Err(); {
	case ended == nil:
		return err
	case !errors.Is(err, context.Cause(ctx)):
		return fmt.Errorf("%w: %w", ContextError(ctx), err)
	case !errors.Is(err, ended):
		return fmt.Errorf("%w: %w", ended, err)
	}
	return err
}

// ContextError returns why a context ended, or nil if it has not: its error, and its cause if that is
// another.
func ContextError(ctx context.Context) error {
	err := ctx.Err()
	if err == nil {
		return nil
	}
	cause := context.Cause(ctx)
	if errors.Is(cause, err) {
		return cause
	}
	return fmt.Errorf("%w: %w", err, cause)
}
