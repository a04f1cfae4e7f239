package transport

import (
	"context"
	"crypto/tls"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
)

// ConnectError is the error of an attempt that got no connection, so that nothing can have been
// sent.
type ConnectError struct{ Err error }

func (e *ConnectError) Error() string { return e.Err.Error() }
func (e *ConnectError) Unwrap() error { return e.Err }

// connection is what an attempt learns of the one that it asks for.
type connection struct {
	proxy      func(*http.Request) (*url.URL, error) // of the transport
	trace      httptrace.ClientTrace
	asked, got atomic.Bool
}

// watch returns a context under which the transport tells of its connection, and nil if it need
// not: of transports other than the standard library's it is not known whether they do.
func watch(ctx context.Context, transport http.RoundTripper) (context.Context, *connection) {
	standard, isStandard := transport.(*http.Transport)
	if !isStandard {
		return ctx, nil
	}
	c := &connection{proxy: standard.Proxy}
	c.trace.GetConn = func(string) { c.asked.Store(true) }
	c.trace.GotConn = func(httptrace.GotConnInfo) { c.got.Store(true) }
	// A protocol that is a caller's own need not tell that it got the connection.
	c.trace.TLSHandshakeDone = func(_ tls.ConnectionState, err error) {
		if err == nil {
			c.got.Store(true)
		}
	}
	return httptrace.WithClientTrace(ctx, &c.trace), c
}

// failed reports whether there provably was no connection to send the request through.
func (c *connection) failed(request *http.Request) bool {
	if c.got.Load() {
		return false
	}
	if !c.asked.Load() && c.proxy != nil { // the transport asks for the proxy before
		_, err := c.proxy(request)
		return err != nil
	}
	return c.asked.Load()
}
