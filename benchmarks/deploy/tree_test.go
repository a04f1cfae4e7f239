package main

import (
	"bytes"
	"compress/gzip"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// small has a few files of each kind, and enough bytes for two blocks.
var small = []kind{
	{project[0].path, 3, project[0].size, writePython},
	{project[1].path, 3, 50_000, writeCSV},
	{project[2].path, 3, 50_000, writeSQL},
	{project[3].path, 1, 1_500_000, writeRandom},
}

func TestTreeIsTheSameEachTime(t *testing.T) {
	first, second := filepath.Join(t.TempDir(), "dags"), filepath.Join(t.TempDir(), "dags")
	size, err := growTree(t.Context(), first, small, 1)
	require.NoError(t, err)
	again, err := growTree(t.Context(), second, small, 1)
	require.NoError(t, err)
	assert.Equal(t, size, again)

	grown := filesOf(t, first)
	assert.True(t, maps.Equal(grown, filesOf(t, second)), "the files differ")
	assert.Len(t, grown, 10)
	var total int
	for name, content := range grown {
		total += len(content)
		if filepath.Ext(name) == ".py" {
			assert.Len(t, content, project[0].size, name)
		}
	}
	assert.EqualValues(t, size, total)
}

// The text compresses like that of real projects: neither too uniform nor too random.
func TestTextCompressesLikeText(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "dags")
	_, err := growTree(t.Context(), dir, small, 1)
	require.NoError(t, err)
	for name, content := range filesOf(t, dir) {
		var zipped bytes.Buffer
		writer := gzip.NewWriter(&zipped)
		_, err := writer.Write([]byte(content))
		require.NoError(t, err)
		require.NoError(t, writer.Close())
		ratio := float64(len(content)) / float64(zipped.Len())
		if filepath.Ext(name) == ".bin" {
			assert.InDelta(t, 1, ratio, 0.01, name)
		} else {
			assert.Greater(t, ratio, 2.5, name)
			assert.Less(t, ratio, 12.0, name)
		}
	}
}

// files maps paths to content.
type files map[string]string

// filesOf returns the content of a folder's files, by their paths below the folder's parent.
func filesOf(t *testing.T, dir string) files {
	t.Helper()
	found := files{}
	require.NoError(t, filepath.WalkDir(dir, func(name string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(name)
		below, _ := filepath.Rel(filepath.Dir(dir), name)
		found[filepath.ToSlash(below)] = string(content)
		return err
	}))
	return found
}
