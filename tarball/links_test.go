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

// Each link is in a tree with the link at, which points to a/b. That folder contains the file x, the
// folder deep and the link up, which points to "..".
func TestLinks(t *testing.T) {
	const outside, loop, excluded = "is outside the folder", "leads to a loop of symlinks", "is excluded; include it"
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

		{"l", "..", outside},
		{"l", "../out", outside},
		{"a/l", "../../out", outside},
		{"a/b/l", "../../../out", outside},
		{"l", "a/../../out", outside},
		{"l", "gone/../../out", outside},
		{"l", "gone/../..", outside},
		{"l", "/etc/passwd", outside},
		{"l", "/", outside},
		{"l", "at/up/up/../x", outside},  // although its cleaned text is at/up/x
		{"l", "a/b/up/../../x", outside}, // although its cleaned text is a/x
		{"a/b/deep/l", "../up/../../a", outside},
		{"l", "out/x", outside},
		{"l", "outer/x", outside},
		{"l", "l", loop},
		{"l", "round/x", loop},
		{"l", ".git/config", excluded},
		{"l", "a/.git/x", excluded},
		{"l", "secret/key", excluded},
		{"l", "to secret", excluded},
		{"l", "a/log.csv", excluded},
	} {
		tree := fstest.MapFS{
			"a/b/x": file(""), "a/b/deep/y": file(""), "a/b/up": link(".."), "at": link("a/b"),
			".git/config": file(""), "a/.git/x": file(""), "secret/key": file(""), "a/log.csv": file(""),
			test.name: link(test.target),
		}
		options := []tarball.Option{tarball.Ignore("/secret/", "*.csv")}
		switch test.target { // these links are errors themselves, so they sort after l and are only in this tree
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

// Nothing is packed below the name of a link.
func TestLinksAreNotFollowed(t *testing.T) {
	tree := fstest.MapFS{"a/x": file(""), "l": link("a")}
	assert.Equal(t, []string{"a/", "a/x", "l"}, packed(t, tarball.Dir(folder(t, tree)), ""))
}

// A link may lead through up to 40 other links.
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

// unreadableLinks is a file system that cannot read its symlinks.
type unreadableLinks struct{ fsys fstest.MapFS }

func (m unreadableLinks) Open(name string) (fs.File, error)          { return m.fsys.Open(name) }
func (m unreadableLinks) ReadDir(name string) ([]fs.DirEntry, error) { return m.fsys.ReadDir(name) }

func TestLinksThatCannotBeRead(t *testing.T) {
	why, text := refused(t, tarball.FS(unreadableLinks{fstest.MapFS{"a": file(""), "l": link("a")}}), "")
	assert.Equal(t, "l", why.Path)
	assert.Contains(t, text, `"l" is a symlink that cannot be read`)
}

// A folder that is replaced by a link to the outside during packing is not followed.
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

// A folder that is replaced by a link to an ignored one during packing is not followed either.
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

// Following links leaves no directory open, and opens no more at once than the path is deep.
func TestLinksCloseDirectories(t *testing.T) {
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

func TestLinkTargetsThatAreNotUTF8(t *testing.T) {
	_, text := refused(t, tarball.FS(fstest.MapFS{"a": file(""), "l": link("a\xff")}), "")
	assert.Contains(t, text, `"l" is a symlink to "a\xff", which is not UTF-8`)
	assert.Equal(t, []string{"a"}, packed(t, tarball.FS(fstest.MapFS{"a": file(""), "l": link("\xff")}, tarball.Ignore("l")), ""))
}

// asked is a context that calls does whenever its Err is called, such as before each listing and entry.
type asked struct {
	context.Context
	does func()
}

func (a asked) Err() error {
	a.does()
	return a.Context.Err()
}
