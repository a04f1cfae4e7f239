package tarball_test

import (
	"archive/tar"
	"context"
	"crypto/md5"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/tarball"
)

func TestFile(t *testing.T) {
	archive, err := tarball.FS(fstest.MapFS{"a": file(random)}).Pack(t.Context(), "")
	require.NoError(t, err)
	zipped, err := io.ReadAll(archive)
	require.NoError(t, err)
	require.NoError(t, archive.Close())
	var plain strings.Builder
	writer := tar.NewWriter(&plain)
	require.NoError(t, writer.WriteHeader(&tar.Header{Name: "a", Size: 0}))
	require.NoError(t, writer.Close())

	for name, content := range map[string]string{"gzip": string(zipped), "tar": plain.String()} {
		at := filepath.Join(folder(t, fstest.MapFS{name: file(content)}), name)
		archive, err := tarball.File(at).Pack(t.Context(), "dags")
		require.NoError(t, err)
		got, err := io.ReadAll(archive)
		require.NoError(t, err)
		assert.Equal(t, content, string(got), "unchanged and from the start")
		sum := md5.Sum([]byte(content))
		assert.Equal(t, sum[:], archive.MD5())
		assert.EqualValues(t, len(content), archive.Size())
		assert.Zero(t, archive.Files())
		require.NoError(t, archive.Close())
		assert.FileExists(t, at)
	}
}

func TestFileErrors(t *testing.T) {
	root := folder(t, fstest.MapFS{"empty": file(""), "zip": file("PK\x03\x04" + random), "short": file("\x1f"), "error page": file("<html>" + strings.Repeat(" ", 300))})
	for name, want := range map[string]string{
		"empty":      "does not start like a gzip or tar file",
		"zip":        "does not start like a gzip or tar file",
		"short":      "does not start like a gzip or tar file",
		"error page": "does not start like a gzip or tar file",
		".":          "is a folder; use Dir",
		"gone":       "must be a readable tarball: ",
	} {
		at := filepath.Join(root, name)
		why, text := refused(t, tarball.File(at), "")
		assert.Equal(t, at, why.Path)
		assert.Contains(t, text, want)
	}
}

func TestFileEndsWithTheContext(t *testing.T) {
	at := filepath.Join(t.TempDir(), "x.tar.gz")
	require.NoError(t, os.WriteFile(at, []byte("\x1f\x8b"+random), 0o600))
	ctx, cancel := context.WithCancel(t.Context())
	reads := 0
	archive, err := tarball.File(at).Open(asked{ctx, func() {
		if reads++; reads == 3 {
			cancel()
		}
	}}, "")
	require.ErrorIs(t, err, context.Canceled)
	assert.Nil(t, archive)
	assert.Less(t, reads, 9, "the file has twelve parts")
}
