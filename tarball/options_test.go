package tarball_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/tarball"
)

func TestPrefix(t *testing.T) {
	tree := fstest.MapFS{"x.py": file("")}
	for prefix, want := range map[string][]string{
		"dags":       {"dags/", "dags/x.py"},
		"./dags//":   {"dags/", "dags/x.py"},
		"":           {"x.py"},
		".":          {"x.py"},
		"a/b/../c/d": {"a/", "a/c/", "a/c/d/", "a/c/d/x.py"},
		"..a":        {"..a/", "..a/x.py"},
		"é":          {"é/", "é/x.py"},
	} {
		assert.Equal(t, want, packed(t, tarball.FS(tree), prefix), prefix)
		assert.Equal(t, want, packed(t, tarball.FS(tree, tarball.Prefix(prefix)), "other"), "the option takes precedence")
	}
	for prefix, want := range map[string]string{
		"/dags":     `must be a path within the tarball, like dags, or "" for none (got "/dags")`,
		"..":        "must be a path within the tarball",
		"a/../../b": "must be a path within the tarball",
		"a\nb":      `must not contain a control character (got "a\nb")`,
		"a\x00":     "must not contain a control character",
		"a\xff":     "must be UTF-8",
		`dags\x`:    "must use slashes",
	} {
		why, text := refused(t, tarball.FS(tree), prefix)
		assert.Equal(t, "prefix", why.Field)
		assert.Contains(t, text, "prefix "+want)
		_, text = refused(t, tarball.FS(tree, tarball.Prefix(prefix)), "")
		assert.Contains(t, text, "Prefix "+want)
	}
}

func TestLevel(t *testing.T) {
	text := bytes.Buffer{}
	for i := range 10_000 {
		text.WriteString(time.Unix(int64(i*i), 0).UTC().Format("INSERT INTO orders VALUES ('2006-01-02', '15:04:05', 'Monday');\n"))
	}
	tree := fstest.MapFS{"a.sql": file(text.String())}
	size := func(options ...tarball.Option) int64 {
		archive, err := tarball.FS(tree, options...).Pack(t.Context(), "")
		require.NoError(t, err)
		defer func() { _ = archive.Close() }()
		return archive.Size()
	}
	assert.Greater(t, size(tarball.Level(tarball.Fastest)), size())
	assert.Greater(t, size(), size(tarball.Level(tarball.Smallest)))
	assert.Equal(t, size(), size(tarball.Level(tarball.Default)))

	standard := &bytes.Buffer{}
	writer := gzip.NewWriter(standard)
	_, err := io.Copy(writer, &text)
	require.NoError(t, err)
	require.NoError(t, writer.Close())
	assert.Less(t, float64(size()), 1.05*float64(standard.Len()), "about as small as with the standard library")

	for _, level := range []int{-1, 0, 10} {
		why, text := refused(t, tarball.FS(tree, tarball.Level(level)), "")
		assert.Equal(t, "Level", why.Field)
		assert.Contains(t, text, "Level must be 1 to 9 (got ")
	}
}

// Options are validated when packing, before anything is read. The slice is copied, so the caller may change
// it.
func TestOptions(t *testing.T) {
	_, text := refused(t, tarball.Dir("gone", nil), "")
	assert.Equal(t, "options must not contain a nil Option", text)
	_, text = refused(t, tarball.Dir("gone", tarball.Level(99)), "")
	assert.Contains(t, text, "Level")

	options := []tarball.Option{tarball.Ignore("a")}
	for _, source := range []*tarball.Source{tarball.FS(fstest.MapFS{"a": file(""), "b": file("")}, options...), tarball.Dir(folder(t, fstest.MapFS{"a": file(""), "b": file("")}), options...)} {
		options[0] = tarball.Ignore("b")
		assert.Equal(t, []string{"b"}, packed(t, source, ""))
		options[0] = tarball.Ignore("a")
	}
}
