//go:build unix && !aix && !solaris

package tarball

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A file or directory may be replaced between listing and opening.
func TestRootOpensNoReplacements(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, ".git"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, ".git", "config"), nil, 0o600))
	require.NoError(t, os.Symlink(".git", filepath.Join(dir, "folder")))
	require.NoError(t, os.Symlink(".git/config", filepath.Join(dir, "file.py")))
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "pipe.py"), 0o600))
	root, err := os.OpenRoot(dir)
	require.NoError(t, err)
	defer func() { _ = root.Close() }()
	at := rootDir{root}

	_, err = at.enter("folder")
	assert.ErrorIs(t, err, errReplaced)
	_, err = at.open("file.py")
	assert.ErrorIs(t, err, errReplaced)
	pipe, err := at.open("pipe.py") // does not wait for a writer
	require.NoError(t, err)
	defer func() { _ = pipe.Close() }()
	info, err := pipe.Stat()
	require.NoError(t, err)
	assert.False(t, info.Mode().IsRegular(), "so packing fails")
	entries, err := at.list()
	require.NoError(t, err)
	assert.Len(t, entries, 4)
}
