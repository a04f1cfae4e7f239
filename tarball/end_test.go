package tarball_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/tarball"
)

// random is content of several compressor blocks.
var random = func() string {
	content := make([]byte, 3<<20)
	state := uint32(1)
	for i := range content {
		state = state*1664525 + 1013904223
		content[i] = byte(state >> 24)
	}
	return string(content)
}()

// However packing ends, it leaves no goroutine, which synctest would report, and no file, and nothing more
// is read.
func TestPackLeavesNothingBehind(t *testing.T) {
	stop := errors.New("stop")
	for name, test := range map[string]struct {
		at   string // where it ends
		want error
		tree fstest.MapFS
	}{
		"success":                  {"", nil, fstest.MapFS{"a": file(random), "b": file(random)}},
		"canceled before":          {"start", context.Canceled, fstest.MapFS{"a": file("")}},
		"canceled before, empty":   {"start", context.Canceled, nil},
		"canceled between files":   {"open b", context.Canceled, fstest.MapFS{"a": file(random), "b": file(random), "c": file("")}},
		"canceled within a file":   {"read b", context.Canceled, fstest.MapFS{"a": file(random), "b": file(random), "c": file("")}},
		"failed at the first file": {"open a", stop, fstest.MapFS{"a": file("")}},
		"failed between files":     {"open b", stop, fstest.MapFS{"a": file(random), "b": file(""), "c": file("")}},
		"failed within a file":     {"read b", stop, fstest.MapFS{"a": file(random), "b": file(random), "c": file("")}},
	} {
		t.Run(name, func(t *testing.T) {
			temp := t.TempDir()
			setTempDir(t, temp)
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				ended := false
				reach := func(at string) error {
					assert.False(t, ended, "%s after the end", at)
					ended = at == test.at
					switch {
					case ended && test.want == stop:
						return stop
					case ended:
						cancel()
					}
					return nil
				}
				_ = reach("start")
				archive, err := tarball.FS(reached(test.tree, reach), tarball.AllowEmpty()).Open(ctx, "dags")
				if test.want == nil {
					require.NoError(t, err)
					require.NoError(t, archive.Close())
				} else {
					require.ErrorIs(t, err, test.want)
					require.True(t, archive == nil)
				}
				left, err := os.ReadDir(temp)
				require.NoError(t, err)
				assert.Empty(t, left)
			})
		})
	}
}

// reached returns tree with a callback for each open and read.
func reached(tree fstest.MapFS, reach func(at string) error) fs.FS {
	return hookedFS{tree, func(name string) (fs.File, error) {
		opened, err := tree.Open(name)
		if tree[name] == nil || err != nil {
			return opened, err
		}
		if err := reach("open " + name); err != nil {
			return nil, err
		}
		return hookedFile{opened, func(p []byte) (int, error) {
			if err := reach("read " + name); err != nil {
				return 0, err
			}
			return opened.Read(p)
		}, int64(len(tree[name].Data))}, nil
	}}
}

func TestNoTempDir(t *testing.T) {
	setTempDir(t, filepath.Join(t.TempDir(), "gone"))
	_, err := tarball.FS(fstest.MapFS{"a": file("")}).Pack(t.Context(), "")
	require.ErrorIs(t, err, fs.ErrNotExist)
	assert.ErrorContains(t, err, "must be a writable directory; fix that, or set TMPDIR (TMP on Windows) to another one: ")
}

// While it is open, and though nobody closes it, the tarball is in no directory; and it is
// for this user alone.
func TestTempFileIsGone(t *testing.T) {
	replacesOpenFiles(t)
	temp := t.TempDir()
	setTempDir(t, temp)
	archive, err := tarball.FS(fstest.MapFS{"a": file("")}).Pack(t.Context(), "")
	require.NoError(t, err)
	left, err := os.ReadDir(temp)
	require.NoError(t, err)
	assert.Empty(t, left)
	names, _ := extract(t, archive)
	assert.Equal(t, []string{"a"}, names)
	require.NoError(t, archive.Close())
}

func TestPackWithNilArguments(t *testing.T) {
	var none *tarball.Source
	for _, source := range []*tarball.Source{none, {}} {
		_, text := refused(t, source, "")
		assert.Equal(t, "source must be created with Dir, FS or File", text)
	}
	var ctx context.Context
	_, err := tarball.FS(fstest.MapFS{"a": file("")}).Pack(ctx, "")
	assert.EqualError(t, err, "ctx must not be nil; pass context.Background() if there is none")
}

// linksFS calls on when a symlink is read.
type linksFS struct {
	fstest.MapFS
	on func(name string)
}

func (l linksFS) ReadLink(name string) (string, error) {
	l.on(name)
	return l.MapFS.ReadLink(name)
}

func TestPackingEndsBetweenSymlinks(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	_, err := tarball.FS(linksFS{fstest.MapFS{"a": link("x"), "b": link("x")}, func(name string) {
		assert.Equal(t, "a", name)
		cancel()
	}}).Pack(ctx, "")
	require.ErrorIs(t, err, context.Canceled)
}

// The error of an ended context includes its cause.
func TestPackReturnsTheCause(t *testing.T) {
	over := errors.New("the job's budget is used up")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(over)
	_, err := tarball.FS(fstest.MapFS{"a": file("x")}).Pack(ctx, "")
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, over)
	assert.EqualError(t, err, "packing stopped: context canceled: the job's budget is used up")
}
