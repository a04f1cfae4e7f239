// Package chaostest is what the tests of several packages have in common that try the library under
// faults: a network in memory, the faults, and how secrets are looked for. Only tests import it.
package chaostest

import (
	"context"
	"net"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// Memory is a network within the process: connections are pipes, so that a test in a synctest
// bubble has client and server on the fake clock.
type Memory struct {
	dialed chan net.Conn
	closed chan struct{}
	once   sync.Once
}

// NewMemory returns a network that nobody listens on but its own listener.
func NewMemory() *Memory {
	return &Memory{dialed: make(chan net.Conn), closed: make(chan struct{})}
}

// Accept implements [net.Listener].
func (m *Memory) Accept() (net.Conn, error) {
	select {
	case conn := <-m.dialed:
		return conn, nil
	case <-m.closed:
		return nil, net.ErrClosed
	}
}

// Close implements [net.Listener].
func (m *Memory) Close() error {
	m.once.Do(func() { close(m.closed) })
	return nil
}

// Addr implements [net.Listener].
func (m *Memory) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

// Dial is for [net/http.Transport.DialContext].
func (m *Memory) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case m.dialed <- server:
		return client, nil
	case <-m.closed:
		return nil, &net.OpError{Op: "dial", Net: "pipe", Err: net.ErrClosed}
	case <-ctx.Done():
		return nil, &net.OpError{Op: "dial", Net: "pipe", Err: ctx.Err()}
	}
}

// InMemory returns a fake service, which finalizes with any version, and a client for it that meet
// in memory. Within a bubble
// both must be closed before it ends, which closeAll does.
func InMemory(t *testing.T, serverOptions []astrotest.Option, options ...wrapper.Option) (server *astrotest.Server, client *wrapper.Client, closeAll func()) {
	t.Helper()
	network := NewMemory()
	server = astrotest.NewServer(append(serverOptions, astrotest.WithListener(network), astrotest.WithAnyVersion())...)
	transport := &http.Transport{DialContext: network.Dial}
	options = append([]wrapper.Option{
		wrapper.WithBaseURL(server.URL),
		wrapper.WithToken(astrotest.Token),
		wrapper.WithHTTPClient(&http.Client{Transport: transport}),
	}, options...)
	client, err := wrapper.NewClient(options...)
	require.NoError(t, err)
	return server, client, func() {
		transport.CloseIdleConnections()
		server.Close()
	}
}
