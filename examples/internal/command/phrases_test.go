package command

import (
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A phrase that the library no longer says is removed.
func TestPhrasesAreTheLibrarys(t *testing.T) {
	var sources strings.Builder
	root := os.DirFS("../../..")
	for _, pattern := range []string{"deploys/*.go", "tarball/*.go", "wrapper/*.go", "internal/*/*.go"} {
		files, err := fs.Glob(root, pattern)
		require.NoError(t, err)
		for _, file := range files {
			if !strings.HasSuffix(file, "_test.go") {
				text, err := fs.ReadFile(root, file)
				require.NoError(t, err)
				sources.Write(text)
			}
		}
	}
	for i := 0; i < len(libraryPhrases); i += 2 {
		assert.Contains(t, sources.String(), libraryPhrases[i])
	}
}
