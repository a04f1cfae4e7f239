package sharedlimit_test

import (
	"net"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

// startRedis starts a Redis for the test, and returns its address and a function that stops it. Without
// redis-server the test is skipped, except in CI.
func startRedis(t *testing.T) (address string, stop func()) {
	program, err := exec.LookPath("redis-server")
	if err != nil && os.Getenv("CI") == "" {
		t.Skip("redis-server is missing; on Debian, install the package redis-server")
	}
	require.NoError(t, err, "CI must have redis-server")

	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address = free.Addr().String()
	_, port, _ := net.SplitHostPort(address)
	require.NoError(t, free.Close())

	server := exec.Command(program, "--bind", "127.0.0.1", "--port", port, "--dir", t.TempDir(), "--save", "", "--appendonly", "no")
	require.NoError(t, server.Start())
	stop = func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	}
	t.Cleanup(stop)

	client := redis.NewClient(&redis.Options{Addr: address})
	defer client.Close()
	require.Eventually(t, func() bool { return client.Ping(t.Context()).Err() == nil }, 10*time.Second, 20*time.Millisecond)
	return address, stop
}
