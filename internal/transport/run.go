package transport

import (
	"context"
	"io"
	"net/http"
	"slices"
	"time"
)

// Run is one call under way: its attempts, and the requests that find out what became of them.
type Run struct {
	chain   *Chain
	first   connection      // of the first attempt
	other   *http.Transport // in place of the chain's, once an attempt got nothing back
	started time.Time       // of the first attempt that was sent
	renewed bool            // whether an attempt got nothing back
	atNew   bool            // its requests go to the new one of the chain's Versions
	tokens  []string        // that its requests were made with
	room    [1]string       // for one, which is what most have

	Requests int // that were sent so far
}

// transport is what the next attempt is sent by.
func (r *Run) transport() http.RoundTripper {
	if r.other != nil {
		return r.other
	}
	return r.chain.Transport()
}

// renewAfter renews after an attempt that its own deadline ended.
func (r *Run) renewAfter(ctx, call context.Context) {
	if ctx.Err() == context.DeadlineExceeded && call.Err() == nil {
		r.renew()
	}
}

// renew has what follows go over other connections than so far: a connection that is dead says
// nothing, so that it would be used again. Other calls may still be waiting on it, so that
// closing what is idle is not enough.
func (r *Run) renew() {
	r.renewed = true
	r.close()
	if standard, isStandard := r.chain.Transport().(*http.Transport); isStandard {
		r.other = standard.Clone()
		r.other.DisableKeepAlives = true // nothing of it is left behind
		// A transport that was used has HTTP/2 in its TLSClientConfig, which the clone would take for a
		// caller's own, and offer without speaking it; and golang.org/x/net's HTTP/2 would lead back
		// into the connections of the original.
		config, byAnother := r.other.TLSClientConfig, r.other.TLSNextProto["h2"] != nil
		if config != nil && slices.Contains(config.NextProtos, "h2") && (r.other.TLSNextProto == nil || byAnother) {
			r.other.TLSNextProto = nil
			r.other.ForceAttemptHTTP2 = true
		}
	}
}

// close leaves the connections that renew has left: one that is dead is idle only some time after
// the attempt that it cost was given up.
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

// Once makes another request in the course of a call, as one attempt within a timeout, and returns
// what accept makes of its response.
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

// nothing is the body of a request that has none, of which HTTP/1.1 sends nothing. net/http repeats a
// read whose connection ends, but not one that has a body.
type nothing struct{}

func (nothing) Read([]byte) (int, error) { return 0, io.EOF }
func (nothing) Close() error             { return nil }
