package transport

import (
	"context"
	"io"
	"net/http"
	"slices"
	"time"
)

// Run is one call in progress: its attempts, and the requests of Reconcile.
type Run struct {
	chain   *Chain
	first   connection      // of the first attempt
	other   *http.Transport // used instead of the chain's once an attempt had no response
	started time.Time       // when the first attempt was sent
	renewed bool            // an attempt had no response
	atNew   bool            // requests go to the chain's Versions.New
	tokens  []string        // of its requests
	room    [1]string       // for tokens, which rarely change

	Requests int // sent so far
}

// transport returns what sends the next attempt.
func (r *Run) transport() http.RoundTripper {
	if r.other != nil {
		return r.other
	}
	return r.chain.Transport()
}

// renewAfter renews the connection after an attempt that its own deadline ended.
func (r *Run) renewAfter(ctx, call context.Context) {
	if ctx.Err() == context.DeadlineExceeded && call.Err() == nil {
		r.renew()
	}
}

// renew makes later requests use new connections: a dead one reports no error, so it would be used
// again. Closing idle connections is not enough, since other calls may be waiting on it.
func (r *Run) renew() {
	r.renewed = true
	r.close()
	if standard, isStandard := r.chain.Transport().(*http.Transport); isStandard {
		r.other = standard.Clone()
		r.other.DisableKeepAlives = true // leave no connection behind
		// A used transport has HTTP/2 in its TLSClientConfig. The clone would treat that as the caller's
		// choice, and offer HTTP/2 without speaking it. HTTP/2 of golang.org/x/net would use the
		// connections of the original.
		config, byAnother := r.other.TLSClientConfig, r.other.TLSNextProto["h2"] != nil
		if config != nil && slices.Contains(config.NextProtos, "h2") && (r.other.TLSNextProto == nil || byAnother) {
			r.other.TLSNextProto = nil
			r.other.ForceAttemptHTTP2 = true
		}
	}
}

// close closes the idle connections that renew replaced. A dead one becomes idle only after its attempt
// has ended.
func (r *Run) close() {
	if r.other != nil {
		r.other.CloseIdleConnections()
	}
	if idle, closes := r.chain.Transport().(interface{ CloseIdleConnections() }); closes && r.renewed {
		idle.CloseIdleConnections()
	}
}

// Elapsed is how long ago the first attempt was sent.
func (r *Run) Elapsed() time.Duration { return time.Since(r.started) }

// Once sends another request within a call, as one attempt with a timeout, and returns what accept
// decodes.
func Once[T any](ctx context.Context, r *Run, request *http.Request, timeout time.Duration, limit int, accept func(*Response) (T, error)) (result Result[T]) {
	started := time.Now()
	r.route(request)
	last := r.attempt(ctx, request, Shorter(timeout, r.chain.Timeout), limit)
	r.chain.Log.Attempt(ctx, request, last.response, last.err, 1, firstAttempt, r.tokens...)
	r.chain.slowDown(last.response, 0, false)
	result.End = End{Response: last.response, Err: last.err, Elapsed: time.Since(started), Tokens: r.tokens}
	if last.made {
		result.Attempts = 1
	} else {
		closeUnsent(request)
	}
	if last.isWhole200() {
		result.Accepted, last.response.Refused = accept(last.response)
		if result.OK = last.response.Refused == nil; result.OK {
			r.arrive(ctx)
		}
	}
	return result
}

// nothing is an empty body, for which HTTP/1.1 sends nothing. net/http retries a GET whose connection
// ends, but not one with a body.
type nothing struct{}

func (nothing) Read([]byte) (int, error) { return 0, io.EOF }
func (nothing) Close() error             { return nil }
