// Package transport makes a request as often as it takes. Each attempt takes its turn at the rate
// limit, asks for the token of now, and is sent and read within a deadline of its own; how it
// ended decides whether another one follows. The package knows HTTP and nothing of deploys: what
// a response means, the [Call] says.
package transport

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/astro-finalize/astro-finalize-go/internal/ratelimit"
	"github.com/astro-finalize/astro-finalize-go/internal/retry"
)

// Chain is what every request of a client passes. It is safe for concurrent use.
type Chain struct {
	Transport  func() http.RoundTripper              // asked by every attempt
	Jar        http.CookieJar                        // nil means none
	Timeout    time.Duration                         // of an attempt, from connecting to the response's last byte; 0 means none
	Token      func(context.Context) (string, error) // asked by every attempt
	UserAgent  string
	Gate       *ratelimit.Gate
	Retry      retry.Policy
	Idempotent func(*http.Request) bool // whether a request may be carried out twice
	Log        Logger                   // to whose Secrets each token is added
	Versions   *Versions                // nil: requests go where they are addressed to

	isHTTP1 atomic.Bool // the last connection was
	untold  atomic.Bool // a transport was seen to use connections without telling
}

// Call is what the chain asks about the request of one operation.
type Call[T any] interface {
	// Accept decodes a 200 whose body is whole, or says why it is not what was asked for. An
	// error that is a [NotYet] says that time may change that.
	Accept(response *Response) (T, error)

	// Reconcile is told how an attempt ended whose response was not accepted, and decides what
	// follows. It may make requests of its own to find out.
	Reconcile(ctx context.Context, run *Run, end Attempted) Decision[T]
}

// Attempted is how an attempt ended.
type Attempted struct {
	Outcome  Outcome
	Response *Response     // nil if there was none
	MayRetry bool          // by the policy
	Wait     time.Duration // before the next attempt, if MayRetry
}

// Decision is what follows an attempt. The zero value gives up.
type Decision[T any] struct {
	Result T
	Found  bool  // Result is what was asked for
	Retry  bool  // make another attempt
	Err    error // the context's, if that ended the finding out
}

// Result is what came of a request.
type Result[T any] struct {
	Accepted T
	OK       bool // whether Accepted is what was asked for
	End
}

// End is how the attempts at a request ended.
type End struct {
	Response *Response // of the last attempt that was made; nil if it got none
	Err      error     // why there is no response, or why no attempt followed it
	Outcome  Outcome   // of all attempts together
	Attempts int       // that were made
	Elapsed  time.Duration
	Tokens   []string // that the requests were made with: what is shown must hold none
}

// Body is that of the response, if there is one.
func (e End) Body() []byte {
	if e.Response == nil {
		return nil
	}
	return e.Response.Body
}

// Do makes the request of a call under ctx, whatever context the request has, and reads up to limit
// bytes of its response. It changes the request, which must not be anyone else's.
func Do[T any](ctx context.Context, c *Chain, request *http.Request, limit int, call Call[T]) (result Result[T]) {
	started, series, run := time.Now(), c.Retry.Start(), &Run{chain: c}
	idempotent, before, wait := c.Idempotent(request), attempt{}, firstAttempt
	result.Outcome.NotSent = true
	run.route(request)
	defer func() {
		run.close()
		result.Elapsed, result.Tokens = time.Since(started), run.tokens
	}()
	for {
		last := run.attempt(ctx, request, c.Timeout, limit)
		c.Log.Attempt(ctx, request, last.response, last.err, result.Attempts+1, wait, run.tokens...)
		if last.made {
			result.Attempts++
		}
		result.Response, result.Err = last.response, last.err
		if last.isWhole200() {
			if result.Accepted, last.response.Refused = call.Accept(last.response); last.response.Refused == nil {
				result.OK, result.Outcome.NotSent = true, false
				run.arrive(ctx)
				return result
			}
		}
		if run.move(ctx, request, last, result.Outcome) {
			if request, result.Err = rewind(ctx, request); result.Err != nil {
				return result
			}
			run.route(request)
			result.Outcome.NotSent, before, wait = false, last, firstAttempt
			continue
		}
		outcome, retries := classify(last)
		result.Outcome = result.Outcome.then(outcome, request.Method)
		again := mayRetry(request, retries, idempotent)
		wanted, ended := again, time.Now()
		if again {
			wait, again = series.Next(ctx, last.header())
		}
		next := call.Reconcile(ctx, run, Attempted{outcome, last.response, again, wait})
		result.Accepted, result.OK = next.Result, next.Found
		c.slowDown(last.response, wait, again && next.Retry)
		switch {
		case next.Found:
			return result
		case outcome.NotSent && retries == never: // what is known is what the attempt before brought
			result.Response, result.Err = before.response, after(last.err, before.err)
			if !last.made {
				closeUnsent(request)
			}
			return result
		case next.Err != nil:
			if !errors.Is(last.err, next.Err) {
				result.Err = after(fmt.Errorf("%w while reading back what became of it", retry.WhyEnded(ctx, next.Err)), last.err)
			}
			return result
		case wanted && !again && ctx.Err() != nil && !errors.Is(last.err, ctx.Err()):
			result.Err = after(fmt.Errorf("%w before another attempt", retry.ContextError(ctx)), last.err)
			return result
		case !again || !next.Retry:
			return result
		}
		if err := retry.Sleep(ctx, wait-time.Since(ended)); err != nil {
			result.Err = after(fmt.Errorf("%w while waiting for another attempt", err), last.err)
			return result
		}
		if request, result.Err = rewind(ctx, request); result.Err != nil {
			return result
		}
		before = last
	}
}

// mayRetry reports whether a request may be made again after an attempt that ended so.
func mayRetry(request *http.Request, retries retries, idempotent bool) bool {
	return canRewind(request) && (retries == always || retries == ifIdempotent && idempotent)
}

// canRewind reports whether the request's body can be sent again.
func canRewind(request *http.Request) bool {
	return request.Body == nil || request.Body == http.NoBody || request.GetBody != nil
}

// slowDown pauses the whole client after a 429: for as long as this call waits or, if it does not
// go on, for as long as the service asks, within bounds.
func (c *Chain) slowDown(response *Response, wait time.Duration, again bool) {
	if response == nil || response.StatusCode != http.StatusTooManyRequests {
		return
	}
	if !again {
		wait = c.Retry.Cooldown(response.Header)
	}
	if wait > 0 {
		c.Gate.Pause(time.Now().Add(wait))
	}
}

// after adds how the attempt before ended to why there was no other.
func after(err, before error) error {
	if before == nil {
		return err
	}
	return fmt.Errorf("%w; the last attempt: %w", err, before)
}

// rewind returns a copy of the request with its body from the start. The transport may still read
// the old one if an attempt was given up.
func rewind(ctx context.Context, request *http.Request) (*http.Request, error) {
	again := request.Clone(ctx)
	if request.GetBody == nil {
		return again, nil
	}
	var err error
	again.Body, err = request.GetBody()
	return again, err
}

// closeUnsent closes the body of a request that no transport got, which is a transport's to do
// otherwise.
func closeUnsent(request *http.Request) {
	if request.Body != nil {
		_ = request.Body.Close()
	}
}
