//go:build unix

package tarball

import (
	"io/fs"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Errors of the operating system get a suitable rule.
func TestSystemErrors(t *testing.T) {
	t.Setenv("TMPDIR", "/the/temp")
	const room, open = "has no space for the tarball; free some space, or set TMPDIR", "cannot be opened because too many files are open; raise the limit (ulimit -n), or pack fewer folders at once: "
	for errno, want := range map[syscall.Errno]string{
		syscall.ENOSPC: `"/the/temp" ` + room,
		syscall.EDQUOT: `"/the/temp" ` + room,
		syscall.EMFILE: `"/the/temp" ` + open + "too many open files",
		syscall.ENFILE: `"/the/temp" ` + open,
		syscall.EIO:    `"/the/temp" must be a writable directory; fix that, or set TMPDIR (TMP on Windows) to another one: input/output error`,
		syscall.EACCES: `"/the/temp" must be a writable directory; fix that, or set TMPDIR (TMP on Windows) to another one: permission denied`,
	} {
		err := tempError(&fs.PathError{Op: "open", Path: "/the/temp/x", Err: errno})
		assert.Contains(t, err.Error(), want)
		assert.ErrorIs(t, err, errno)
	}
	for errno, want := range map[syscall.Errno]string{
		syscall.EMFILE: `"a" ` + open,
		syscall.ENFILE: `"a" ` + open,
		syscall.EIO:    `"a" cannot be read; fix that, or exclude it with Ignore: input/output error`,
	} {
		_, err := compressed(t, failing{fstest.MapFS{"a": {}}, errno}, &fullDisk{1 << 30})
		require.ErrorIs(t, err, errno)
		assert.Contains(t, err.Error(), want)
		_, err = compressed(t, failing{fstest.MapFS{"a": {Mode: fs.ModeSymlink}}, errno}, &fullDisk{1 << 30})
		require.ErrorIs(t, err, errno)
		assert.Equal(t, errno != syscall.EIO, strings.Contains(err.Error(), open), err.Error())
	}
}

// failing has files and symlinks that cannot be read.
type failing struct {
	fstest.MapFS
	err error
}

func (f failing) Open(string) (fs.File, error)    { return nil, f.err }
func (f failing) ReadLink(string) (string, error) { return "", f.err }
