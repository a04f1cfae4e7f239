//go:build unix && !aix && !solaris

package tarball_test

import (
	"net"
	"path/filepath"
	"syscall"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/tarball"
)

// Opening a named pipe would block, because nothing writes to it.
func TestRealSpecialFiles(t *testing.T) {
	t.Chdir(folder(t, fstest.MapFS{"with/a": file("")})) // the path of a socket must be short
	require.NoError(t, syscall.Mkfifo("with/pipe", 0o600))
	_, text := refused(t, tarball.Dir("with"), "dags")
	assert.Contains(t, text, `"pipe" is a named pipe`)

	listener, err := net.Listen("unix", filepath.Join("with", "ear"))
	require.NoError(t, err)
	defer func() { _ = listener.Close() }()
	_, text = refused(t, tarball.Dir("with"), "dags")
	assert.Contains(t, text, `"ear" is a socket`)

	assert.Equal(t, []string{"a"}, packed(t, tarball.Dir("with", tarball.Ignore("pipe", "ear")), ""))

	_, text = refused(t, tarball.Dir("with/pipe"), "dags")
	assert.Contains(t, text, "must be a folder")
	_, text = refused(t, tarball.File("with/pipe"), "dags")
	assert.Contains(t, text, "must be a regular file")
}
