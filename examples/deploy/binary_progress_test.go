package main_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// incompressible returns a folder of DAGs whose tarball has about as many bytes.
func incompressible(t *testing.T, bytes int) string {
	t.Helper()
	dir, content := folder(t), make([]byte, bytes)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(content)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "data.bin"), content, 0o600))
	return dir
}

var uploaded = regexp.MustCompile(`(?m)^uploaded (\d+)% of \d+ bytes$`)

// checkPlain checks that progress is a few lines, without a bar.
func checkPlain(t *testing.T, stderr string) {
	t.Helper()
	assert.NotContains(t, stderr, "\r")
	assert.NotContains(t, stderr, "\x1b")
	assert.LessOrEqual(t, strings.Count(stderr, "\n"), 12, stderr)
	parts := uploaded.FindAllStringSubmatch(stderr, -1)
	assert.NotEmpty(t, parts, stderr)
	assert.LessOrEqual(t, len(parts), 4, stderr)
	if len(parts) > 0 {
		assert.Equal(t, "100", parts[len(parts)-1][1])
	}
}
