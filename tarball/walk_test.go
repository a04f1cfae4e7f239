package tarball_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/tarball"
)

func TestGitIsExcluded(t *testing.T) {
	tree := fstest.MapFS{
		".git/config": file(""), "sub/.git": file("gitdir: elsewhere"), "sub/deep/.git/HEAD": file(""), "linked/.git": link("../keep"),
		".gitignore": file(""), ".github/x": file(""), "a.git": file(""), "git/x": file(""), "keep": file(""),
	}
	want := []string{".github/", ".github/x", ".gitignore", "a.git", "git/", "git/x", "keep", "linked/", "sub/", "sub/deep/"}
	assert.Equal(t, want, packed(t, tarball.Dir(folder(t, tree)), ""))
	assert.Equal(t, want, packed(t, tarball.FS(tree, tarball.Ignore("!.git")), ""), "a pattern cannot include it again")
}

// An excluded directory may be unreadable or huge.
func TestExcludedIsNotRead(t *testing.T) {
	tree := fstest.MapFS{"keep": file(""), "venv/lib/x": file(""), "logs/x": file(""), "a.csv": file("")}
	source := tarball.FS(watched{tree, func(name string) {
		assert.NotContains(t, []string{"venv", "venv/lib", "venv/lib/x", "logs/x", "a.csv"}, name)
	}}, tarball.Ignore("venv/", "!venv/lib/x", "logs/*", "*.csv"))
	assert.Equal(t, []string{"keep", "logs/"}, packed(t, source, ""))
}

// watched calls touch for every file or directory that is opened or listed.
type watched struct {
	fstest.MapFS
	touch func(name string)
}

func (w watched) Open(name string) (fs.File, error) {
	w.touch(name)
	return w.MapFS.Open(name)
}

func (w watched) ReadDir(name string) ([]fs.DirEntry, error) {
	w.touch(name)
	return w.MapFS.ReadDir(name)
}

func TestPackRejectsSpecialFiles(t *testing.T) {
	for mode, kind := range map[fs.FileMode]string{
		fs.ModeSocket:                        "socket",
		fs.ModeNamedPipe:                     "named pipe",
		fs.ModeDevice:                        "device",
		fs.ModeDevice | fs.ModeCharDevice:    "device",
		fs.ModeIrregular:                     "special file",
		fs.ModeNamedPipe | fs.ModeSetuid | 1: "named pipe",
	} {
		tree := fstest.MapFS{"a": file(""), "sub/x\ny": {Mode: mode}}
		why, text := refused(t, tarball.FS(watched{tree, func(name string) { assert.NotEqual(t, "sub/x\ny", name) }}), "dags")
		assert.Equal(t, "sub/x\ny", why.Path)
		assert.Contains(t, text, `"sub/x\ny" is a `+kind+", which cannot be deployed", mode)
		assert.Equal(t, []string{"a", "sub/"}, packed(t, tarball.FS(tree, tarball.Ignore("x*")), ""))
	}
}

// sized returns a file system whose file "log" claims a wrong size.
func sized(says int64, content string) fs.FS {
	tree := fstest.MapFS{"a": file(""), "log": file(content)}
	return hookedFS{tree, func(name string) (fs.File, error) {
		opened, err := tree.Open(name)
		if name == "log" {
			opened = hookedFile{opened, opened.Read, says}
		}
		return opened, err
	}}
}

func TestPackRejectsFilesThatGrowOrShrink(t *testing.T) {
	for name, test := range map[string]struct {
		says    int64
		content string
		how     string
	}{
		"grows":             {3, "four", "grew"},
		"grows from empty":  {0, "x", "grew"},
		"shrinks":           {5, "four", "shrank"},
		"shrinks to empty":  {1, "", "shrank"},
		"shrinks a lot":     {1 << 20, "four", "shrank"},
		"grows over blocks": {600 << 10, string(make([]byte, 600<<10+1)), "grew"},
	} {
		t.Run(name, func(t *testing.T) {
			why, text := refused(t, tarball.FS(sized(test.says, test.content)), "")
			assert.Equal(t, "log", why.Path)
			assert.Contains(t, text, `"log" `+test.how+" while it was read")
		})
	}
	assert.Equal(t, []string{"a", "log"}, packed(t, tarball.FS(sized(4, "four")), ""))
}

// A file may be replaced by a directory before it is opened.
func TestFileThatBecomesADirectory(t *testing.T) {
	tree := fstest.MapFS{"a": file(""), "dir/x": file("")}
	_, text := refused(t, tarball.FS(hookedFS{tree, func(string) (fs.File, error) { return tree.Open("dir") }}), "")
	assert.Contains(t, text, `"a" was replaced by something other than a file`)
}

func TestPackRejectsUnreadableFiles(t *testing.T) {
	tree := fstest.MapFS{"a": file("content"), "sub/b": file("")}
	denied := &fs.PathError{Op: "open", Path: "/secret\nplace", Err: fs.ErrPermission}

	why, text := refused(t, tarball.FS(hookedFS{tree, func(string) (fs.File, error) { return nil, denied }}), "")
	assert.Equal(t, "a", why.Path)
	assert.ErrorIs(t, why, fs.ErrPermission)
	assert.Equal(t, `"a" cannot be read; fix that, or exclude it with Ignore: permission denied`, text)

	why, _ = refused(t, tarball.FS(hookedFS{tree, func(name string) (fs.File, error) {
		opened, err := tree.Open(name)
		return hookedFile{opened, func([]byte) (int, error) { return 0, errors.New("bad\nsector") }, 7}, err
	}}), "")
	assert.Equal(t, "a", why.Path)
	assert.ErrorContains(t, why, "bad sector")

	why, _ = refused(t, tarball.FS(unlisted{tree, "sub"}), "")
	assert.Equal(t, "sub", why.Path)
	why, _ = refused(t, tarball.FS(unlisted{tree, "."}), "")
	assert.Equal(t, ".", why.Path)
}

// unlisted has a directory that cannot be listed.
type unlisted struct {
	fstest.MapFS
	dir string
}

func (u unlisted) ReadDir(name string) ([]fs.DirEntry, error) {
	if name == u.dir {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return u.MapFS.ReadDir(name)
}

// Read may return io.EOF with the last byte or after it, and sometimes no byte.
func TestPackWithUnusualReaders(t *testing.T) {
	for name, end := range map[string]func(*int) (int, error){
		"end with the last byte": func(left *int) (int, error) { *left--; return 1, map[bool]error{true: io.EOF}[*left == 0] },
		"nothing now and then": func(left *int) (int, error) {
			*left--
			if *left < 0 {
				return 0, io.EOF
			}
			return *left % 2, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			left := 10
			size := map[string]int64{"end with the last byte": 10, "nothing now and then": 5}[name]
			tree := fstest.MapFS{"a": file("")}
			source := tarball.FS(hookedFS{tree, func(name string) (fs.File, error) {
				opened, err := tree.Open(name)
				return hookedFile{opened, func([]byte) (int, error) { return end(&left) }, size}, err
			}})
			assert.Equal(t, []string{"a"}, packed(t, source, ""))
		})
	}
}

// A file system may return any names, but no entry may be outside the prefix.
func TestPackRejectsInvalidNames(t *testing.T) {
	for _, name := range []string{"../x", "a/../../x", "a//x", "./x", "a/.", "a/\xff"} {
		_, text := refused(t, tarball.FS(fstest.MapFS{"a/b": file(""), name: file("")}), "dags")
		assert.Contains(t, text, ", which is not a valid UTF-8 name; rename it, or exclude it with Ignore", name)
	}
	assert.Equal(t, []string{"a/", "a/b"}, packed(t, tarball.FS(fstest.MapFS{"a/b": file(""), "a/\xff": file("")}, tarball.Ignore("a/?", "!b")), ""))
	for _, name := range []string{"b/c", "..", ".", ""} {
		_, text := refused(t, tarball.FS(renamed{fstest.MapFS{"a": file("")}, name}), "dags")
		assert.Contains(t, text, "which is not a valid UTF-8 name", name)
	}
	why, _ := refused(t, tarball.FS(fstest.MapFS{"a\x00b": file("")}), "dags")
	assert.Equal(t, "a\x00b", why.Path)
}

func TestDirErrors(t *testing.T) {
	root := folder(t, fstest.MapFS{"file.tar.gz": file("")})
	for path, want := range map[string]string{
		"":                                  `"" must be the path of a folder`,
		filepath.Join(root, "gone"):         "must be a readable folder: ",
		filepath.Join(root, "file.tar.gz"):  "must be a folder; for an existing tarball, use File",
		filepath.Join(root, "file.tar.gz/"): "must be a folder; for an existing tarball",
	} {
		why, text := refused(t, tarball.Dir(path), "")
		assert.Equal(t, path, why.Path)
		assert.Contains(t, text, want)
	}
	_, text := refused(t, tarball.FS(nil), "")
	assert.Contains(t, text, "must not be a nil fs.FS")
}

func TestDirIsASymlink(t *testing.T) {
	at := filepath.Join(t.TempDir(), "link")
	symlink(t, folder(t, fstest.MapFS{"a.py": file("")}), at)
	assert.Equal(t, []string{"dags/", "dags/a.py"}, packed(t, tarball.Dir(at), "dags"))
}

// renamed lists a single entry with the given name.
type renamed struct {
	fstest.MapFS
	name string
}

func (r renamed) ReadDir(string) ([]fs.DirEntry, error) {
	info, err := r.Stat("a")
	return []fs.DirEntry{fs.FileInfoToDirEntry(named{info, r.name})}, err
}

type named struct {
	fs.FileInfo
	name string
}

func (n named) Name() string { return n.name }

func TestFileThatGrowsAtTheEnd(t *testing.T) {
	tree := fstest.MapFS{"a": file("")}
	why, _ := refused(t, tarball.FS(hookedFS{tree, func(name string) (fs.File, error) {
		opened, err := tree.Open(name)
		return hookedFile{opened, func(p []byte) (int, error) { return copy(p, "four"), nil }, 8}, err
	}}), "")
	assert.Contains(t, why.Rule, "grew")
}

func TestDirThatVanishes(t *testing.T) {
	replacesOpenFiles(t)
	root := folder(t, fstest.MapFS{"a": file("")})
	_, err := tarball.Dir(root).Pack(asked{t.Context(), func() { _ = os.RemoveAll(root) }}, "")
	var why *tarball.Error
	require.ErrorAs(t, err, &why)
	assert.Equal(t, root, why.Path)
}
