package tarball_test

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/tarball"
)

// A file that is written to while it is read may have old and new bytes. Its time or size shows that.
func TestPackRejectsFilesThatAreWrittenTo(t *testing.T) {
	root := folder(t, fstest.MapFS{"a.py": file(random), "z.py": file("")})
	at := filepath.Join(root, "a.py")
	require.NoError(t, os.Chtimes(at, epoch, epoch))
	for name, rewrite := range map[string]func() error{
		"written to": func() error {
			opened, err := os.OpenFile(at, os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			defer func() { _ = opened.Close() }()
			_, err = opened.WriteAt([]byte("x"), 2<<20)
			return err
		},
		"an older time": func() error { return os.Chtimes(at, epoch, time.Unix(1, 0)) },
		"longer":        func() error { return os.Truncate(at, 4<<20) },
		"shorter":       func() error { return os.Truncate(at, 1<<20) },
	} {
		t.Run(name, func(t *testing.T) {
			asks := 0
			_, err := tarball.Dir(root).Pack(asked{t.Context(), func() {
				if asks++; asks == 4 { // after the listing, the file and its first part
					require.NoError(t, rewrite())
				}
			}}, "")
			var why *tarball.Error
			require.ErrorAs(t, err, &why)
			assert.Equal(t, "a.py", why.Path)
			assert.ErrorContains(t, err, "while it was read; pack when nothing writes to it")
			require.NoError(t, os.WriteFile(at, []byte(random), 0o600))
			require.NoError(t, os.Chtimes(at, epoch, epoch))
		})
	}
}

// A file that is replaced, as editors and git do, is packed whole.
func TestFileReplacedIsPackedWhole(t *testing.T) {
	replacesOpenFiles(t)
	root := folder(t, fstest.MapFS{"a.py": file(random)})
	asks := 0
	archive, err := tarball.Dir(root).Pack(asked{t.Context(), func() {
		if asks++; asks == 4 {
			require.NoError(t, os.WriteFile(filepath.Join(root, "new"), nil, 0o600))
			require.NoError(t, os.Rename(filepath.Join(root, "new"), filepath.Join(root, "a.py")))
		}
	}}, "")
	require.NoError(t, err)
	defer func() { _ = archive.Close() }()
	_, entries := extract(t, archive)
	assert.Equal(t, random, entries["a.py"].content)
}

// writtenFS has a file that is written to for a while. Until then, its time is now.
type writtenFS struct {
	fstest.MapFS
	until time.Time
	read  func()
}

func (w writtenFS) Open(name string) (fs.File, error) {
	opened, err := w.MapFS.Open(name)
	return writtenFile{opened, w}, err
}

type writtenFile struct {
	fs.File
	fsys writtenFS
}

func (w writtenFile) Read(p []byte) (int, error) {
	w.fsys.read()
	return w.File.Read(p)
}

func (w writtenFile) Stat() (fs.FileInfo, error) {
	info, err := w.File.Stat()
	last := time.Now()
	if last.After(w.fsys.until) {
		last = w.fsys.until
	}
	return writtenInfo{info, last}, err
}

type writtenInfo struct {
	fs.FileInfo
	last time.Time
}

func (w writtenInfo) ModTime() time.Time { return w.last }

// A recently written file is read only after a further write would change its time.
func TestPackWaitsForRecentlyWrittenFiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, lasts := range []time.Duration{0, 15 * time.Millisecond, 900 * time.Millisecond} {
			until := time.Now().Add(lasts)
			fsys := writtenFS{fstest.MapFS{"a": file("x")}, until, func() {
				assert.GreaterOrEqual(t, time.Since(until), 20*time.Millisecond)
			}}
			assert.Equal(t, []string{"a"}, packed(t, tarball.FS(fsys), ""))
			assert.Less(t, time.Since(until), 50*time.Millisecond)
		}
		began := time.Now()
		_, text := refused(t, tarball.FS(writtenFS{fstest.MapFS{"a": file("x")}, began.Add(time.Hour), func() { t.Error("is read") }}), "")
		assert.Contains(t, text, `"a" was written to`)
		assert.LessOrEqual(t, time.Since(began), time.Second)
		assert.Equal(t, []string{"a"}, packed(t, tarball.FS(fstest.MapFS{"a": {ModTime: time.Now().Add(time.Hour)}}), ""), "the clocks may differ")
		assert.LessOrEqual(t, time.Since(began), time.Second)
	})
}

// The wait ends with the context.
func TestFileWrittenToEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
		defer cancel()
		_, err := tarball.FS(writtenFS{fstest.MapFS{"a": file("x")}, began.Add(time.Hour), func() { t.Error("is read") }}).Pack(ctx, "")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, 5*time.Millisecond, time.Since(began))
	})
}
