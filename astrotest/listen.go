package astrotest

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"sync"

	"github.com/astro-finalize/astro-finalize-go/internal/memory"
)

// WithHTTP2 makes the server use TLS. It speaks HTTP/2 with clients that negotiate it, as net/http
// does, and HTTP/1.1 with others. Its certificate is self-signed: only [Server.Client] trusts it.
func WithHTTP2() Option {
	return func(s *Server) { s.http2 = true }
}

// InMemory makes the server listen in memory instead of on a port: only [Server.Client] reaches it.
// Use it in a [testing/synctest] bubble, where a real connection would stop the fake clock. Start
// the server in the bubble and close it there, as [New] does. With [WithHTTP2] and Go 1.25, tests in
// bubbles must not run in parallel with others that use HTTP/2.
func InMemory() Option {
	return func(s *Server) { s.listener = memory.New() }
}

// Client returns a client that reaches the server, in memory too. It trusts the server's
// certificate, and speaks HTTP/2 if the server does. Every call returns the same client. Its
// Transport is its own [*http.Transport]; [Server.Close] closes its idle connections.
func (s *Server) Client() *http.Client { return s.listening.Client() }

// listen starts the server.
func (s *Server) listen(handler http.Handler) {
	s.listening = httptest.NewUnstartedServer(withStream(handler))
	if s.listener != nil {
		_ = s.listening.Listener.Close()
		s.listening.Listener = s.listener
	}
	s.conns = &listener{Listener: s.listening.Listener, closing: s.closing, open: map[*conn]struct{}{}}
	s.listening.Listener = s.conns
	config := s.listening.Config
	config.ConnContext = func(ctx context.Context, c net.Conn) context.Context { return context.WithValue(ctx, connKey{}, c) }
	config.Protocols = new(http.Protocols)
	config.Protocols.SetHTTP1(true)
	transport := &http.Transport{}
	if s.http2 {
		dropSharedChannels()
		certificate, roots := localCertificate()
		s.conns.secure = &tls.Config{Certificates: []tls.Certificate{certificate}, NextProtos: []string{"h2", "http/1.1"}}
		config.Protocols.SetUnencryptedHTTP2(true)                            // conn decrypts it
		config.HTTP2 = &http.HTTP2Config{MaxReceiveBufferPerStream: 64 << 10} // small, so that an upload stalls close to its limit
		transport.TLSClientConfig = &tls.Config{RootCAs: roots, ServerName: certificateName}
		transport.ForceAttemptHTTP2 = true
	}
	if network, ok := s.listener.(*memory.Network); ok {
		transport.DialContext = network.Dial
	}
	s.listening.Start()
	s.listening.Client().Transport = transport
}

// dropSharedChannels empties the pool of channels that net/http in Go 1.25 shares between HTTP/2
// servers: a channel that was made in one synctest bubble panics in another. Later versions of Go
// have a pool for each server.
func dropSharedChannels() {
	if strings.HasPrefix(runtime.Version(), "go1.25") {
		runtime.GC() // a sync.Pool is empty after two collections
		runtime.GC()
	}
}

// baseURL returns the URL of the listener.
func (s *Server) baseURL() string {
	if s.http2 {
		return "https://" + s.conns.Addr().String()
	}
	return "http://" + s.conns.Addr().String()
}

type (
	connKey   struct{}
	streamKey struct{}
)

// connOf returns a request's connection and its HTTP/2 stream ID, which is 0 for HTTP/1.1.
func connOf(r *http.Request) (*conn, uint32) {
	stream, _ := r.Context().Value(streamKey{}).(uint32)
	return r.Context().Value(connKey{}).(*conn), stream
}

// withStream moves streamHeader from the request's header to its context.
func withStream(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if values := r.Header.Values(streamHeader); r.ProtoMajor == 2 && len(values) > 0 {
			stream, _ := strconv.ParseUint(values[len(values)-1], 10, 32)
			r.Header.Del(streamHeader)
			r = r.WithContext(context.WithValue(r.Context(), streamKey{}, uint32(stream)))
		}
		next.ServeHTTP(w, r)
	})
}

// listener wraps each connection in a conn.
type listener struct {
	net.Listener
	secure  *tls.Config // or nil
	closing context.Context

	mu      sync.Mutex
	stopped bool
	open    map[*conn]struct{}
}

// Accept implements [net.Listener].
func (l *listener) Accept() (net.Conn, error) {
	raw, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	accepted := &conn{
		Conn: raw, raw: raw, listener: l,
		resets: map[uint32]ErrCode{}, bodies: map[uint32]*sentBody{},
	}
	if l.secure != nil {
		accepted.Conn = tls.Server(raw, l.secure)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopped {
		_ = raw.Close()
		return nil, net.ErrClosed
	}
	l.open[accepted] = struct{}{}
	return accepted, nil
}

func (l *listener) forget(c *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, c)
}

// stop closes the listener and all its connections. It resets last at the end, so that its client
// sees the reset only after the listener is closed.
func (l *listener) stop(last *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stopped = true
	_ = l.Listener.Close()
	for c := range l.open {
		if c != last {
			c.reset()
		}
	}
	last.reset()
}

// closeEnded closes the connections that would block the server's Close, such as dead ones.
func (l *listener) closeEnded() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.open {
		if c.state.Load() != open {
			c.cut()
		}
	}
}
