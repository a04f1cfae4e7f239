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

// withHTTP2 is a server of HTTP/2 that tells of connections that are closed, and a transport for it
// as net/http leaves one behind that a caller made with nothing set.
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

// What follows an attempt that got nothing back goes over another connection, speaks what it spoke
// before, and leaves nothing behind.
func TestRunRenewsItsConnections(t *testing.T) {
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

// Nor does an attempt leave anything behind that was given up on such a connection.
func TestRunLeavesNoConnection(t *testing.T) {
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

// A wrapped transport has what is idle closed before the attempt that follows, and after the call.
func TestRunClosesTheIdleConnectionsOfAWrapper(t *testing.T) {
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

// A wrapped transport may make requests of its own before the one that it was given.
func TestAttemptLetsAWrapperAskFirst(t *testing.T) {
	server, _, standard := withHTTP2(t)
	asked := 0
	chain := by(func(request *http.Request) (*http.Response, error) {
		first, err := http.NewRequestWithContext(request.Context(), http.MethodPost, server.URL, nil)
		require.NoError(t, err)
		response, err := standard.RoundTrip(first)
		if err != nil {
			return nil, err
		}
		asked++
		_, _ = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
		return standard.RoundTrip(request)
	})
	for range 20 {
		last := tryUnder(t.Context(), chain, newRequest(t, server.URL))
		require.NoError(t, last.err)
	}
	assert.Equal(t, 20, asked)
}

// That a connection failed is no proof where the request had one before.
func TestAttemptKnowsOfTheConnectionBefore(t *testing.T) {
	refused := &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	for hadOne, traced := range map[bool]func(*httptrace.ClientTrace){
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
		assert.Equal(t, !hadOne, errors.As(last.err, new(*ConnectError)))
	}
}

// A protocol that is a caller's own is not known to tell of its connections, at later calls either.
func TestChainRemembersWhoDoesNotTell(t *testing.T) {
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

// A body is not given out again where it may have been sent, and nobody tells.
func TestOnceOfATransportThatTellsNothing(t *testing.T) {
	last := try(t, by(func(request *http.Request) (*http.Response, error) {
		_, err := request.WithContext(context.Background()).GetBody()
		return nil, err
	}))
	require.ErrorIs(t, last.err, errSentOnce)
}
