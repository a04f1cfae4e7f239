package tarball_test

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/tarball"
)

func digest(t *testing.T, source *tarball.Source, prefix string) string {
	t.Helper()
	archive, err := source.Pack(t.Context(), prefix)
	require.NoError(t, err)
	defer func() { _ = archive.Close() }()
	return archive.ContentDigest()
}

// Users store digests, so these must not change unless digestVersion does.
func TestContentDigestIsStable(t *testing.T) {
	for _, test := range []struct {
		tree         fstest.MapFS
		prefix, want string
	}{
		{nil, "", "v1:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
		{fstest.MapFS{"a.py": file("")}, "", "v1:ffc6a75f015e6d209c0931f7138e767a2ebae56bc7e90bf53ac28b26e3463ba1"},
		{fstest.MapFS{"a.py": file("print()\n")}, "dags", "v1:4a58afd595cf825c14361a304f2cfdd1becd275b1d8948959e14f61c0ccd7dbb"},
		{project, "a/b", "v1:297e28aa684760e83014b5938bf881ed5af3e9d72c1b5dbcc5193ce9d3d83152"},
	} {
		got := digest(t, tarball.FS(test.tree, tarball.AllowEmpty()), test.prefix)
		assert.Equal(t, test.want, got)
	}
}

// The digest can be computed from the tarball, as documented at the type digest.
func TestContentDigestFromTheTarball(t *testing.T) {
	archive, err := tarball.FS(project).Pack(t.Context(), "dags")
	require.NoError(t, err)
	defer func() { _ = archive.Close() }()
	names, entries := extract(t, archive)
	var records []byte
	for _, name := range names {
		entry := entries[name]
		records = append(records, entry.header.Typeflag)
		records = binary.BigEndian.AppendUint64(records, uint64(entry.header.Mode))
		records = binary.BigEndian.AppendUint64(records, uint64(len(name)))
		records = append(records, name...)
		records = binary.BigEndian.AppendUint64(records, uint64(len(entry.header.Linkname)))
		records = append(records, entry.header.Linkname...)
		records = binary.BigEndian.AppendUint64(records, uint64(len(entry.content)))
		if entry.header.Typeflag == '0' {
			records = binary.BigEndian.AppendUint32(records, crc32.ChecksumIEEE([]byte(entry.content)))
			records = binary.BigEndian.AppendUint32(records, crc32.Checksum([]byte(entry.content), crc32.MakeTable(crc32.Castagnoli)))
		}
	}
	assert.Equal(t, fmt.Sprintf("v1:%x", sha256.Sum256(records)), archive.ContentDigest())
}

// The digest does not depend on times, the compression level or permissions other than executable.
func TestContentDigestDependsOnlyOnContent(t *testing.T) {
	want := digest(t, tarball.FS(project), "dags")
	root := folder(t, project)
	require.NoError(t, os.Chmod(filepath.Join(root, "dag.py"), 0o664))
	require.NoError(t, os.Chtimes(filepath.Join(root, "dag.py"), epoch, epoch))
	t.Setenv("SOURCE_DATE_EPOCH", "17")
	for name, source := range map[string]*tarball.Source{
		"folder":    tarball.Dir(root),
		"time":      tarball.FS(project, tarball.ModTime(time.Unix(0, 0))),
		"level":     tarball.FS(project, tarball.Level(tarball.Fastest)),
		"backwards": tarball.FS(backwards{project}),
		"prefix":    tarball.FS(project, tarball.Prefix("dags")),
	} {
		assert.Equal(t, want, digest(t, source, "dags"), name)
	}
	whole := fstest.MapFS{".git/HEAD": file(""), "x.csv": file("")}
	for name, file := range project {
		whole[name] = file
	}
	assert.Equal(t, want, digest(t, tarball.FS(whole, tarball.Ignore("*.csv")), "dags"), "excluded files do not count")
}

// All of these trees have different digests, although some have the same names and contents in a row.
func TestContentDigestTellsTreesApart(t *testing.T) {
	seen := map[string]string{}
	add := func(name, digest string) {
		assert.Empty(t, seen[digest], "%s has the digest of %s", name, seen[digest])
		seen[digest] = name
	}
	for name, tree := range map[string]fstest.MapFS{
		"one":             {"a": file("xy")},
		"different byte":  {"a": file("xz")},
		"one byte more":   {"a": file("xyz")},
		"one zero more":   {"a": file("xy\x00")},
		"different name":  {"b": file("xy")},
		"a longer name":   {"ax": file("y")},
		"executable":      {"a": {Data: []byte("xy"), Mode: 0o755}},
		"a link":          {"a": link("xy")},
		"a link, moved":   {"ax": link("y")},
		"empty":           {"a": file("")},
		"a folder":        {"a/xy": file("")},
		"a folder, empty": {"a": {Mode: fs.ModeDir}},
		"file and folder": {"a": file("xy"), "b": {Mode: fs.ModeDir}},
		"two":             {"a": file("x"), "b": file("y")},
		"two, swapped":    {"a": file("y"), "b": file("x")},
		"two, shifted":    {"a": file(""), "b": file("xy")},
		"below":           {"a/b": file("xy")},
	} {
		source := tarball.FS(tree, tarball.AllowEmpty())
		add(name, digest(t, source, ""))
		add(name+", in shop", digest(t, source, "shop"))
		add(name+", deeper", digest(t, source, "shop/dags"))
	}
}

// Random edits change the digest.
func TestContentDigestDetectsEdits(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	content := []byte(strings.Repeat("VERSION = 1\n", 100))
	seen := map[string]bool{}
	versions := map[string]bool{}
	for range 300 {
		versions[string(content)] = true
		seen[digest(t, tarball.FS(fstest.MapFS{"a": file(string(content))}, tarball.Level(tarball.Fastest)), "")] = true
		for range 1 + random.IntN(12) {
			content[random.IntN(len(content))] ^= byte(1 << random.IntN(8))
		}
	}
	assert.Len(t, seen, len(versions))
}

func TestContentDigestOfFile(t *testing.T) {
	at := filepath.Join(folder(t, fstest.MapFS{"x.tar.gz": file("\x1f\x8b and so on")}), "x.tar.gz")
	assert.Empty(t, digest(t, tarball.File(at), "dags"), "the tarball is not inspected")
}
