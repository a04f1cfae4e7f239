package astrotest

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A dead connection affects its own requests and no others.
func TestDeadConnection(t *testing.T) {
	for _, fault := range []Fault{DeadConnection(), DeadConnection().AfterCommit()} {
		for name, options := range map[string][]Option{"HTTP/1.1": {InMemory()}, "HTTP/2": {InMemory(), WithHTTP2()}} {
			t.Run(name+" "+fault.String(), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					server := New(t, options...)
					client := server.Client()
					client.Timeout = time.Minute
					server.Inject(fault)
					request, id := finalizing(t, server)
					began := time.Now()
					_, _, err := fetch(client, request)
					assert.ErrorIs(t, err, context.DeadlineExceeded)
					assert.Equal(t, time.Minute, time.Since(began))
					assert.Equal(t, fault.commits, server.isFinalized(id))

					request, _ = finalizing(t, server)
					_, _, err = fetch(client, request)
					if server.http2 {
						assert.Error(t, err, "it uses the dead connection")
						assert.Len(t, server.Requests(), 1)
					} else {
						assert.NoError(t, err)
					}
					request, _ = finalizing(t, server)
					another := client.Transport.(*http.Transport).Clone()
					defer another.CloseIdleConnections()
					_, _, err = fetch(&http.Client{Transport: another}, request)
					assert.NoError(t, err)
				})
			})
		}
	}
}

// Close ends a dead connection.
func TestCloseEndsDeadConnections(t *testing.T) {
	for name, options := range protocols {
		t.Run(name, func(t *testing.T) {
			server := New(t, options...)
			server.Inject(DeadConnection())
			request, _ := finalizing(t, server)
			var died sync.WaitGroup
			died.Go(func() {
				_, _, err := fetch(server.Client(), request)
				assert.Error(t, err)
			})
			require.Eventually(t, func() bool { return len(server.Pending()) == 0 }, time.Minute, time.Millisecond)
			server.Close()
			died.Wait()
		})
	}
}

// Close ends a dead connection even if a response on it waits for the client to read.
func TestCloseEndsResponsesOfDeadConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := New(t, InMemory(), WithHTTP2())
		client := server.Client()
		server.Inject(LongResponse(20<<20), DeadConnection())
		request, _ := finalizing(t, server)
		response, err := client.Do(request)
		require.NoError(t, err)
		client.Timeout = time.Minute
		request, _ = finalizing(t, server)
		_, _, err = fetch(client, request)
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		began := time.Now()
		server.Close()
		assert.Zero(t, time.Since(began))
		_, err = io.Copy(io.Discard, response.Body)
		assert.Error(t, err)
	})
}

// A server that stops listening has no open connections, and accepts none.
func TestStopListening(t *testing.T) {
	for name, options := range protocols {
		for _, fault := range []Fault{StopListening(), StopListening().AfterCommit()} {
			t.Run(name+" "+fault.String(), func(t *testing.T) {
				server := New(t, options...)
				idle := server.Client().Transport.(*http.Transport).Clone()
				defer idle.CloseIdleConnections()
				request, _ := finalizing(t, server)
				_, _, err := fetch(&http.Client{Transport: idle}, request)
				require.NoError(t, err)
				server.Inject(fault)
				request, id := finalizing(t, server)
				_, _, err = fetch(server.Client(), request)
				require.Error(t, err)
				assert.False(t, isRefused(err), "this one had a connection: %v", err)
				assert.Equal(t, fault.commits, server.isFinalized(id))
				for _, client := range []*http.Client{server.Client(), {Transport: idle}} {
					for range 100 { // the client may not have noticed that its connections are closed
						request, _ = finalizing(t, server)
						if _, _, err = fetch(client, request); isRefused(err) {
							break
						}
					}
					assert.True(t, isRefused(err), "%v", err)
				}
				assert.Len(t, server.Requests(), 2)
			})
		}
	}
}

// isRefused reports that there was no connection: each system has an error of its own for that.
func isRefused(err error) bool {
	var refused *net.OpError
	return errors.As(err, &refused) && refused.Op == "dial"
}
