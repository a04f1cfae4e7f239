package tarball_test

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/tarball"
)

// entry is an entry of a tarball.
type entry struct {
	header  *tar.Header
	content string
}

// extract returns the names of the entries in order, and the entries by name.
func extract(t require.TestingT, r io.Reader) (names []string, entries map[string]entry) {
	unzipped, err := gzip.NewReader(r)
	require.NoError(t, err)
	entries = map[string]entry{}
	archive := tar.NewReader(unzipped)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		content, err := io.ReadAll(archive)
		require.NoError(t, err)
		names = append(names, header.Name)
		entries[header.Name] = entry{header, string(content)}
	}
	_, err = io.Copy(io.Discard, unzipped) // verifies the checksum
	require.NoError(t, err)
	return names, entries
}

// packed packs a source and returns the names of the entries.
func packed(t *testing.T, source *tarball.Source, prefix string) []string {
	t.Helper()
	archive, err := source.Pack(t.Context(), prefix)
	require.NoError(t, err)
	defer func() { require.NoError(t, archive.Close()) }()
	names, _ := extract(t, archive)
	return names
}

// refused requires that packing fails and leaves nothing behind. It returns the error and its text.
func refused(t *testing.T, source *tarball.Source, prefix string) (*tarball.Error, string) {
	t.Helper()
	temp := t.TempDir()
	setTempDir(t, temp)
	openBefore := openFiles()
	opened, err := source.Open(t.Context(), prefix)
	require.Error(t, err)
	require.True(t, opened == nil, "not a nil *Tarball in an interface")
	var why *tarball.Error
	require.ErrorAs(t, err, &why)
	require.NotContains(t, err.Error(), "\n")
	left, err := os.ReadDir(temp)
	require.NoError(t, err)
	require.Empty(t, left)
	require.LessOrEqual(t, openFiles(), openBefore)
	return why, why.Error()
}

// openFiles returns the number of open files of the process, or 0 if it is unknown.
func openFiles() int {
	open, _ := os.ReadDir("/proc/self/fd")
	return len(open)
}

// folder creates a folder with the files, directories and symlinks of tree.
func folder(t *testing.T, tree fstest.MapFS) string {
	t.Helper()
	root := t.TempDir()
	for name, file := range tree {
		if runtime.GOOS == "windows" && strings.ContainsAny(name, "\n\\:*?<>|\"") {
			t.Skipf("Windows allows no file named %q", name)
		}
		at := filepath.Join(root, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(at), 0o777))
		switch {
		case file.Mode.IsDir():
			require.NoError(t, os.MkdirAll(at, 0o777))
		case file.Mode&fs.ModeSymlink != 0:
			symlink(t, string(file.Data), at)
		default:
			require.NoError(t, os.WriteFile(at, file.Data, 0o600|file.Mode.Perm()))
		}
	}
	return root
}

// symlink makes a symlink. Windows may forbid that; Wine and Plan 9 have none.
func symlink(t *testing.T, target, at string) {
	t.Helper()
	err := os.Symlink(target, at)
	if err == nil {
		_, err = os.Lstat(at)
	}
	if err != nil && (runtime.GOOS == "windows" || runtime.GOOS == "plan9") {
		t.Skip("symlinks cannot be made here: ", err)
	}
	require.NoError(t, err)
}

// replacesOpenFiles is for tests that remove or replace what is open.
func replacesOpenFiles(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("Windows does not let an open file or folder be removed or replaced")
	}
}

// setTempDir sets where temporary files are made, by the variables of Unix and of Windows.
func setTempDir(t *testing.T, dir string) {
	for _, variable := range []string{"TMPDIR", "TMP"} {
		t.Setenv(variable, dir)
	}
}

func file(content string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(content)} }

func link(target string) *fstest.MapFile {
	return &fstest.MapFile{Data: []byte(target), Mode: fs.ModeSymlink | 0o777}
}

// hookedFS is a MapFS with its own Open.
type hookedFS struct {
	fstest.MapFS
	open func(name string) (fs.File, error)
}

func (h hookedFS) Open(name string) (fs.File, error) { return h.open(name) }

// hookedFile is a file with its own Read and size.
type hookedFile struct {
	fs.File
	read func([]byte) (int, error)
	size int64
}

func (h hookedFile) Read(p []byte) (int, error) { return h.read(p) }

func (h hookedFile) Stat() (fs.FileInfo, error) {
	info, err := h.File.Stat()
	return hookedInfo{info, h.size}, err
}

type hookedInfo struct {
	fs.FileInfo
	size int64
}

func (h hookedInfo) Size() int64 { return h.size }
