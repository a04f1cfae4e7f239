// Package transport sends a request and retries it. Each attempt waits for the rate limiter, gets the
// current token, and is sent and read within its own deadline; how it ended decides whether it is retried.
// The package knows HTTP and nothing about deploys: [Call] says what a response means.
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

// Chain sends every request of a client. It is safe for concurrent use.
type Chain struct {
	Transport  func() http.RoundTripper              // called for every attempt
	Jar        http.CookieJar                        // nil means none
	Timeout    time.Duration                         // of an attempt, from connecting to the last byte of the response; 0 means none
	Token      func(context.Context) (string, error) // called for every attempt
	UserAgent  string
	Header     http.Header // of every request that does not have its own
	Gate       *ratelimit.Gate
	Retry      retry.Policy
	Idempotent func(*http.Request) bool // whether a request may be carried out twice
	Log        Logger                   // each token is added to its Secrets
	Versions   *Versions                // nil means that requests go where they are addressed

	isHTTP1    atomic.Bool // the last connection used HTTP/1.1
	unreported atomic.Bool // a transport has used a connection without reporting it
}

// Call is the request of one operation.
type Call[T any] interface {
	// Accept decodes a 200 with a complete body, or returns why it is not what was asked for. A [NotYet]
	// error means that this may change with time.
	Accept(response *Response) (T, error)

	// Reconcile decides what follows an attempt whose response was not accepted. It may send other
	// requests to find out what the attempt did.
	Reconcile(ctx context.Context, run *Run, end Attempted) Decision[T]
}

// Attempted is how an attempt ended.
type Attempted struct {
	Outcome  Outcome
	Response *Response     // nil if there was none
	MayRetry bool          // according to the policy
	Wait     time.Duration // before the next attempt, if MayRetry
}

// Decision is what follows an attempt. The zero value gives up.
type Decision[T any] struct {
	Result T
	Found  bool  // Result is what was asked for
	Retry  bool  // make another attempt
	Err    error // the context's error, if the context ended Reconcile
}

// Result is how a call ended.
type Result[T any] struct {
	Accepted T
	OK       bool // whether Accepted is what was asked for
	End
}

// End is how the attempts at a request ended.
type End struct {
	Response *Response // of the last attempt that was made; nil if there was none
	Err      error     // why there is no response, or why no attempt followed it
	Outcome  Outcome   // of all attempts together
	Attempts int       // how many were made
	Elapsed  time.Duration
	Tokens   []string // of the requests; no error may show them
}

// Body returns the body of the response, if there is one.
func (e End) Body() []byte {
	if e.Response == nil {
		return nil
	}
	return e.Response.Body
}

// Do sends the request of a call under ctx instead of the request's own context, and reads up to limit
// bytes of its response. It changes the request.
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
		if run.move(ctx, request, last, result.Outcome, result.Attempts) {
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
		if again {
			c.Log.Retry(ctx, request, last.response, last.err, wait, run.tokens...)
		}
		next := call.Reconcile(ctx, run, Attempted{outcome, last.response, again, wait})
		result.Accepted, result.OK = next.Result, next.Found
		c.slowDown(last.response, wait, again && next.Retry)
		switch {
		case next.Found:
			return result
		case outcome.NotSent && retries == never: // report the previous attempt
			result.Response, result.Err = before.response, after(last.err, before.err)
			if !last.made {
				closeUnsent(request)
			}
			return result
		case next.Err != nil:
			if !errors.Is(last.err, next.Err) {
				result.Err = after(fmt.Errorf("%w while checking the outcome", retry.WhyEnded(ctx, next.Err)), last.err)
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

// mayRetry reports whether the policy allows another attempt.
func mayRetry(request *http.Request, retries retries, idempotent bool) bool {
	return canRewind(request) && (retries == always || retries == ifIdempotent && idempotent)
}

// canRewind reports whether the request's body can be sent again.
func canRewind(request *http.Request) bool {
	return request.Body == nil || request.Body == http.NoBody || request.GetBody != nil
}

// slowDown pauses the whole client after a 429: for as long as this call waits or, if it ends, for the
// response's Retry-After within bounds.
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

// after adds the error of the previous attempt to the reason that none followed it.
func after(err, before error) error {
	if before == nil {
		return err
	}
	return fmt.Errorf("%w; the last attempt: %w", err, before)
}

// rewind returns a copy of the request with its body from the start. The transport may still be reading
// the old body of an attempt that timed out.
func rewind(ctx context.Context, request *http.Request) (*http.Request, error) {
	again := request.Clone(ctx)
	if request.GetBody == nil {
		return again, nil
	}
	var err error
	again.Body, err = request.GetBody()
	return again, err
}

// closeUnsent closes the body of a request that did not reach a transport, which would have closed it.
func closeUnsent(request *http.Request) {
	if request.Body != nil {
		_ = request.Body.Close()
	}
}
