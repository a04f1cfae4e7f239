package tarball

import (
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fullDisk takes so many bytes and no more.
type fullDisk struct{ room int }

func (d *fullDisk) Write(p []byte) (int, error) {
	if d.room -= len(p); d.room < 0 {
		return 0, syscall.ENOSPC
	}
	return len(p), nil
}

// Wherever the disk is full, in the header, between blocks or in the last bytes: the error
// says so, packing stops soon, and no goroutine of the compressor is left, which synctest
// would wait for in vain.
func TestFullDisk(t *testing.T) {
	content := make([]byte, 4<<20)
	state := uint32(1)
	for i := range content {
		state = state*1664525 + 1013904223
		content[i] = byte(state >> 24)
	}
	tree := fstest.MapFS{}
	for _, name := range strings.Split("abcdefgh", "") {
		tree[name] = &fstest.MapFile{Data: content}
	}
	size := func() int64 {
		whole, err := compressed(t, tree, &fullDisk{1 << 30})
		require.NoError(t, err)
		return whole.size
	}()
	for _, room := range []int{0, 10, 1 << 20, int(size) - 9, int(size) - 1} {
		synctest.Test(t, func(t *testing.T) {
			opened := &counted{MapFS: tree}
			_, err := compressed(t, opened, &fullDisk{room})
			require.ErrorIs(t, err, syscall.ENOSPC)
			var why *Error
			require.ErrorAs(t, err, &why)
			assert.Contains(t, why.Error(), "make room, or set TMPDIR")
			if room <= 1<<20 {
				assert.Less(t, opened.files, 5, "it stops soon")
			}
		})
	}
}

// compressed packs a tree into a file of the test's.
func compressed(t *testing.T, tree fs.FS, file io.Writer) (*sink, error) {
	cfg := &config{level: Fastest, maxSize: maxSize}
	p := newPacker(t.Context(), cfg, newSink(file, cfg))
	return p.sink, p.compress(fsDir{tree, "."})
}

// counted counts the files that are opened.
type counted struct {
	fstest.MapFS
	files int
}

func (c *counted) Open(name string) (fs.File, error) {
	c.files++
	return c.MapFS.Open(name)
}

// Where an open file cannot be removed, closing removes it.
func TestCloseRemovesWhatIsLeft(t *testing.T) {
	file, err := os.CreateTemp(t.TempDir(), "")
	require.NoError(t, err)
	archive := &Tarball{file: file, leftover: file.Name()}
	require.NoError(t, archive.Close())
	assert.NoFileExists(t, file.Name())
	require.NoError(t, archive.Close())
}

func TestTempFileIsPrivate(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	file, leftover, err := newTempFile()
	require.NoError(t, err)
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	require.NoError(t, err)
	if leftover == "" {
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	}
}
