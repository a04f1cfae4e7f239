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
		for kind, source := range map[string]*tarball.Source{"folder": tarball.Dir(folder(t, tree), options...), "fs.FS": tarball.FS(tree, options...)} {
			t.Run(kind+"/"+test.name+" to "+test.target, func(t *testing.T) {
				if test.refused == "" {
					archive, err := source.Pack(t.Context(), "shop")
					require.NoError(t, err)
					defer func() { _ = archive.Close() }()
					_, entries := extract(t, archive)
					assert.Equal(t, test.target, entries["shop/"+test.name].header.Linkname)
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
	outside := folder(t, fstest.MapFS{"key": file("secret")})
	root := folder(t, fstest.MapFS{"a/key": file("mine"), "z": file("")})
	asks := 0
	swap := func() {
		if asks++; asks == 2 { // before the folder's first entry
			require.NoError(t, os.RemoveAll(filepath.Join(root, "a")))
			require.NoError(t, os.Symlink(outside, filepath.Join(root, "a")))
		}
	}
	archive, err := tarball.Dir(root).Pack(asked{t.Context(), swap}, "")
	require.Nil(t, archive)
	var why *tarball.Error
	require.ErrorAs(t, err, &why)
	assert.Equal(t, "a", why.Path)
	assert.ErrorContains(t, err, "escapes")
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
