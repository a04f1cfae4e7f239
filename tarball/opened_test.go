package tarball_test

import (
	"io"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/tarball"
)

// A packed tarball can be opened several times with the prefix that it was packed with.
func TestTarballIsASource(t *testing.T) {
	tree := fstest.MapFS{"a.py": file("a")}
	packed, err := tarball.FS(tree).Pack(t.Context(), "dags")
	require.NoError(t, err)
	first, err := packed.Open(t.Context(), "./dags/")
	require.NoError(t, err)
	second, err := packed.Open(t.Context(), "dags")
	require.NoError(t, err)
	start, err := io.ReadAll(io.LimitReader(first, 10))
	require.NoError(t, err)
	whole, err := io.ReadAll(second)
	require.NoError(t, err)
	rest, err := io.ReadAll(first)
	require.NoError(t, err)
	assert.Equal(t, whole, append(start, rest...), "each has its own position")
	assert.Len(t, whole, int(packed.Size()))
	assert.Equal(t, packed.MD5(), second.(interface{ MD5() []byte }).MD5())
	assert.Equal(t, 1, second.(interface{ Files() int }).Files())
	assert.Equal(t, packed.ContentDigest(), second.(interface{ ContentDigest() string }).ContentDigest())
	require.NoError(t, first.Close())
	_, err = second.Seek(0, io.SeekStart)
	require.NoError(t, err, "the tarball is still open")

	for prefix, want := range map[string]string{
		"":   `prefix must be "dags", which was passed to Pack (got ""); pack again with the right prefix`,
		"..": "prefix must be a path within the tarball",
	} {
		_, err = packed.Open(t.Context(), prefix)
		require.ErrorAs(t, err, new(*tarball.Error))
		assert.ErrorContains(t, err, want)
	}
	require.NoError(t, packed.Close())
	_, err = io.ReadAll(second)
	require.ErrorIs(t, err, os.ErrClosed)

	existing := filepath.Join(t.TempDir(), "x.tar.gz")
	require.NoError(t, os.WriteFile(existing, whole, 0o600))
	for _, source := range []*tarball.Source{tarball.FS(tree, tarball.Prefix("dags/team")), tarball.File(existing)} {
		packed, err := source.Pack(t.Context(), "dags")
		require.NoError(t, err)
		_, err = packed.Open(t.Context(), "")
		require.NoError(t, err, "any prefix is valid")
		require.NoError(t, packed.Close())
	}
}
