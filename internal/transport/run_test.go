package transport

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// withHTTP2 starts an HTTP/2 server that reports closed connections, and returns a transport for it in the
// state that net/http leaves a caller's &http.Transport{} in.
func withHTTP2(t *testing.T) (server *httptest.Server, closed chan string, standard *http.Transport) {
	server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if r.URL.Path == "/hang" {
			<-r.Context().Done()
		}
		_, _ = io.WriteString(w, r.Proto)
	}))
	closed = make(chan string, 10)
	server.Config.ConnState = func(conn net.Conn, state http.ConnState) {
		if state == http.StateClosed {
			closed <- conn.RemoteAddr().String()
		}
	}
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	standard = &http.Transport{}
	standard.CloseIdleConnections() // sets TLSClientConfig, as the first request does
	require.NotNil(t, standard.TLSClientConfig)
	standard.TLSClientConfig.RootCAs = x509.NewCertPool()
	standard.TLSClientConfig.RootCAs.AddCert(server.Certificate())
	return server, closed, standard
}

// The attempt after one without a response uses a new connection and the same protocol, and leaves no
// connection open.
func TestRunUsesANewConnectionAfterRenew(t *testing.T) {
	server, closed, standard := withHTTP2(t)
	chain := by(nil)
	chain.Transport = func() http.RoundTripper { return standard }
	run := &Run{chain: chain}
	var used []string
	for range 2 {
		ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
			used = append(used, info.Conn.LocalAddr().String())
		}})
		last := run.attempt(ctx, newRequest(t, server.URL), 0, maxTest)
		require.NoError(t, last.err)
		assert.Equal(t, "HTTP/2.0", string(last.response.Body))
		run.renew()
	}
	require.Len(t, used, 2)
	assert.NotEqual(t, used[0], used[1])
	run.close()
	for range 2 {
		select {
		case address := <-closed:
			assert.Contains(t, used, address)
		case <-time.After(30 * time.Second):
			require.Fail(t, "a connection is left open")
		}
	}
}

// An attempt that timed out on a new connection leaves no connection open.
func TestRunClosesTheConnectionOfATimedOutAttempt(t *testing.T) {
	server, closed, standard := withHTTP2(t)
	chain := by(nil)
	chain.Transport = func() http.RoundTripper { return standard }
	run := &Run{chain: chain}
	run.renew()
	require.Error(t, run.attempt(t.Context(), newRequest(t, server.URL+"/hang"), 50*time.Millisecond, maxTest).err)
	run.close()
	select {
	case <-closed:
	case <-time.After(30 * time.Second):
		require.Fail(t, "a connection is left open")
	}
}

// A wrapped transport has its idle connections closed before the next attempt and after the call.
func TestRunClosesIdleConnectionsOfAWrappedTransport(t *testing.T) {
	wrapper := &closing{}
	chain := by(nil)
	chain.Transport = func() http.RoundTripper { return wrapper }
	run := &Run{chain: chain}
	run.close()
	assert.Zero(t, wrapper.closed, "no attempt was lost")
	run.renew()
	assert.Equal(t, 1, wrapper.closed)
	run.close()
	assert.Equal(t, 2, wrapper.closed)
}

type closing struct {
	http.RoundTripper
	closed int
}

func (c *closing) CloseIdleConnections() { c.closed++ }

// A wrapped transport may send requests of its own first.
func TestAttemptAllowsAWrapperToSendFirst(t *testing.T) {
	server, _, standard := withHTTP2(t)
	sent := 0
	chain := by(func(request *http.Request) (*http.Response, error) {
		first, err := http.NewRequestWithContext(request.Context(), http.MethodPost, server.URL, nil)
		require.NoError(t, err)
		response, err := standard.RoundTrip(first)
		if err != nil {
			return nil, err
		}
		sent++
		_, _ = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
		return standard.RoundTrip(request)
	})
	for range 20 {
		last := tryUnder(t.Context(), chain, newRequest(t, server.URL))
		require.NoError(t, last.err)
	}
	assert.Equal(t, 20, sent)
}

// A failed connection proves nothing if the request had a connection before.
func TestConnectErrorAfterAConnectionIsNotProof(t *testing.T) {
	refused := &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	for hadConnection, traced := range map[bool]func(*httptrace.ClientTrace){
		true: func(trace *httptrace.ClientTrace) {
			trace.GetConn("")
			trace.GotConn(httptrace.GotConnInfo{})
			trace.GetConn("")
		},
		false: func(trace *httptrace.ClientTrace) { trace.GetConn("") },
	} {
		last := try(t, by(func(request *http.Request) (*http.Response, error) {
			traced(httptrace.ContextClientTrace(request.Context()))
			return nil, refused
		}))
		assert.Equal(t, !hadConnection, errors.As(last.err, new(*ConnectError)))
	}
}

// A caller's own protocol may not report its connections. The chain remembers that for later calls.
func TestChainRemembersAProtocolThatDoesNotReportConnections(t *testing.T) {
	handshakes := 0
	chain := by(func(request *http.Request) (*http.Response, error) {
		trace := httptrace.ContextClientTrace(request.Context())
		trace.GetConn("")
		if handshakes++; handshakes == 1 {
			trace.TLSHandshakeDone(stateOf("h2"), nil)
		}
		return nil, io.ErrUnexpectedEOF
	})
	for range 2 {
		assert.NotErrorAs(t, try(t, chain).err, new(*ConnectError))
	}
}

// A body that may have been sent is not sent again by a transport that reports no connections.
func TestBodyIsSentOnceByATransportThatReportsNothing(t *testing.T) {
	last := try(t, by(func(request *http.Request) (*http.Response, error) {
		_, err := request.WithContext(context.Background()).GetBody()
		return nil, err
	}))
	require.ErrorIs(t, last.err, errSentOnce)
}
