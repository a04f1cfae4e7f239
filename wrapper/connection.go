package wrapper

import (
	"context"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
)

// unconnected marks an error for which nothing can have been sent.
type unconnected struct{ err error }

func (e *unconnected) Error() string { return e.err.Error() }
func (e *unconnected) Unwrap() error { return e.err }

// connection is what an attempt learns of the one that it asks for.
type connection struct {
	trace      httptrace.ClientTrace
	asked, got atomic.Bool
}

// watch returns a context under which the transport tells of its connection. Of transports
// other than the standard library's it is not known whether they do.
func (a *attempt) watch(ctx context.Context) (context.Context, *connection) {
	if _, isStandard := a.transport.(*http.Transport); !isStandard {
		return ctx, nil
	}
	c := &connection{}
	c.trace.GetConn = func(string) { c.asked.Store(true) }
	c.trace.GotConn = func(httptrace.GotConnInfo) { c.got.Store(true) }
	return httptrace.WithClientTrace(ctx, &c.trace), c
}

// failed reports whether there provably was no connection to send anything through.
func (c *connection) failed() bool { return c != nil && c.asked.Load() && !c.got.Load() }
