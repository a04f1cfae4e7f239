//go:build unix

package main_test

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/astrotest"
)

// pipe returns both ends of a pipe, which are closed when the test ends.
func pipe(t *testing.T) (read, write *os.File) {
	t.Helper()
	read, write, err := os.Pipe()
	require.NoError(t, err)
	t.Cleanup(func() { _, _ = read.Close(), write.Close() })
	return read, write
}

// closed is a pipe that nobody can read.
func closed(t *testing.T) *os.File {
	t.Helper()
	read, write := pipe(t)
	require.NoError(t, read.Close())
	return write
}

func stdoutTo(file *os.File) func(*exec.Cmd) { return func(cmd *exec.Cmd) { cmd.Stdout = file } }
func stderrTo(file *os.File) func(*exec.Cmd) { return func(cmd *exec.Cmd) { cmd.Stderr = file } }

// notWritten is what standard error says of a result that standard output did not take.
const notWritten = "the result could not be written to standard output"

// A reader that goes away after the first line, such as head, does not stop the deploy.
func TestReaderGoesAway(t *testing.T) {
	t.Parallel()
	for _, json := range []string{"-json=false", "-json"} {
		s := newService(t)
		read, write := pipe(t)
		s.Inject(at("PutBlob", func() {
			assert.NoError(t, read.SetReadDeadline(time.Now().Add(limit)))
			_, err := bufio.NewReader(read).ReadString('\n')
			assert.NoError(t, err)
			assert.NoError(t, read.Close())
		}))
		e := start(t, s.env, append(s.live, json), stdoutTo(write), stderrTo(write)).end()
		assert.Equal(t, 4, e.code)
		s.deployed(t)
	}
}

func TestClosedStderr(t *testing.T) {
	t.Parallel()
	s := newService(t)
	e := start(t, s.env, append(s.live, "-json", "-v"), stderrTo(closed(t))).end()
	assert.Equal(t, 0, e.code)
	report := parsed(t, e)
	assert.Equal(t, "DEPLOYED", report["status"])
	assert.Equal(t, s.deployed(t), report["deployId"])
}

func TestClosedStdout(t *testing.T) {
	t.Parallel()
	for _, json := range []string{"-json=false", "-json"} {
		s := newService(t)
		e := start(t, s.env, append(s.live, json), stdoutTo(closed(t))).end()
		assert.Equal(t, 4, e.code, e.stderr)
		assert.Contains(t, e.stderr, s.deployed(t))
		assert.Contains(t, e.stderr, "DEPLOYED")
		assert.Regexp(t, notWritten, e.stderr)
	}
}

// What became of the deploy counts for more than that the result could not be written.
func TestFailedAndClosedStdout(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		faults []astrotest.Fault
		code   int
	}{
		"refused": {[]astrotest.Fault{astrotest.Error(403, "no").On("FinalizeDeploy")}, 1},
		"FAILED":  {[]astrotest.Fault{showing("FAILED").On("FinalizeDeploy")}, 3},
		"unknown": {[]astrotest.Fault{showing("INITIALIZED").On("FinalizeDeploy"), astrotest.Error(403, "no").On("GetDeploy")}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, json := range []string{"-json=false", "-json"} {
				s := newService(t)
				s.Inject(row.faults...)
				e := start(t, s.env, append(s.live, json), stdoutTo(closed(t))).end()
				assert.Equal(t, row.code, e.code, e.stderr)
				if json == "-json" {
					assert.Regexp(t, notWritten, e.stderr)
				}
				if row.code == 3 {
					assert.NotEmpty(t, lastNext(e.stderr), e.stderr)
				}
			}
		})
	}
}

// A step whose result could not be written is done, and its state stored.
func TestStepsWithClosedStdout(t *testing.T) {
	t.Parallel()
	s := newService(t)
	state := filepath.Join(t.TempDir(), "state.json")
	for _, args := range [][]string{{"create", "-dags", s.dags}, {"upload", "-dags", s.dags}, {"finalize"}} {
		e := start(t, s.env, append(args, "-live", "-state", state, "-json"), stdoutTo(closed(t))).end()
		assert.Equal(t, 4, e.code, e.stderr)
		assert.Regexp(t, notWritten, e.stderr)
		assert.FileExists(t, state)
	}
	s.deployed(t)
}

// The status of a deploy is a result, too.
func TestStatusWithClosedStdout(t *testing.T) {
	t.Parallel()
	s := newService(t)
	require.Equal(t, 0, run(t, s.env, s.live...).code)
	e := start(t, s.env, []string{"status", "-live", "-deploy", s.deployed(t)}, stdoutTo(closed(t))).end()
	assert.Equal(t, 4, e.code, e.stderr)
	assert.Contains(t, e.stderr, "DEPLOYED")
}

// fullPipe returns a pipe whose next write blocks until somebody reads.
func fullPipe(t *testing.T) (read, write *os.File) {
	t.Helper()
	read, write = pipe(t)
	smallest(write)
	fd := int(write.Fd())
	require.NoError(t, syscall.SetNonblock(fd, true))
	for size := 4096; size > 0; { // at the end byte by byte
		if _, err := syscall.Write(fd, bytes.Repeat([]byte("x"), size)); err != nil {
			require.ErrorIs(t, err, syscall.EAGAIN)
			size /= 2
		}
	}
	require.NoError(t, syscall.SetNonblock(fd, false)) // the program shares the setting
	return read, write
}
