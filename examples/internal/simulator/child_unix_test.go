//go:build unix

package simulator

import (
	"bytes"
	"context"
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// As command.Main does: the context ends with the signal.
func TestSignals(t *testing.T) {
	for _, row := range []struct {
		child string
		sent  syscall.Signal
		code  int
	}{
		{"wait", syscall.SIGTERM, 5},
		{"stay", syscall.SIGINT, 128 + int(syscall.SIGKILL)}, // the terminal sends the first one to the command
	} {
		setInput(t)
		ctx, stop := signal.NotifyContext(t.Context(), row.sent)
		code := runUntilReady(t, ctx, row.child)
		require.NoError(t, syscall.Kill(os.Getpid(), row.sent))
		<-ctx.Done()
		stop()
		if row.sent == syscall.SIGINT {
			select {
			case ended := <-code:
				t.Fatal("ended with", ended)
			case <-time.After(200 * time.Millisecond): // longer than it takes to terminate the command
			}
			require.NoError(t, syscall.Kill(os.Getpid(), row.sent), "another one")
		}
		assert.Equal(t, row.code, <-code)
	}
}

// A command has the default of SIGPIPE, though command.Main handles the signal.
func TestCommandsEndByASignal(t *testing.T) {
	broken := make(chan os.Signal, 1)
	signal.Notify(broken, syscall.SIGPIPE)
	defer signal.Stop(broken)
	var stdout, stderr bytes.Buffer
	assert.Equal(t, 128+int(syscall.SIGPIPE), Run(context.Background(), []string{"--", "sh", "-c", "kill -PIPE $$; echo survived"}, &stdout, &stderr))
	assert.Empty(t, stdout.String()+stderr.String())
}
