package tarball_test

import (
	"bytes"
	"io/fs"
	"path"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/tarball"
)

// Whatever the tree, every entry is a file or link of the tree at its path below the prefix, and no link
// points outside.
func FuzzPack(f *testing.F) {
	for _, tree := range []string{
		"f dag.py\nprint()", "f a/b\nx\x1ff a/c\ny\x1fl a/l\nb\x1fd e\n", "l a\n../x", "l a\nb/../../x\x1fl b\nc/d\x1ff c/d/e\n",
		"f ../x\n", "f a//b\n", "f /x\n", "f a\x00b\nx", "f .git/config\n\x1ff x\n", "l a\nb\x1fl b\na", "l a\n/etc", "p pipe\n", "f a\n\x1ff a/b\n",
		"f " + strings.Repeat("n", 300) + "\nx", "f \xff\nx", "l l\n" + strings.Repeat("t", 200), "f ./a\n", "l a\n.git\x1ff .git\n",
	} {
		f.Add("dags", tree)
		f.Add("", tree)
		f.Add("a/../b", tree)
	}
	f.Add("../x", "f a\n")
	f.Fuzz(func(t *testing.T, prefix, text string) {
		tree := fstest.MapFS{}
		for item := range strings.SplitSeq(text, "\x1f") {
			head, content, _ := strings.Cut(item, "\n")
			kind, name, _ := strings.Cut(head, " ")
			tree[name] = &fstest.MapFile{Data: []byte(content), Mode: map[string]fs.FileMode{"l": fs.ModeSymlink, "d": fs.ModeDir, "p": fs.ModeNamedPipe}[kind]}
		}
		archive, err := tarball.FS(tree, tarball.AllowEmpty(), tarball.Level(tarball.Fastest)).Pack(t.Context(), prefix)
		if err != nil {
			var why *tarball.Error
			require.ErrorAs(t, err, &why)
			require.NotContains(t, err.Error(), "\n")
			require.Nil(t, archive)
			return
		}
		defer func() { require.NoError(t, archive.Close()) }()
		names, entries := extract(t, archive)
		cleaned := path.Clean(prefix)
		files := 0
		for _, at := range names {
			name, isDir := strings.CutSuffix(at, "/")
			require.True(t, fs.ValidPath(name), at)
			if cleaned == name || strings.HasPrefix(cleaned, name+"/") {
				continue // a directory of the prefix
			}
			if cleaned != "." {
				require.True(t, strings.HasPrefix(name, cleaned+"/"), at)
				name = strings.TrimPrefix(name, cleaned+"/")
			}
			require.NotContains(t, strings.Split(name, "/"), ".git")
			if isDir {
				continue
			}
			files++
			want, found := tree[name]
			require.True(t, found, name)
			if want.Mode&fs.ModeSymlink == 0 {
				require.Equal(t, string(want.Data), entries[at].content)
				continue
			}
			target := entries[at].header.Linkname
			require.Equal(t, string(want.Data), target)
			require.False(t, path.IsAbs(target) || strings.HasPrefix(path.Join(path.Dir(name), target)+"/", "../"), target)
		}
		require.Equal(t, archive.Files(), files)
		require.Equal(t, len(names), len(entries), "names are unique")
	})
}

// BenchmarkPack packs about 10 MB of SQL.
func BenchmarkPack(b *testing.B) {
	content := bytes.Repeat([]byte("INSERT INTO orders (id, amount) VALUES (17, 4.20);\n"), 20_000)
	tree := fstest.MapFS{}
	for _, name := range strings.Split("abcdefghij", "") {
		tree[name+".sql"] = &fstest.MapFile{Data: content}
	}
	b.SetBytes(int64(10 * len(content)))
	b.ReportAllocs()
	for b.Loop() {
		archive, err := tarball.FS(tree).Pack(b.Context(), "")
		require.NoError(b, err)
		require.NoError(b, archive.Close())
	}
}
