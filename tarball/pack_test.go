package tarball_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/md5"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/tarball"
)

// epoch is a fixed time for reproducible tarballs.
var epoch = time.Date(2024, 1, 12, 18, 32, 20, 0, time.UTC)

// project is a tree with every kind of entry.
var project = fstest.MapFS{
	"dag.py":           file("print()\n"),
	"empty.py":         file(""),
	"lib/deep/er/x.py": file("x = 1\n"),
	"lib/tool.sh":      {Data: []byte("#!/bin/sh\n"), Mode: 0o700},
	"lib.py":           file("sorts after lib/ on its own, and before it as lib.py\n"),
	"lib/latest.py":    link("deep/er/x.py"),
	"lib/deep/up":      link("../.."),
	"none":             {Mode: fs.ModeDir},
	"é/ü\n.py":         file("names may be anything\n"),
	strings.Repeat(strings.Repeat("long", 30)+"/", 3) + "name.py": file("longer than a tar of 1988 can hold\n"),
}

func TestPackRoundTrip(t *testing.T) {
	for _, kind := range []string{"folder", "fs.FS"} {
		t.Run(kind, func(t *testing.T) {
			source := tarball.FS(project)
			if kind == "folder" {
				source = tarball.Dir(folder(t, project))
			}
			archive, err := source.Pack(t.Context(), "dags")
			require.NoError(t, err)
			defer func() { require.NoError(t, archive.Close()) }()
			names, entries := extract(t, archive)

			assert.Equal(t, "dags/", names[0])
			for name, want := range project {
				at := "dags/" + name
				if want.Mode.IsDir() {
					at += "/"
				}
				got, found := entries[at]
				require.True(t, found, at)
				switch {
				case want.Mode&fs.ModeSymlink != 0:
					assert.Equal(t, byte(tar.TypeSymlink), got.header.Typeflag, at)
					assert.Equal(t, string(want.Data), got.header.Linkname, at)
				case want.Mode.IsDir():
					assert.Equal(t, byte(tar.TypeDir), got.header.Typeflag, at)
				default:
					assert.Equal(t, byte(tar.TypeReg), got.header.Typeflag, at)
					assert.Equal(t, string(want.Data), got.content, at)
				}
			}
			assert.Equal(t, 9, archive.Files())
			assert.Equal(t, archive.Files()+1+5+3, len(names), "plus the directories dags; none, lib, deep, er, é; three long ones")
		})
	}
}

// Headers do not depend on who packs, when and where.
func TestPackHeaders(t *testing.T) {
	root := folder(t, project)
	require.NoError(t, os.Chmod(filepath.Join(root, "dag.py"), 0o615))
	require.NoError(t, os.Chmod(filepath.Join(root, "lib"), 0o711))
	archive, err := tarball.Dir(root, tarball.ModTime(epoch)).Pack(t.Context(), "a/b")
	require.NoError(t, err)
	defer func() { _ = archive.Close() }()

	_, entries := extract(t, archive)
	for name, mode := range map[string]int64{"a/": 0o755, "a/b/": 0o755, "a/b/dag.py": 0o644, "a/b/lib/": 0o755, "a/b/lib/tool.sh": 0o755, "a/b/lib/latest.py": 0o777} {
		header := entries[name].header
		require.NotNil(t, header, name)
		assert.Equal(t, mode, header.Mode, name)
		assert.Equal(t, epoch, header.ModTime.UTC(), name)
		assert.Zero(t, header.Uid+header.Gid, name)
		assert.Empty(t, header.Uname+header.Gname, name)
	}
	start := make([]byte, 10)
	_, err = archive.ReadAt(start, 0)
	require.NoError(t, err)
	assert.Equal(t, []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255}, start, "no name, time or operating system")
}

// The same tree and the same time give the same bytes, regardless of file times, file modes, the order of
// entries and the number of CPUs.
func TestPackSameBytes(t *testing.T) {
	tree := fstest.MapFS{}
	random := rand.NewChaCha8([32]byte{})
	for name, size := range map[string]int{"a/big": 1 << 20, "a/b/small": 10, "c": 300 << 10, "B": 0} {
		content := make([]byte, size)
		_, _ = random.Read(content[:size/3])
		tree[name] = file(string(content))
	}
	var want []byte
	for round, procs := range []int{1, 2, 3, 16} {
		func() {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
			root := folder(t, tree) // in the order of a map
			for name := range tree {
				require.NoError(t, os.Chtimes(filepath.Join(root, name), time.Now(), time.Unix(int64(round)*1e6, 0)))
				require.NoError(t, os.Chmod(filepath.Join(root, name), []os.FileMode{0o600, 0o644, 0o664, 0o666}[round]))
			}
			at := tarball.ModTime(epoch)
			for _, source := range []*tarball.Source{tarball.Dir(root, at), tarball.FS(tree, at), tarball.FS(backwards{tree}, at), tarball.FS(os.DirFS(root), at)} {
				archive, err := source.Pack(t.Context(), "")
				require.NoError(t, err)
				got, err := io.ReadAll(archive)
				require.NoError(t, err)
				require.NoError(t, archive.Close())
				if want == nil {
					want = got
				}
				require.True(t, bytes.Equal(want, got), "%d CPUs", procs)
			}
		}()
	}
}

// backwards lists its directories in the wrong order.
type backwards struct{ fstest.MapFS }

func (b backwards) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := b.MapFS.ReadDir(name)
	for i := range len(entries) / 2 {
		entries[i], entries[len(entries)-1-i] = entries[len(entries)-1-i], entries[i]
	}
	return entries, err
}

func TestPackOrder(t *testing.T) {
	tree := fstest.MapFS{"b/z": file(""), "b/a/x": file(""), "b.py": file(""), "B": file(""), "a": file("")}
	assert.Equal(t, []string{"B", "a", "b/", "b/a/", "b/a/x", "b/z", "b.py"}, packed(t, tarball.FS(tree), ""))
}

// The methods of a tarball agree with its content.
func TestTarball(t *testing.T) {
	archive, err := tarball.FS(project).Pack(t.Context(), "")
	require.NoError(t, err)
	whole, err := io.ReadAll(archive)
	require.NoError(t, err)
	assert.EqualValues(t, len(whole), archive.Size())
	sum := md5.Sum(whole)
	assert.Equal(t, sum[:], archive.MD5())
	archive.MD5()[0]++
	assert.Equal(t, sum[:], archive.MD5(), "MD5 returns a copy")

	unzipped, err := gzip.NewReader(bytes.NewReader(whole))
	require.NoError(t, err)
	plain, err := io.ReadAll(unzipped)
	require.NoError(t, err)
	assert.Equal(t, make([]byte, 1024), plain[len(plain)-1024:], "a tar ends in two blocks of zeros")

	offset, err := archive.Seek(-8, io.SeekEnd)
	require.NoError(t, err)
	assert.Equal(t, archive.Size()-8, offset)
	end, err := io.ReadAll(archive)
	require.NoError(t, err)
	assert.Equal(t, whole[len(whole)-8:], end)

	require.NoError(t, archive.Close())
	require.NoError(t, archive.Close(), "again")
	_, err = archive.Read(end)
	require.ErrorIs(t, err, os.ErrClosed)
}

func TestPackEmpty(t *testing.T) {
	for name, source := range map[string]func(...tarball.Option) *tarball.Source{
		"nothing": func(o ...tarball.Option) *tarball.Source { return tarball.Dir(folder(t, nil), o...) },
		"only directories": func(o ...tarball.Option) *tarball.Source {
			return tarball.FS(fstest.MapFS{"a/b": {Mode: fs.ModeDir}}, o...)
		},
		"only .git": func(o ...tarball.Option) *tarball.Source {
			return tarball.FS(fstest.MapFS{".git/config": file("")}, o...)
		},
		"all excluded": func(o ...tarball.Option) *tarball.Source {
			return tarball.FS(fstest.MapFS{"a.csv": file("")}, append(o, tarball.Ignore("*.csv"))...)
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := source().Pack(t.Context(), "dags")
			require.ErrorIs(t, err, tarball.ErrEmpty)
			assert.ErrorContains(t, err, "delete all DAGs")

			archive, err := source(tarball.AllowEmpty()).Pack(t.Context(), "dags")
			require.NoError(t, err)
			assert.Zero(t, archive.Files())
			names, _ := extract(t, archive)
			assert.Equal(t, "dags/", names[0])
			require.NoError(t, archive.Close())
		})
	}
}

// A folder with only a symlink is not empty.
func TestPackOnlyASymlink(t *testing.T) {
	assert.Equal(t, []string{"a"}, packed(t, tarball.FS(fstest.MapFS{"a": link("gone")}), ""))
}

// A folder without a file that may contain a DAG counts as empty.
func TestPackWithoutDAGs(t *testing.T) {
	tree := fstest.MapFS{".env": file("KEY=1"), "sub/notes.txt": file(""), "x.py/y": file(""), "z.py": file("")}
	ignore := tarball.Ignore("z.py")
	why, text := refused(t, tarball.FS(tree, ignore), "dags")
	assert.ErrorIs(t, why, tarball.ErrEmpty)
	assert.Contains(t, text, "contains no .py or .zip file to pack, and so no DAG: deploying it would delete all DAGs")
	for _, ending := range []string{".py", ".PY", ".zip"} {
		tree["sub/dag"+ending] = file("")
		assert.Contains(t, packed(t, tarball.FS(tree, ignore), "dags"), "dags/sub/dag"+ending)
		delete(tree, "sub/dag"+ending)
	}
	assert.Contains(t, packed(t, tarball.FS(tree, ignore), ""), ".env", "a bundle may contain anything")
	assert.Contains(t, packed(t, tarball.FS(tree, ignore, tarball.AllowEmpty()), "dags"), "dags/.env", "the option allows it")
}

func TestPackConcurrently(t *testing.T) {
	source := tarball.Dir(folder(t, project), tarball.Ignore("*.sh"), tarball.ModTime(epoch))
	sums := make(chan string)
	for range 8 {
		go func() {
			archive, err := source.Pack(context.WithoutCancel(t.Context()), "dags")
			if !assert.NoError(t, err) {
				sums <- ""
				return
			}
			defer func() { _ = archive.Close() }()
			sums <- string(archive.MD5())
		}()
	}
	want := <-sums
	for range 7 {
		assert.Equal(t, want, <-sums)
	}
}
