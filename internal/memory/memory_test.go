package memory

import (
	"context"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// connect returns both ends of a connection.
func connect(t *testing.T) (client, server net.Conn) {
	t.Helper()
	network := New()
	accepted := make(chan net.Conn, 1)
	go func() {
		conn, err := network.Accept()
		assert.NoError(t, err)
		accepted <- conn
	}()
	client, err := network.Dial(t.Context(), "tcp", "anywhere:443")
	require.NoError(t, err)
	return client, <-accepted
}

func TestDialIsRefused(t *testing.T) {
	network := New()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := network.Dial(ctx, "tcp", "")
	assert.ErrorIs(t, err, context.Canceled)
	require.NoError(t, network.Close())
	require.NoError(t, network.Close())
	_, err = network.Dial(t.Context(), "tcp", "")
	assert.ErrorIs(t, err, errRefused)
	_, err = network.Accept()
	assert.ErrorIs(t, err, net.ErrClosed)
}

// Data can be written until the buffer is full, and read later, even after the writer has closed.
func TestConnectionsHaveBuffers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := connect(t)
		text := strings.Repeat("x", flowBuffer)
		n, err := io.WriteString(client, text)
		require.NoError(t, err)
		assert.Equal(t, flowBuffer, n)
		go func() {
			_, err := io.WriteString(client, "more")
			assert.NoError(t, err)
			assert.NoError(t, client.Close())
		}()
		synctest.Wait()
		read, err := io.ReadAll(server)
		require.NoError(t, err)
		assert.True(t, string(read) == text+"more")
		_, err = io.WriteString(server, "x")
		assert.ErrorIs(t, err, io.ErrClosedPipe)
		_, err = client.Read(make([]byte, 1))
		assert.ErrorIs(t, err, io.ErrClosedPipe)
	})
}

func TestCloseWriteLeavesTheOtherDirection(t *testing.T) {
	client, server := connect(t)
	require.NoError(t, server.(*conn).CloseWrite())
	_, err := io.WriteString(client, "heard")
	require.NoError(t, err)
	_, err = client.Read(make([]byte, 1))
	assert.ErrorIs(t, err, io.EOF)
	_, err = io.ReadFull(server, make([]byte, 5))
	assert.NoError(t, err)
}

// Deadlines end reads and writes that wait. A new deadline replaces the previous one.
func TestDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := connect(t)
		defer func() { _, _ = client.Close(), server.Close() }()
		began := time.Now()
		require.NoError(t, client.SetDeadline(began.Add(time.Second)))
		_, err := client.Read(make([]byte, 1))
		assert.ErrorIs(t, err, os.ErrDeadlineExceeded)
		assert.Equal(t, time.Second, time.Since(began))
		_, err = client.Write([]byte("x"))
		assert.ErrorIs(t, err, os.ErrDeadlineExceeded)

		require.NoError(t, client.SetDeadline(time.Now().Add(time.Second)))
		require.NoError(t, client.SetDeadline(time.Now().Add(time.Minute)))
		n, err := client.Write(make([]byte, flowBuffer+1))
		assert.ErrorIs(t, err, os.ErrDeadlineExceeded)
		assert.Equal(t, flowBuffer, n)
		assert.Equal(t, time.Second+time.Minute, time.Since(began))

		go func() {
			time.Sleep(time.Hour)
			assert.NoError(t, server.SetReadDeadline(time.Unix(1, 0)))
		}()
		_, err = io.Copy(io.Discard, server)
		assert.ErrorIs(t, err, os.ErrDeadlineExceeded, "a new deadline ends a read that already waits")
	})
}
