package main_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/astro-finalize/astro-finalize-go/astrotest"
)

// smallest makes a pipe hold one page.
func smallest(pipe *os.File) { _, _ = unix.FcntlInt(pipe.Fd(), unix.F_SETPIPE_SZ, os.Getpagesize()) }

// A device without space does not stop a deploy, but its result is lost.
func TestFullDevice(t *testing.T) {
	t.Parallel()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer func() { _ = full.Close() }()
	for _, json := range []string{"-json=false", "-json"} {
		s := newService(t)
		e := start(t, s.env, append(s.live, json), stdoutTo(full)).end()
		assert.Equal(t, 4, e.code, e.stderr)
		assert.Contains(t, e.stderr, s.deployed(t))
		assert.Contains(t, e.stderr, "DEPLOYED")
		assert.Regexp(t, notWritten, e.stderr)

		s = newService(t)
		e = start(t, s.env, append(s.live, json, "-v"), stderrTo(full)).end()
		assert.Equal(t, 0, e.code)
		assert.Contains(t, e.stdout, s.deployed(t))
	}
}

// A standard error that nobody ever reads blocks neither the deploy nor its result.
func TestUnreadStderr(t *testing.T) {
	t.Parallel()
	s := newService(t, astrotest.WithDeployedAfter(1))
	finalized, arrived := arrival(astrotest.Slow(0).On("FinalizeDeploy"))
	shown, seen := arrival(astrotest.Slow(0).On("GetDeploy"))
	s.Inject(finalized, shown)
	_, full := fullPipe(t)
	p := start(t, s.env, append(s.live, "-json", "-v"), stderrTo(full))
	require.NoError(t, full.Close())
	await(t, "FinalizeDeploy", arrived)
	await(t, "GetDeploy", seen)
	e := p.end()
	assert.Equal(t, 0, e.code)
	assert.Equal(t, s.deployed(t), parsed(t, e)["deployId"])
}
