package blob

import (
	"crypto/tls"
	"errors"
	"net"
	"net/http/httptrace"
	"sync/atomic"
)

// reach is what an attempt learns of the way to the storage.
type reach struct{ asked, got atomic.Bool }

// watch has the trace tell of connections.
func (r *reach) watch(trace *httptrace.ClientTrace) {
	trace.GetConn = func(string) { r.asked.Store(true) }
	trace.GotConn = func(httptrace.GotConnInfo) { r.got.Store(true) }
}

// hint is what to do about an attempt that ended without a response, if no connection to host was
// made. A transport that does not tell of its connections has its error tell.
func (r *reach) hint(err error, host string) string {
	dial, dns, distrusted := (*net.OpError)(nil), (*net.DNSError)(nil), (*tls.CertificateVerificationError)(nil)
	switch {
	case r.got.Load():
		return ""
	case errors.As(err, &distrusted):
		return "the certificate that was shown for " + host + " is not trusted here: if a proxy shows its own, have the http.Client trust it"
	case r.asked.Load(), errors.As(err, &dns), errors.As(err, &dial) && dial.Op == "dial":
		return hintUnreached(host)
	}
	return ""
}
