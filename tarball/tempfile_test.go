package tarball

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// errFull is the error of a full disk on this system, if that is known.
var errFull = append(slices.Clone(noRoom), errors.New("the disk is full"))[0]

// fullDisk has room for a number of bytes.
type fullDisk struct{ room int }

func (d *fullDisk) Write(p []byte) (int, error) {
	if d.room -= len(p); d.room < 0 {
		return 0, errFull
	}
	return len(p), nil
}

// Whether the disk is full in the header, between blocks or in the last bytes, the error says so, packing
// stops soon, and no goroutine of the compressor is left, which synctest would report.
func TestFullDisk(t *testing.T) {
	content := incompressible(4 << 20)
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
			require.ErrorIs(t, err, errFull)
			var why *Error
			require.ErrorAs(t, err, &why)
			if len(noRoom) > 0 {
				assert.Contains(t, why.Error(), "free some space, or set TMPDIR")
			}
			if room <= 1<<20 {
				assert.Less(t, opened.files, 5, "it stops soon")
			}
		})
	}
}

// Packing stops at the size limit. A tarball of exactly that size is allowed.
func TestTarballThatIsTooLarge(t *testing.T) {
	tree := &counted{MapFS: fstest.MapFS{}}
	for _, name := range strings.Split("abcdefgh", "") {
		tree.MapFS[name] = &fstest.MapFile{Data: incompressible(1 << 20)}
	}
	limited := func(size int64) Option {
		return func(cfg *config) error { cfg.maxSize = size; return nil }
	}
	whole, err := FS(tree, ModTime(time.Unix(0, 0)), limited(1<<30)).Pack(t.Context(), "")
	require.NoError(t, err)
	require.NoError(t, whole.Close())
	exact, err := FS(tree, ModTime(time.Unix(0, 0)), limited(whole.Size())).Pack(t.Context(), "")
	require.NoError(t, err)
	require.NoError(t, exact.Close())

	for _, size := range []int64{0, 2 << 20, whole.Size() - 1} {
		synctest.Test(t, func(t *testing.T) { // waits for the compressor's goroutines
			tree.files = 0
			_, err := FS(tree, ModTime(time.Unix(0, 0)), limited(size)).Pack(t.Context(), "")
			var why *Error
			require.ErrorAs(t, err, &why)
			assert.Equal(t, ".", why.Path)
			assert.ErrorContains(t, err, "makes a tarball of more than 5,000 MiB, the limit for one upload; exclude what the deploy does not need with Ignore")
			if size <= 2<<20 {
				assert.Less(t, tree.files, 7, "it stops soon")
			}
			cfg := &config{level: Default, maxSize: size}
			disk := &fullDisk{1 << 30}
			p := newPacker(t.Context(), cfg, newSink(disk, cfg))
			require.Error(t, p.compress(fsDir{tree, "."}))
			assert.LessOrEqual(t, int64(1<<30-disk.room), size, "bytes written")
		})
	}
	assert.Equal(t, int64(5_242_880_000), int64(maxSize))
}

func TestExistingTarballThatIsTooLarge(t *testing.T) {
	at := filepath.Join(t.TempDir(), "x.tar.gz")
	require.NoError(t, os.WriteFile(at, []byte("\x1f\x8b and so on"), 0o600))
	archive, err := openTarball(t.Context(), at, 12)
	require.NoError(t, err)
	require.NoError(t, archive.Close())
	_, err = openTarball(t.Context(), at, 11)
	assert.ErrorContains(t, err, "has more than 5,000 MiB, the limit for one upload; pack less")

	require.NoError(t, os.Truncate(at, 5000<<20+1)) // sparse
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // so that reading fails
	_, err = File(at).Pack(ctx, "")
	var why *Error
	require.ErrorAs(t, err, &why)
	assert.Equal(t, at, why.Path)
}

// incompressible returns content that does not compress.
func incompressible(size int) []byte {
	content := make([]byte, size)
	state := uint32(1)
	for i := range content {
		state = state*1664525 + 1013904223
		content[i] = byte(state >> 24)
	}
	return content
}

// compressed packs a tree to a writer.
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

// If the open file could not be removed, Close removes it.
func TestCloseRemovesTheFile(t *testing.T) {
	file, err := os.CreateTemp(t.TempDir(), "")
	require.NoError(t, err)
	archive := &Tarball{file: file, leftover: file.Name()}
	require.NoError(t, archive.Close())
	assert.NoFileExists(t, file.Name())
	require.NoError(t, archive.Close())
}

func TestTempFileIsPrivate(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	t.Setenv("TMP", temp)
	file, leftover, err := newTempFile()
	require.NoError(t, err)
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	require.NoError(t, err)
	if leftover == "" {
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	}
}
