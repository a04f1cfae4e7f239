package wrapper_test

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

// memory is a network within the process: connections are pipes, so that a test in a synctest
// bubble has client and server on the fake clock.
type memory struct {
	dialed chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newMemory() *memory {
	return &memory{dialed: make(chan net.Conn), closed: make(chan struct{})}
}

func (m *memory) Accept() (net.Conn, error) {
	select {
	case conn := <-m.dialed:
		return conn, nil
	case <-m.closed:
		return nil, net.ErrClosed
	}
}

func (m *memory) Close() error {
	m.once.Do(func() { close(m.closed) })
	return nil
}

func (m *memory) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

func (m *memory) dial(ctx context.Context, _, _ string) (net.Conn, error) {
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

// inMemory returns a fake service and a client for it that meet in memory. Within a bubble
// both must be closed before it ends, which closeAll does.
func inMemory(t *testing.T, serverOptions []astrotest.Option, options ...wrapper.Option) (server *astrotest.Server, client *wrapper.Client, closeAll func()) {
	t.Helper()
	network := newMemory()
	server = astrotest.NewServer(append(serverOptions, astrotest.WithListener(network))...)
	transport := &http.Transport{DialContext: network.dial}
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
