package transport

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/astro-finalize/astro-finalize-go/internal/retry"
)

// attempt is how an attempt ended: with a response, or with an error.
type attempt struct {
	response *Response
	err      error
	made     bool // false if it ended before the round trip, so that nothing was sent
}

func (a attempt) isWhole200() bool {
	return a.response != nil && a.response.StatusCode == http.StatusOK && a.response.Cut == nil
}

// header returns the header of the response, if there is one.
func (a attempt) header() http.Header {
	if a.response == nil {
		return nil
	}
	return a.response.Header
}

// attempt sends the request once, in this order:
//
//	limit  wait for the rate limiter, for retries too
//	auth   get the current token
//	send   one round trip and the whole response, within the attempt's deadline
func (r *Run) attempt(ctx context.Context, request *http.Request, timeout time.Duration, limit int) attempt {
	c := r.chain
	turn, err := c.Gate.Enter(ctx, request.Method)
	if err != nil {
		return attempt{err: retry.WhyEnded(ctx, err)}
	}
	token, err := c.Token(ctx)
	c.Log.Secrets.Add(token)
	if r.tokens == nil {
		r.tokens = r.room[:0]
	}
	if !slices.Contains(r.tokens, token) {
		r.tokens = append(r.tokens, token)
	}
	if err = cmp.Or(err, retry.ContextError(ctx)); err != nil {
		return attempt{err: retry.WhyEnded(ctx, err)}
	}
	// One slice for all three headers saves allocations.
	values := []string{bearer + token, "application/json", c.UserAgent}
	request.Header["Authorization"] = values[0:1:1]
	request.Header["Accept"] = values[1:2:2]
	request.Header["User-Agent"] = values[2:3:3]
	for name, values := range c.Header {
		if !has(request.Header, name) {
			request.Header[name] = values[:1:1]
		}
	}
	if r.started.IsZero() {
		r.started = time.Now()
	}
	response, err := r.send(ctx, request, token, timeout, limit)
	if response != nil && response.StatusCode == http.StatusTooManyRequests {
		turn.Rejected()
	}
	return attempt{response: response, err: err, made: true}
}

const bearer = "Bearer "

// has reports whether a header has a name, in any spelling. A name without values counts: net/http sends none.
func has(header http.Header, name string) bool {
	for other := range header {
		if strings.EqualFold(other, name) {
			return true
		}
	}
	return false
}

// send sends a request once and reads the whole response, both within the timeout.
//
// It works like an [http.Client] that follows no redirects. Following a 301 or 302 would turn the POST into a
// GET whose 200 looks like success; following a 307 or 308 could send the token to another host.
func (r *Run) send(call context.Context, request *http.Request, token string, timeout time.Duration, limit int) (*Response, error) {
	c, network := r.chain, r.transport()
	ctx, cancel := call, context.CancelFunc(nil)
	if timeout > 0 {
		ctx, cancel = context.WithTimeout(ctx, timeout)
	} else {
		ctx, cancel = context.WithCancel(ctx)
	}
	defer cancel()
	conn := &r.first
	if conn.stop != nil {
		conn = &connection{}
	}
	conn.stop = cancel
	sent := request.WithContext(conn.watch(ctx, request, network))
	if sent.Body == nil && c.isHTTP1.Load() {
		sent.Body = nothing{}
	}
	if sent.GetBody != nil {
		sent.GetBody = conn.once(request.Header, sent.GetBody)
	}
	if c.Jar != nil {
		sent.Header = request.Header.Clone() // each attempt has its own cookies
		for _, cookie := range c.Jar.Cookies(request.URL) {
			sent.AddCookie(cookie)
		}
	}
	response, err := RoundTrip(network, sent, limit)
	r.Requests += max(1, int(conn.writes.Load()))
	switch {
	case conn.got.Load() > 0:
		c.isHTTP1.Store(conn.isHTTP1.Load())
	case conn.unreported.Load():
		c.unreported.Store(true)
	}
	if err != nil {
		r.renewAfter(ctx, call)
		shown := explain(ctx, call, timeout, err)
		if unreached, refused := conn.failed(err, sent, network); unreached && !c.unreported.Load() {
			shown = &ConnectError{shown, refused}
		}
		return nil, shown
	}
	if c.Jar != nil {
		c.Jar.SetCookies(request.URL, response.HTTP.Cookies())
	}
	if response.Token = token; response.Cut != nil {
		r.renewAfter(ctx, call)
	}
	response.Cut = explain(ctx, call, timeout, response.Cut)
	return response, nil
}

// explain says whether the attempt's own deadline ended it, rather than the call's context.
func explain(ctx, call context.Context, timeout time.Duration, err error) error {
	if err == nil {
		return nil
	}
	err = retry.WhyEnded(ctx, err)
	switch {
	case call.Err() != nil:
	case ctx.Err() == context.DeadlineExceeded:
		err = fmt.Errorf("no complete response within %v: %w", timeout, err)
	case ctx.Err() != nil: // connection.stop ended the attempt
		err = errSentOnce
	}
	return err
}

// Shorter returns the shorter of two timeouts. One that is not positive means none.
func Shorter(a, b time.Duration) time.Duration {
	if a <= 0 || b <= 0 {
		return max(a, b, 0)
	}
	return min(a, b)
}
