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

// ConnectError is the error of an attempt of which nothing can have reached the service.
type ConnectError struct {
	Err     error
	Refused bool // whether the next attempt would end the same way: one side does not accept the other
}

func (e *ConnectError) Error() string { return e.Err.Error() }
func (e *ConnectError) Unwrap() error { return e.Err }

// connection is what an attempt learns of the connections that it asks for, and gets: by the trace
// of its context, so that it matters little which transport wraps which.
type connection struct {
	trace   httptrace.ClientTrace
	stop    context.CancelFunc // of the attempt
	isBare  bool               // the transport is net/http's own, and can hide no HTTP/2
	isTLS   bool
	asked   atomic.Bool
	got     atomic.Int32
	reused  atomic.Bool
	isHTTP2 atomic.Bool
	isHTTP1 atomic.Bool
	hasKey  atomic.Bool  // one that has net/http send it again
	sends   atomic.Int32 // how often the header was written
	answers atomic.Int32 // how often something of a response came
	sent    atomic.Bool  // all of the request was
	untold  atomic.Bool  // it may have got a connection without telling
}

// watch returns a context under which a transport tells of its connections.
func (c *connection) watch(ctx context.Context, request *http.Request, transport http.RoundTripper) context.Context {
	standard, isStandard := transport.(*http.Transport)
	c.isBare = isStandard && (standard.Protocols == nil || !standard.Protocols.UnencryptedHTTP2())
	c.trace.GetConn = func(string) { c.asked.Store(true) }
	c.trace.GotConn = c.connected
	c.trace.WroteHeaders = func() { c.sends.Add(1) }
	if !isStandard { // it may add what cannot be seen from here, and make requests of its own before
		c.trace.WroteHeaderField = func(name string, _ []string) { c.hasKey.Store(c.hasKey.Load() || idempotencyKeys[name]) }
		c.trace.GotFirstResponseByte = func() { c.answers.Add(1) }
	}
	if c.isTLS = request.URL.Scheme == "https"; c.isTLS {
		c.trace.WroteRequest = func(info httptrace.WroteRequestInfo) { c.sent.Store(info.Err == nil) }
		// A protocol that is a caller's own need not tell that it got the connection.
		c.trace.TLSHandshakeDone = func(state tls.ConnectionState, err error) {
			if err == nil && state.NegotiatedProtocol != "" && state.NegotiatedProtocol != "http/1.1" {
				c.untold.Store(true)
			}
		}
	}
	return httptrace.WithClientTrace(ctx, &c.trace)
}

func (c *connection) connected(info httptrace.GotConnInfo) {
	if c.got.Add(1) > 1 && c.isHTTP2.Load() && c.isWithoutResponse() {
		c.stop() // net/http is about to send the request again
	}
	if info.Reused {
		c.reused.Store(true)
	}
	secure, isTLS := info.Conn.(interface{ ConnectionState() tls.ConnectionState })
	c.isHTTP2.Store(isTLS && secure.ConnectionState().NegotiatedProtocol == "h2")
	c.isHTTP1.Store(!c.isHTTP2.Load() && (isTLS || c.isBare))
}

// isWithoutResponse reports that a request was written of which nothing came back.
func (c *connection) isWithoutResponse() bool { return c.sends.Load() > c.answers.Load() }

// idempotencyKeys are the headers with which net/http sends a POST again though it was sent.
var idempotencyKeys = map[string]bool{"Idempotency-Key": true, "X-Idempotency-Key": true}

// once keeps net/http from sending a body again on its own. Over HTTP/1.1 it does so only if nothing
// of the request was written, which is safe. Over HTTP/2 it does so whenever the peer claims not to
// have processed the request, and what the protocol is does not always show.
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

// failed reports whether a round trip that ended with err provably brought nothing of the request
// to the service, and whether the peer would refuse the next one too.
func (c *connection) failed(err error, request *http.Request, transport http.RoundTripper) (unreached, refused bool) {
	switch {
	case c.got.Load() == 0 && (c.asked.Load() || hasNoProxy(request, transport)):
		return true, errors.As(err, new(*tls.CertificateVerificationError)) || isAlert(err, handshakeAlerts) || isProxyRefusal(err)
	case c.isHTTP2.Load() && c.sends.Load() == 0:
		return true, false // the connection that it got ended before
	case c.got.Load() != 1 || c.reused.Load():
	case isAlert(err, certificateAlerts):
		// In TLS 1.3 the client is done before the server has seen its certificate, so that the
		// refusal comes after the request was written. The server has not read it then.
		return true, true
	case c.isTLS && !c.sent.Load() && isWriteError(err):
		return true, false // as that refusal may look too
	}
	return false, false
}

// hasNoProxy reports that the request has no way to go: net/http asks which proxy to use before it
// asks for a connection.
func hasNoProxy(request *http.Request, transport http.RoundTripper) bool {
	standard, isStandard := transport.(*http.Transport)
	if !isStandard || standard.Proxy == nil {
		return false
	}
	_, err := standard.Proxy(request)
	return err != nil
}

// Alerts by which a peer ends a TLS handshake (RFC 8446, section 6.2): certificateAlerts are about
// the client's certificate.
var (
	certificateAlerts = []tls.AlertError{40, 42, 43, 44, 45, 46, 48, 49, 116}
	handshakeAlerts   = append([]tls.AlertError{47, 51, 70, 71, 109, 110, 112, 120}, certificateAlerts...)
)

// isAlert reports one of the alerts, which crypto/tls has a type for that it does not export.
func isAlert(err error, alerts []tls.AlertError) bool {
	remote := (*net.OpError)(nil)
	return errors.As(err, &remote) && remote.Op == "remote error" && remote.Err != nil &&
		slices.ContainsFunc(alerts, func(alert tls.AlertError) bool { return alert.Error() == remote.Err.Error() })
}

// isWriteError reports that the operating system took no more of the request.
func isWriteError(err error) bool {
	failed := (*net.OpError)(nil)
	return errors.As(err, &failed) && failed.Op == "write"
}

// isProxyRefusal reports a proxy's 4xx to CONNECT, of which net/http keeps the reason alone.
func isProxyRefusal(err error) bool {
	for status := 400; status < 500; status++ {
		if reason := http.StatusText(status); reason != "" && err.Error() == reason {
			return status != http.StatusRequestTimeout && status != http.StatusTooManyRequests
		}
	}
	return false
}
