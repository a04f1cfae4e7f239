//go:build unix

package main_test

import (
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/astrotest"
)

var signals = []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT}

// A signal ends the deploy wherever it is, and the code says whether the Deployment may have changed.
func TestSignals(t *testing.T) {
	t.Parallel()
	for stage, row := range map[string]struct {
		before []astrotest.Fault
		hangs  string
		code   int
	}{
		"create":   {nil, "CreateDeploy", 1},
		"upload":   {nil, "PutBlob", 1},
		"finalize": {nil, "FinalizeDeploy", 3},
		"wait":     {[]astrotest.Fault{showing("INITIALIZED").On("FinalizeDeploy")}, "GetDeploy", 3},
	} {
		for _, signal := range signals {
			t.Run(stage+" "+signal.String(), func(t *testing.T) {
				t.Parallel()
				s := newService(t)
				hang, arrived := arrival(astrotest.Hang().On(row.hangs))
				s.Inject(append(row.before, hang)...)
				p := start(t, s.env, append(s.live, "-json"))
				await(t, row.hangs, arrived)
				assert.NoError(t, p.cmd.Process.Signal(signal))
				e := p.end()
				assert.Equal(t, row.code, e.code, e.stderr)
				report := parsed(t, e)
				assert.NotEmpty(t, report["error"])
				assert.Equal(t, stage, report["failedStage"])
				if row.code == 3 {
					assert.NotEmpty(t, lastNext(e.stderr), e.stderr)
				}
			})
		}
	}
}

// nohup, and a shell that starts a program in the background, protect a deploy as they protect other programs.
func TestIgnoredSignals(t *testing.T) {
	t.Parallel()
	for name, signal := range map[string]syscall.Signal{"HUP": syscall.SIGHUP, "INT": syscall.SIGINT} {
		s := newService(t, astrotest.WithDeployedAfter(1))
		var p *process
		started := make(chan struct{})
		for _, operation := range []string{"CreateDeploy", "PutBlob", "FinalizeDeploy", "GetDeploy"} {
			s.Inject(at(operation, func() {
				<-started
				assert.NoError(t, p.cmd.Process.Signal(signal))
			}))
		}
		p = start(t, s.env, s.live, func(cmd *exec.Cmd) {
			shell, err := exec.LookPath("sh")
			require.NoError(t, err)
			cmd.Args = append([]string{"sh", "-c", `trap "" ` + name + `; exec "$0" "$@"`, cmd.Path}, cmd.Args[1:]...)
			cmd.Path = shell
		})
		close(started)
		e := p.end()
		assert.Equal(t, 0, e.code, "%s: %s", name, e.stderr)
		s.deployed(t)
	}
}

// A second signal ends a program that does not end by itself, here since nobody reads its result.
func TestSecondSignalKills(t *testing.T) {
	t.Parallel()
	for _, signal := range signals[:3] /* a second SIGQUIT prints the goroutines */ {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			s := newService(t)
			finalized, arrived := arrival(astrotest.Slow(0).On("FinalizeDeploy"))
			s.Inject(finalized)
			_, full := fullPipe(t)
			p := start(t, s.env, append(s.live, "-json"), stdoutTo(full))
			await(t, "FinalizeDeploy", arrived)
			done := make(chan struct{})
			go func() {
				defer close(done)
				_ = p.end()
			}()
			again := time.NewTicker(50 * time.Millisecond) // the program may not have seen the first signal when the second comes
			defer again.Stop()
			for deadline := time.After(limit / 2); ; {
				_ = p.cmd.Process.Signal(signal)
				select {
				case <-done:
					status := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
					assert.True(t, status.Signaled() && status.Signal() == signal || status.ExitStatus() == 128+int(signal), "%v", p.cmd.ProcessState)
					return
				case <-deadline:
					_ = p.cmd.Process.Kill()
					<-done
					require.Fail(t, "still there after many signals")
				case <-again.C:
				}
			}
		})
	}
}
