package blob

import (
	"crypto/tls"
	"errors"
	"net"
	"net/http/httptrace"
	"sync/atomic"
)

// reach records whether an attempt got a connection.
type reach struct{ requested, got atomic.Bool }

// watch adds its callbacks to the trace.
func (r *reach) watch(trace *httptrace.ClientTrace) {
	trace.GetConn = func(string) { r.requested.Store(true) }
	trace.GotConn = func(httptrace.GotConnInfo) { r.got.Store(true) }
}

// hint returns what to do about an attempt without a response if there was no connection to host. If
// the transport does not support traces, the error decides.
func (r *reach) hint(err error, host string) string {
	dial, dns, distrusted := (*net.OpError)(nil), (*net.DNSError)(nil), (*tls.CertificateVerificationError)(nil)
	switch {
	case r.got.Load():
		return ""
	case errors.As(err, &distrusted):
		return "the certificate of " + host + " is not trusted: if a proxy presents its own certificate, make the http.Client trust it"
	case r.requested.Load(), errors.As(err, &dns), errors.As(err, &dial) && dial.Op == "dial":
		return hintUnreached(host)
	}
	return ""
}
