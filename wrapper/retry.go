package wrapper

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/internal/redact"
	"github.com/astro-finalize/astro-finalize-go/internal/retry"
)

// retry is the step of the chain that repeats attempts, by the policy of judge. What may have
// taken effect it has looked up before.
type retrying struct {
	next   api.HttpRequestDoer
	policy retry.Policy
	pause  func(until time.Time) // all requests of the client
	log    *slog.Logger
}

// do makes the request of a call, or of none. It may change the request. Where another attempt
// was meant and not made, it returns the last answer along with the error.
func (r *retrying) do(request *http.Request, asked *call) (*http.Response, error) {
	ctx, started := request.Context(), time.Now()
	series := r.policy.Start()
	var last *http.Response // and the error
	var lastErr error
	wait := noWait
	for attempts := 1; ; attempts++ {
		response, err := r.next.Do(request)
		logAttempt(r.log, request, response, err, attempts, wait)
		end := judge(asked, response, err)
		wait = noWait
		if !asked.settle(ctx, end) && isRepeatable(request, end) {
			if next, again := series.Next(ctx, headerOf(response)); again {
				wait = next
			}
		}
		r.slowDown(response, wait)
		if end == withheld {
			return report(request, last, withLast(err, lastErr), attempts, started)
		}
		if wait == noWait {
			return report(request, response, err, attempts, started)
		}
		last, lastErr = response, err
		if interrupted := retry.Sleep(ctx, wait); interrupted != nil {
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

func headerOf(response *http.Response) http.Header {
	if response == nil {
		return nil
	}
	return response.Header
}

// slowDown has the whole client wait after a 429: as long as this call does or, if it does not
// go on, as long as the service asks for, within bounds.
func (r *retrying) slowDown(response *http.Response, wait time.Duration) {
	if response == nil || response.StatusCode != http.StatusTooManyRequests {
		return
	}
	if wait == noWait {
		wait = r.policy.Cooldown(response.Header)
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
	operation := redact.Text(request.Method+" "+request.URL.Path, tokenOf(request))
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
