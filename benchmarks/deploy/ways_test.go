package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The child processes of a test run this test's program.
func TestMain(m *testing.M) {
	if played, err := playRole(context.Background(), os.Args[1:]); played {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// All ways upload the same tree; otherwise they could not be compared.
func TestWaysUploadTheTree(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	dir := filepath.Join(t.TempDir(), "dags")
	_, err := growTree(t.Context(), dir, small, 1)
	require.NoError(t, err)
	want := filesOf(t, dir)
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			if way.missing != nil && way.missing() != "" {
				t.Skip(way.missing() + " is missing")
			}
			storage := newStorage(0)
			storage.stores = true
			server := httptest.NewServer(storage)
			defer server.Close()
			version, err := way.deploy(t.Context(), dir, server.URL+"/dags/one?sig=secret")
			require.NoError(t, err)
			blob := storage.blobs["/dags/one"]
			assert.Equal(t, blob.Version, version)
			assert.True(t, maps.Equal(want, untar(t, blob.content)), "the files differ")
			if way.name == baseline {
				assert.Greater(t, blob.Requests, 2)
			} else {
				assert.Equal(t, 1, blob.Requests)
			}
			left, err := os.ReadDir(os.TempDir())
			require.NoError(t, err)
			assert.Empty(t, left)
		})
	}
}

// untar returns the content of the files of a tarball by path.
func untar(t *testing.T, content []byte) files {
	t.Helper()
	reader := io.Reader(bytes.NewReader(content))
	if bytes.HasPrefix(content, []byte{0x1f, 0x8b}) {
		zipped, err := gzip.NewReader(reader)
		require.NoError(t, err)
		reader = zipped
	}
	found := files{}
	for archive := tar.NewReader(reader); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			_, err = io.Copy(io.Discard, reader) // reads the checksum of gzip
			require.NoError(t, err)
			return found
		}
		require.NoError(t, err)
		if header.Typeflag == tar.TypeReg {
			file, err := io.ReadAll(archive)
			require.NoError(t, err)
			found[header.Name] = string(file)
		}
	}
}

func TestMeasuring(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "dags")
	_, err := small[0].grow(dir, 0)
	require.NoError(t, err)
	storage, stop, err := startStorage(t.Context(), 0)
	require.NoError(t, err)
	defer stop()
	chosen, err := choose("cli,ours")
	require.NoError(t, err)

	rounds, err := measureRounds(t.Context(), chosen, 2, dir, storage)
	require.NoError(t, err)
	require.Len(t, rounds, 2)
	for _, round := range rounds {
		for _, name := range []string{"cli", "ours"} {
			assert.Positive(t, round[name].took, name)
			assert.Positive(t, round[name].cpu, name)
			assert.Less(t, round[name].bytes, int64(small[0].size), name)
			assert.Equal(t, 1, round[name].requests, name)
			if runtime.GOOS == "linux" {
				assert.Greater(t, round[name].peak, int64(1<<20), name)
			}
		}
	}
	var table strings.Builder
	require.NoError(t, printTable(&table, chosen, rounds))
	assert.Equal(t, 3, strings.Count(table.String(), "\n"), table.String())

	_, err = measure(t.Context(), "ours", dir, storage+"/dags/gone?sig=secret\x00")
	assert.Error(t, err)
}

func TestChoose(t *testing.T) {
	chosen, err := choose("ours-fastest,ours")
	require.NoError(t, err)
	require.Len(t, chosen, 2)
	assert.Equal(t, "ours", chosen[0].name)
	_, err = choose("ours,theirs")
	assert.ErrorContains(t, err, "theirs")
}

func TestRatiosAreThoseOfTheRounds(t *testing.T) {
	took := func(cli, ours int) map[string]measurement {
		return map[string]measurement{"cli": {took: time.Duration(cli) * time.Millisecond, bytes: 100}, "ours": {took: time.Duration(ours) * time.Millisecond, bytes: 105}}
	}
	var table strings.Builder
	require.NoError(t, printTable(&table, ways[3:4], []map[string]measurement{took(8000, 1000), took(2000, 1000), took(9000, 3000)}))
	row := strings.Fields(strings.Split(table.String(), "\n")[1])
	assert.Equal(t, []string{"3.00", "2.00", "to", "8.00", "1.00", "s"}, row[:6])
	assert.Contains(t, row, "1.050")
}
