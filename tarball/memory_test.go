package tarball_test

import (
	"fmt"
	"io"
	"io/fs"
	"runtime"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/tarball"
)

// wideFS has 500 directories of 100 files each, without storing them.
type wideFS struct {
	opened int
	on     func(opened int)
}

func (w *wideFS) ReadDir(dir string) ([]fs.DirEntry, error) {
	tree := fstest.MapFS{}
	for i := range 500 {
		if dir == "." {
			tree[fmt.Sprintf("%03d", i)] = &fstest.MapFile{Mode: fs.ModeDir}
		} else if i < 100 {
			tree[fmt.Sprintf("%095d", i)] = file("")
		}
	}
	return tree.ReadDir(".")
}

func (w *wideFS) Open(string) (fs.File, error) {
	w.opened++
	w.on(w.opened)
	return fstest.MapFS{"a": file("x")}.Open("a")
}

// Memory is the same after 50,000 files as after 5,000.
func TestMemoryDoesNotGrowWithTheTree(t *testing.T) {
	var early, late uint64
	source := tarball.FS(&wideFS{on: func(opened int) {
		switch opened {
		case 5_000:
			early = inUse()
		case 50_000:
			late = inUse()
		}
	}})
	archive, err := source.Pack(t.Context(), "")
	require.NoError(t, err)
	require.NoError(t, archive.Close())
	assert.Equal(t, 50_000, archive.Files())
	assert.Less(t, int64(late)-int64(early), int64(6<<20), "a list of all names would take more")
}

// Memory is the same at the end of a large file as at its start.
func TestMemoryDoesNotGrowWithAFile(t *testing.T) {
	const size = 32 << 20
	var early, late uint64
	read := 0
	tree := fstest.MapFS{"a": file("")}
	source := tarball.FS(hookedFS{tree, func(name string) (fs.File, error) {
		opened, err := tree.Open(name)
		return hookedFile{opened, func(p []byte) (int, error) {
			if early == 0 && read >= 8<<20 {
				early = inUse()
			}
			if read == size {
				late = inUse()
				return 0, io.EOF
			}
			n := min(len(p), size-read)
			read += n
			return n, nil
		}, size}, err
	}})
	archive, err := source.Pack(t.Context(), "")
	require.NoError(t, err)
	require.NoError(t, archive.Close())
	assert.Less(t, int64(late)-int64(early), int64(size/2))
}

// inUse returns the size of the heap without garbage and pools.
func inUse() uint64 {
	runtime.GC()
	runtime.GC() // empties pools
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}
