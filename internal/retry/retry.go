// Package retry decides whether and when to make another attempt: the number of attempts, the backoff
// between them, the effect of Retry-After, and the statuses that are worth a retry. Every retry loop
// uses it; it sends nothing itself.
package retry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// Policy configures retries. [Default] returns the default policy.
type Policy struct {
	MaxAttempts int
	// NewBackoff returns the backoff of one series. It is called before the first wait.
	NewBackoff func() Backoff
	// MaxRetryAfter is the longest Retry-After that is honored; a longer one ends the series.
	// If it is negative, the header is ignored.
	MaxRetryAfter time.Duration
}

// Backoff returns how long to wait before the next attempt. A negative duration ends the series.
type Backoff interface {
	NextBackOff() time.Duration
}

// Default returns a policy of 4 attempts, exponential backoff and a Retry-After of up to 60 s.
func Default() Policy {
	return Policy{MaxAttempts: 4, NewBackoff: exponential, MaxRetryAfter: 60 * time.Second}
}

// exponential waits a random time of up to 0.5 s, then 1 s, 2 s and so on, up to 30 s. The library
// draws from 0 to twice the interval, hence the halved values.
func exponential() Backoff {
	schedule := backoff.NewExponentialBackOff()
	schedule.InitialInterval = 250 * time.Millisecond
	schedule.MaxInterval = 15 * time.Second
	schedule.Multiplier = 2
	schedule.RandomizationFactor = 1
	return schedule
}

// Series counts the attempts of one call.
type Series struct {
	policy   Policy
	attempts int // that have ended
	waits    Backoff
}

// Start begins a series.
func (p Policy) Start() Series { return Series{policy: p} }

// Next is called when an attempt that is worth a retry has ended, with the header of its response,
// if any. It returns how long to wait before the next attempt, and whether there is one.
func (s *Series) Next(ctx context.Context, header http.Header) (wait time.Duration, retry bool) {
	after, _ := After(header, time.Now())
	return s.NextAfter(ctx, after)
}

// NextAfter is like Next, with after in place of the response's Retry-After.
func (s *Series) NextAfter(ctx context.Context, after time.Duration) (wait time.Duration, retry bool) {
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

// Cooldown returns how long a client that was told to slow down must send nothing: the Retry-After,
// capped at MaxRetryAfter.
func (p Policy) Cooldown(header http.Header) time.Duration {
	after, _ := After(header, time.Now())
	return max(0, min(after, p.MaxRetryAfter))
}

// Retryable reports whether a response status is usually temporary.
func Retryable(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// Sleep waits. It returns [ContextError] as soon as the context ends.
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

// WhyEnded adds to err why the context ended, unless err already says so.
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

// ContextError returns the context's error, together with its cause if that differs. It returns nil if
// the context has not ended.
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
