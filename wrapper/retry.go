package wrapper

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// Backoff is the schedule of one call: how long to wait before each next attempt. A negative
// duration ends the call. The schedules of github.com/cenkalti/backoff are such.
type Backoff interface {
	NextBackOff() time.Duration
}

// defaultBackoff waits a random time of up to 0.5 s, then 1 s, 2 s and so on, up to 30 s. The
// library draws from 0 to twice the interval, hence half of that.
func defaultBackoff() Backoff {
	schedule := backoff.NewExponentialBackOff()
	schedule.InitialInterval = 250 * time.Millisecond
	schedule.MaxInterval = 15 * time.Second
	schedule.Multiplier = 2
	schedule.RandomizationFactor = 1
	return schedule
}

// retry is the step of the chain that repeats attempts, by the policy of judge. What may have
// taken effect it has looked up before.
type retry struct {
	next          api.HttpRequestDoer
	maxAttempts   int
	newBackoff    func() Backoff
	maxRetryAfter time.Duration         // 0 means that the header is not heeded
	pause         func(until time.Time) // all requests of the client
	log           *slog.Logger
}

// do makes the request of a call, or of none. It may change the request. Where another attempt
// was meant and not made, it returns the last answer along with the error.
func (r *retry) do(request *http.Request, asked *call) (*http.Response, error) {
	ctx, started := request.Context(), time.Now()
	var schedule Backoff
	var last *http.Response // and the error
	var lastErr error
	wait := noWait
	for attempts := 1; ; attempts++ {
		response, err := r.next.Do(request)
		logAttempt(r.log, request, response, err, attempts, wait)
		end := judge(asked, response, err)
		wait = noWait
		if !asked.settle(ctx, end) && ctx.Err() == nil && attempts < r.maxAttempts && isRepeatable(request, end) {
			wait = r.waitBefore(&schedule, response)
		}
		r.slowDown(response, wait)
		if end == withheld {
			return report(request, last, withLast(err, lastErr), attempts, started)
		}
		if wait == noWait {
			return report(request, response, err, attempts, started)
		}
		last, lastErr = response, err
		if interrupted := sleep(ctx, wait); interrupted != nil {
			err = fmt.Errorf("%w while waiting for another attempt", interrupted)
			return report(request, last, withLast(err, lastErr), attempts, started)
		}
		if request, err = rewind(request); err != nil {
			return report(request, response, err, attempts, started)
		}
	}
}

// withLast adds how the attempt before ended to why there was no other.
func withLast(err, lastErr error) error {
	if lastErr == nil {
		return err
	}
	if own := (*unsent)(nil); errors.As(err, &own) {
		return &unsent{withLast(own.err, lastErr)}
	}
	return fmt.Errorf("%w; the last one: %w", err, lastErr)
}

const noWait = time.Duration(-1)

// waitBefore returns how long to wait before the next attempt, or noWait if there is to be
// none. The schedule of a call is made by its first wait.
func (r *retry) waitBefore(schedule *Backoff, response *http.Response) time.Duration {
	if *schedule == nil {
		*schedule = r.newBackoff()
	}
	if *schedule == nil {
		return noWait
	}
	wait := (*schedule).NextBackOff()
	if wait < 0 {
		return noWait
	}
	if after, found := retryAfter(response, time.Now()); found && r.maxRetryAfter > 0 {
		if after > r.maxRetryAfter {
			return noWait
		}
		wait = max(wait, after)
	}
	return wait
}

// slowDown has the whole client wait after a 429: as long as this call does or, if it does not
// go on, as long as the service asks for, within bounds.
func (r *retry) slowDown(response *http.Response, wait time.Duration) {
	if response == nil || response.StatusCode != http.StatusTooManyRequests {
		return
	}
	if after, _ := retryAfter(response, time.Now()); wait == noWait {
		wait = min(after, r.maxRetryAfter)
	}
	if wait > 0 {
		r.pause(time.Now().Add(wait))
	}
}

// report hands out what the attempts brought, with what they took.
func report(request *http.Request, response *http.Response, err error, attempts int, started time.Time) (*http.Response, error) {
	if own := (*unsent)(nil); errors.As(err, &own) {
		attempts, err = attempts-1, own.err
		if request.Body != nil {
			_ = request.Body.Close() // which is the transport's to do, otherwise
		}
	}
	if response != nil {
		body := response.Body.(*readBody)
		body.attempts, body.started = attempts, started
	}
	if err == nil {
		return response, nil
	}
	if invalid := (*ValidationError)(nil); errors.As(err, &invalid) {
		if attempts == 0 {
			return nil, invalid
		}
		err = errors.New(err.Error()) // the type would say that nothing was sent
	}
	operation := redact(request.Method+" "+request.URL.Path, tokenOf(request))
	return response, &TransportError{Operation: operation, Attempts: attempts, Elapsed: time.Since(started), Err: err}
}

// rewind returns a copy of the request with its body from the start. The transport may still
// be at the old one when an attempt was given up.
func rewind(request *http.Request) (*http.Request, error) {
	again := request.Clone(request.Context())
	if request.GetBody == nil {
		return again, nil
	}
	var err error
	again.Body, err = request.GetBody()
	return again, err
}

// sleep waits, or returns the context's error as soon as it ends.
func sleep(ctx context.Context, wait time.Duration) error {
	if wait <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
