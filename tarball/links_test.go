package tarball_test

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/tarball"
)

// Each link is in a tree with the folder a/b, which has the file x, the folder deep, the link
// up to "..", and with the link at to a/b.
func TestLinks(t *testing.T) {
	const leaves, circle, leftOut = "leads out of the folder", "leads in a circle", "is left out itself"
	for _, test := range []struct{ name, target, refused string }{
		{"l", "a/b/x", ""},
		{"l", "a", ""},
		{"l", ".", ""},
		{"l", "./a//b/", ""},
		{"l", "a/../a/b/x", ""},
		{"a/l", "..", ""},
		{"a/b/l", "../../a/b/deep", ""},
		{"l", "at/x", ""},
		{"l", "at/up/b/x", ""},
		{"l", "at/up/../at", ""},
		{"l", "gone", ""},
		{"l", "a/gone/too", ""},
		{"l", "a/b/x/below a file", ""},
		{"l", `a\b`, ""},

		{"l", "..", leaves},
		{"l", "../out", leaves},
		{"a/l", "../../out", leaves},
		{"a/b/l", "../../../out", leaves},
		{"l", "a/../../out", leaves},
		{"l", "gone/../../out", leaves},
		{"l", "gone/../..", leaves},
		{"l", "/etc/passwd", leaves},
		{"l", "/", leaves},
		{"l", "at/up/up/../x", leaves},  // and not by its text, which is at/up/x
		{"l", "a/b/up/../../x", leaves}, // by its text it is a/x
		{"a/b/deep/l", "../up/../../a", leaves},
		{"l", "out/x", leaves},
		{"l", "outer/x", leaves},
		{"l", "l", circle},
		{"l", "round/x", circle},
		{"l", ".git/config", leftOut},
		{"l", "a/.git/x", leftOut},
		{"l", "secret/key", leftOut},
		{"l", "to secret", leftOut},
		{"l", "a/log.csv", leftOut},
	} {
		tree := fstest.MapFS{
			"a/b/x": file(""), "a/b/deep/y": file(""), "a/b/up": link(".."), "at": link("a/b"),
			".git/config": file(""), "a/.git/x": file(""), "secret/key": file(""), "a/log.csv": file(""),
			test.name: link(test.target),
		}
		options := []tarball.Option{tarball.Ignore("/secret/", "*.csv")}
		switch test.target { // what is refused itself must come after l, and only here
		case "at/up/up/../x":
			tree["a/up"] = link("..")
		case "out/x":
			tree["out"] = link("/etc")
		case "outer/x":
			tree["outer"] = link("../outer")
		case "round/x":
			tree["round"], tree["square"] = link("square"), link("round")
		case "to secret":
			tree["to secret"] = link("secret")
		}
		for _, kind := range []string{"folder", "fs.FS"} {
			t.Run(kind+"/"+test.name+" to "+test.target, func(t *testing.T) {
				source := tarball.FS(tree, options...)
				if kind == "folder" {
					source = tarball.Dir(folder(t, tree), options...)
				}
				if test.refused == "" {
					archive, err := source.Pack(t.Context(), "shop")
					require.NoError(t, err)
					defer func() { _ = archive.Close() }()
					_, entries := extract(t, archive)
					assert.Equal(t, filepath.ToSlash(test.target), entries["shop/"+test.name].header.Linkname)
					return
				}
				why, text := refused(t, source, "dags")
				assert.Equal(t, test.name, why.Path)
				assert.Contains(t, text, test.name+`" is a symlink to "`+test.target+`", which `+test.refused)
			})
		}
	}
}

// Nothing below a link is packed under the link's name.
func TestLinksAreNotFollowed(t *testing.T) {
	tree := fstest.MapFS{"a/x": file(""), "l": link("a")}
	assert.Equal(t, []string{"a/", "a/x", "l"}, packed(t, tarball.Dir(folder(t, tree)), ""))
}

// A long way round is a way all the same.
func TestLinksThroughLinks(t *testing.T) {
	tree := fstest.MapFS{"x": file("")}
	before := "x"
	for i := range 41 {
		name := "l" + strings.Repeat("i", i)
		tree[name] = link(before)
		before = name
	}
	assert.Len(t, packed(t, tarball.FS(tree), ""), 42)
	tree["one more"] = link(before)
	_, text := refused(t, tarball.FS(tree), "")
	assert.Contains(t, text, `"one more" is a symlink`)
}

// mute has symlinks that it cannot read.
type mute struct{ fsys fstest.MapFS }

func (m mute) Open(name string) (fs.File, error)          { return m.fsys.Open(name) }
func (m mute) ReadDir(name string) ([]fs.DirEntry, error) { return m.fsys.ReadDir(name) }

func TestLinksThatCannotBeRead(t *testing.T) {
	why, text := refused(t, tarball.FS(mute{fstest.MapFS{"a": file(""), "l": link("a")}}), "")
	assert.Equal(t, "l", why.Path)
	assert.Contains(t, text, `"l" is a symlink that cannot be read`)
}

// A folder that gives its place to a link to elsewhere while it is packed is not followed.
func TestNothingOutsideIsRead(t *testing.T) {
	replacesOpenFiles(t)
	outside := folder(t, fstest.MapFS{"key": file("secret")})
	root := folder(t, fstest.MapFS{"a/key": file("mine"), "z": file("")})
	asks := 0
	swap := func() {
		if asks++; asks == 2 { // before the folder's first entry
			require.NoError(t, os.RemoveAll(filepath.Join(root, "a")))
			symlink(t, outside, filepath.Join(root, "a"))
		}
	}
	archive, err := tarball.Dir(root).Pack(asked{t.Context(), swap}, "")
	require.Nil(t, archive)
	var why *tarball.Error
	require.ErrorAs(t, err, &why)
	assert.Equal(t, "a", why.Path)
	assert.ErrorContains(t, err, "escapes")
}

// Nor is one followed that points to what is ignored, whichever directory on the way it takes
// the place of, and whenever.
func TestNothingIgnoredIsRead(t *testing.T) {
	replacesOpenFiles(t)
	for _, swapped := range []string{"a", "a/b", "a/b/c"} {
		for when := 1; when <= 8; when++ {
			root := folder(t, fstest.MapFS{
				"a/b/c/key": file("mine"), "a/z": file("mine"),
				"secret/b/c/key": file("secret"), "secret/c/key": file("secret"), "secret/key": file("secret"), "secret/z": file("secret"),
			})
			asks := 0
			swap := func() {
				if asks++; asks == when {
					at := filepath.Join(root, filepath.FromSlash(swapped))
					require.NoError(t, os.Rename(at, filepath.Join(root, "aside")))
					symlink(t, filepath.Join(filepath.FromSlash(strings.Repeat("../", strings.Count(swapped, "/"))), "secret"), at)
				}
			}
			archive, err := tarball.Dir(root, tarball.Ignore("/secret/", "/aside/")).Pack(asked{t.Context(), swap}, "")
			require.GreaterOrEqual(t, asks, min(when, 3))
			if err != nil {
				var why *tarball.Error
				require.ErrorAs(t, err, &why)
				continue
			}
			_, entries := extract(t, archive)
			require.NoError(t, archive.Close())
			for name, entry := range entries {
				assert.NotEqual(t, "secret", entry.content, "%s, when %s is swapped at %d", name, swapped, when)
			}
		}
	}
}

// Whatever way links go, nothing stays open, and no more is open at once than the way is deep.
func TestLinksCloseWhatTheyOpen(t *testing.T) {
	tree := fstest.MapFS{"a/b/c/x": file(""), "d/e/f/y": file(""), "a/b/c/up": link("../../../d/e/f/y")}
	for name, target := range map[string]string{
		"l1": "a/b/c/x", "l2": "a/b/../b/c/../../../d/e/f/../f/y", "a/l3": "../d/e/gone/x", "a/b/l4": "../../a/b/c/up", "a/b/c/l5": "../../../d/e/f",
		"l6": strings.Repeat("a/../", 500) + "d",
	} {
		tree[name] = link(target)
	}
	root := folder(t, tree)
	before, most := openFiles(), 0
	archive, err := tarball.Dir(root).Pack(asked{t.Context(), func() { most = max(most, openFiles()) }}, "")
	require.NoError(t, err)
	require.NoError(t, archive.Close())
	assert.LessOrEqual(t, openFiles(), before)
	assert.Less(t, most, before+15)
	_, _ = refused(t, tarball.Dir(root, tarball.Ignore("/d/e/f/y")), "")
}

// What names are refused for, targets are.
func TestLinksThatAreNotUTF8(t *testing.T) {
	_, text := refused(t, tarball.FS(fstest.MapFS{"a": file(""), "l": link("a\xff")}), "")
	assert.Contains(t, text, `"l" is a symlink to "a\xff", which is not UTF-8`)
	assert.Equal(t, []string{"a"}, packed(t, tarball.FS(fstest.MapFS{"a": file(""), "l": link("\xff")}, tarball.Ignore("l")), ""))
}

// asked is a context that does something when it is asked whether it has ended, as it is
// before a directory is listed and before each of its entries.
type asked struct {
	context.Context
	does func()
}

func (a asked) Err() error {
	a.does()
	return a.Context.Err()
}
