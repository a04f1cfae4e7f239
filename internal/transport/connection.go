package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"slices"
	"sync/atomic"
)

// ConnectError is the error of an attempt that cannot have reached the service.
type ConnectError struct {
	Err     error
	Refused bool // one side does not accept the other, so another attempt would fail, too
}

func (e *ConnectError) Error() string { return e.Err.Error() }
func (e *ConnectError) Unwrap() error { return e.Err }

// connection records what happens on the connections of an attempt. It uses the trace of the context, so
// that it works with wrapped transports.
type connection struct {
	trace      httptrace.ClientTrace
	stop       context.CancelFunc // of the attempt
	isBare     bool               // the transport is net/http's own, so HTTP/2 is visible
	isTLS      bool
	asked      atomic.Bool
	got        atomic.Int32
	reused     atomic.Bool
	isHTTP2    atomic.Bool
	isHTTP1    atomic.Bool
	hasKey     atomic.Bool  // the request has an idempotency key, with which net/http retries it
	writes     atomic.Int32 // how often the header was written
	replies    atomic.Int32 // how often a response started
	sent       atomic.Bool  // the whole request was written
	unreported atomic.Bool  // it may have got a connection without reporting it
}

// watch returns a context with the trace.
func (c *connection) watch(ctx context.Context, request *http.Request, transport http.RoundTripper) context.Context {
	standard, isStandard := transport.(*http.Transport)
	c.isBare = isStandard && (standard.Protocols == nil || !standard.Protocols.UnencryptedHTTP2())
	c.trace.GetConn = func(string) { c.asked.Store(true) }
	c.trace.GotConn = c.connected
	c.trace.WroteHeaders = func() { c.writes.Add(1) }
	if !isStandard { // it may add headers, and send other requests first
		c.trace.WroteHeaderField = func(name string, _ []string) { c.hasKey.Store(c.hasKey.Load() || idempotencyKeys[name]) }
		c.trace.GotFirstResponseByte = func() { c.replies.Add(1) }
	}
	if c.isTLS = request.URL.Scheme == "https"; c.isTLS {
		c.trace.WroteRequest = func(info httptrace.WroteRequestInfo) { c.sent.Store(info.Err == nil) }
		// The caller's own protocol need not report that it got the connection.
		c.trace.TLSHandshakeDone = func(state tls.ConnectionState, err error) {
			if err == nil && state.NegotiatedProtocol != "" && state.NegotiatedProtocol != "http/1.1" {
				c.unreported.Store(true)
			}
		}
	}
	return httptrace.WithClientTrace(ctx, &c.trace)
}

func (c *connection) connected(info httptrace.GotConnInfo) {
	if c.got.Add(1) > 1 && c.isHTTP2.Load() && c.isWithoutResponse() {
		c.stop() // net/http is about to retry the request
	}
	if info.Reused {
		c.reused.Store(true)
	}
	secure, isTLS := info.Conn.(interface{ ConnectionState() tls.ConnectionState })
	c.isHTTP2.Store(isTLS && secure.ConnectionState().NegotiatedProtocol == "h2")
	c.isHTTP1.Store(!c.isHTTP2.Load() && (isTLS || c.isBare))
}

// isWithoutResponse reports whether a request was written and no response started.
func (c *connection) isWithoutResponse() bool { return c.writes.Load() > c.replies.Load() }

// idempotencyKeys are the headers that make net/http retry a POST.
var idempotencyKeys = map[string]bool{"Idempotency-Key": true, "X-Idempotency-Key": true}

// once keeps net/http from sending a body again on its own. Over HTTP/1.1, net/http does so only if nothing
// of the request was written, which is safe. Over HTTP/2, or if the protocol is not known, it does so
// whenever the peer claims not to have processed the request.
func (c *connection) once(header http.Header, getBody func() (io.ReadCloser, error)) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) {
		for name := range idempotencyKeys {
			c.hasKey.Store(c.hasKey.Load() || header[name] != nil)
		}
		mayHaveBeenSent := c.got.Load() == 0 || c.isWithoutResponse()
		if mayHaveBeenSent && (c.hasKey.Load() || !c.isHTTP1.Load()) {
			return nil, errSentOnce
		}
		return getBody()
	}
}

var errSentOnce = errors.New("the connection ended after the request was sent")

// failed reports whether a round trip that ended with err cannot have reached the service, and whether the
// peer would refuse the next one, too.
func (c *connection) failed(err error, request *http.Request, transport http.RoundTripper) (unreached, refused bool) {
	switch {
	case c.got.Load() == 0 && (c.asked.Load() || hasNoProxy(request, transport)):
		return true, errors.As(err, new(*tls.CertificateVerificationError)) || isAlert(err, handshakeAlerts) || isProxyRefusal(err)
	case c.isHTTP2.Load() && c.writes.Load() == 0:
		return true, false // its connection ended before the request was written
	case c.got.Load() != 1 || c.reused.Load():
	case isAlert(err, certificateAlerts):
		// In TLS 1.3 the server sees the client's certificate after the client has written the request.
		// If it refuses the certificate, it does not read the request.
		return true, true
	case c.isTLS && !c.sent.Load() && isWriteError(err):
		return true, false // a refused certificate can look like this, too
	}
	return false, false
}

// hasNoProxy reports whether finding the proxy fails, which happens before any connection.
func hasNoProxy(request *http.Request, transport http.RoundTripper) bool {
	standard, isStandard := transport.(*http.Transport)
	if !isStandard || standard.Proxy == nil {
		return false
	}
	_, err := standard.Proxy(request)
	return err != nil
}

// Alerts with which a peer ends a TLS handshake (RFC 8446, section 6.2). certificateAlerts are about the
// client's certificate.
var (
	certificateAlerts = []tls.AlertError{40, 42, 43, 44, 45, 46, 48, 49, 116}
	handshakeAlerts   = append([]tls.AlertError{47, 51, 70, 71, 109, 110, 112, 120}, certificateAlerts...)
)

// isAlert reports whether err is one of the alerts. crypto/tls does not export their type.
func isAlert(err error, alerts []tls.AlertError) bool {
	remote := (*net.OpError)(nil)
	return errors.As(err, &remote) && remote.Op == "remote error" && remote.Err != nil &&
		slices.ContainsFunc(alerts, func(alert tls.AlertError) bool { return alert.Error() == remote.Err.Error() })
}

// isWriteError reports whether writing the request failed.
func isWriteError(err error) bool {
	failed := (*net.OpError)(nil)
	return errors.As(err, &failed) && failed.Op == "write"
}

// isProxyRefusal reports whether err is a proxy's 4xx to CONNECT: net/http returns only its reason phrase.
func isProxyRefusal(err error) bool {
	for status := 400; status < 500; status++ {
		if reason := http.StatusText(status); reason != "" && err.Error() == reason {
			return status != http.StatusRequestTimeout && status != http.StatusTooManyRequests
		}
	}
	return false
}
