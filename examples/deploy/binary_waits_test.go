package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/astrotest"
)

// stderrFile makes standard error a file, so that a test can read what was written so far.
func stderrFile(t *testing.T) (said func() string, connect func(*exec.Cmd)) {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = file.Close() })
	said = func() string {
		text, err := os.ReadFile(file.Name())
		assert.NoError(t, err)
		checkWords(t, "", string(text))
		return string(text)
	}
	return said, func(cmd *exec.Cmd) { cmd.Stderr = file }
}

// A wait before a retry is said before it, and so is why.
func TestRetryIsSaidBeforeTheWait(t *testing.T) {
	t.Parallel()
	for operation, fault := range map[string]astrotest.Fault{
		"CreateDeploy": astrotest.RateLimited(),
		"PutBlob":      astrotest.StorageError(429, "TooManyRequests", "slow down"),
	} {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			s := newService(t)
			said, connect := stderrFile(t)
			s.Inject(fault.WithHeader("Retry-After", "1").On(operation), at(operation, func() {
				assert.Contains(t, said(), "429, retrying in 1 s\n", "at the second attempt")
			}))
			e := start(t, s.env, s.live, connect).end()
			assert.Equal(t, 0, e.code, said())
			assert.NotContains(t, said(), "level=", "only with -v")
			s.deployed(t)
		})
	}
}

// The wait until the deploy is DEPLOYED is said when it begins, and only if there is one.
func TestWaitIsSaid(t *testing.T) {
	t.Parallel()
	s := newService(t, astrotest.WithDeployedAfter(2))
	said, connect := stderrFile(t)
	var reads atomic.Int32
	s.InjectFunc(func(operation string) (astrotest.Fault, bool) {
		if operation == "GetDeploy" && reads.Add(1) == 2 {
			assert.Contains(t, said(), "waiting for DEPLOYED\n")
		}
		return astrotest.Fault{}, false
	})
	e := start(t, s.env, s.live, connect).end()
	assert.Equal(t, 0, e.code, said())
	assert.GreaterOrEqual(t, reads.Load(), int32(2))
	s.deployed(t)

	immediate := newService(t)
	e = run(t, immediate.env, immediate.live...)
	assert.Equal(t, 0, e.code)
	assert.NotContains(t, e.stderr, "waiting for DEPLOYED")
}

// -v shows every attempt.
func TestVerbose(t *testing.T) {
	t.Parallel()
	s := newService(t)
	e := run(t, s.env, append(s.live, "-v")...)
	assert.Equal(t, 0, e.code, e.stderr)
	assert.Regexp(t, `(?m)^time=\S+ level=DEBUG msg="astro: attempt" method=POST host=`, e.stderr)
	assert.NotContains(t, e.stderr, "real", "the token")
	s.deployed(t)
}

// Elsewhere than on a terminal, progress is a few plain lines.
func TestPlainProgress(t *testing.T) {
	t.Parallel()
	s := newService(t, astrotest.WithDeployedAfter(1))
	e := run(t, append(s.env, "TERM=xterm-256color"), "-live", "-dags", incompressible(t, 2<<20))
	assert.Equal(t, 0, e.code, e.stderr)
	checkPlain(t, e.stderr)
	s.deployed(t)
}
