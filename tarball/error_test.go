package tarball_test

import (
	"bytes"
	"errors"
	"io/fs"
	"log/slog"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"

	"github.com/astro-finalize/astro-finalize-go/tarball"
)

func TestErrorIsLoggedWithItsFields(t *testing.T) {
	for want, err := range map[string]*tarball.Error{
		`"err":{"error":"\"a/b.py\" is bad","path":"a/b.py"}`: {Path: "a/b.py", Rule: "is bad"},
		`"err":{"error":"Prefix is bad","field":"Prefix"}`:    {Field: "Prefix", Rule: "is bad"},
	} {
		var log bytes.Buffer
		slog.New(slog.NewJSONHandler(&log, nil)).Error("failed", "err", err)
		assert.Contains(t, log.String(), want)
	}
}

// A path of Windows is shown as it is, and everything else stays in one line.
func TestErrorsShowPathsOfWindows(t *testing.T) {
	for path, want := range map[string]string{
		`C:\Users\new`:       `"C:\Users\new"`,
		`\\server\share\`:    `"\\server\share\"`,
		"a\nb":               `"a\nb"`,
		"\\\n\x1b\u202e\xff": `"\\n\x1b\u202e\xff"`,
		`say "x"`:            `"say \"x\""`,
		"é":                  `"é"`,
	} {
		assert.Equal(t, want+" is bad", (&tarball.Error{Path: path, Rule: "is bad"}).Error())
	}
	_, text := refused(t, tarball.Dir(`C:\no\such folder`), "")
	assert.True(t, strings.HasPrefix(text, `"C:\no\such folder" must be a readable folder`), text)
	_, text = refused(t, tarball.FS(fstest.MapFS{"a.py": file("")}, tarball.Prefix(`dags\x`)), "")
	assert.Equal(t, `Prefix must use slashes, like dags/reports (got "dags\x")`, text)
}

// Errors stay short, even for long names, paths and patterns.
func TestErrorsAreShort(t *testing.T) {
	long := strings.Repeat("ä", 4000)
	deep := strings.Repeat("deep/", 800)
	one := fstest.MapFS{"a.py": file("")}
	for name, source := range map[string]*tarball.Source{
		"target":          tarball.FS(fstest.MapFS{"l": link("/" + long)}),
		"target, no UTF8": tarball.FS(fstest.MapFS{"l": link(strings.Repeat("\xff", 4000))}),
		"name":            tarball.FS(fstest.MapFS{long: {Mode: fs.ModeSocket}}),
		"name, no UTF8":   tarball.FS(fstest.MapFS{long + "\xff": file("")}),
		"path":            tarball.FS(fstest.MapFS{deep + "l": link("/")}),
		"folder":          tarball.Dir("/" + long),
		"file":            tarball.File("/" + long),
		"prefix":          tarball.FS(one, tarball.Prefix("/"+long)),
		"pattern":         tarball.FS(one, tarball.Ignore("["+long)),
		"cause": tarball.FS(hookedFS{one, func(string) (fs.File, error) {
			return nil, errors.New(long)
		}}),
		"directory": tarball.FS(unlisted{fstest.MapFS{deep + "a": file("")}, strings.TrimSuffix(deep, "/")}),
	} {
		why, text := refused(t, source, "")
		assert.Less(t, len(text), 1600, name)
		assert.Less(t, len(why.LogValue().String()), 2400, name)
		assert.NotContains(t, text, "\ufffd", name)
	}
	why, text := refused(t, tarball.FS(fstest.MapFS{deep + "l": link("/")}), "")
	assert.Equal(t, deep+"l", why.Path, "the field is not shortened")
	assert.Contains(t, text, `deep/l" is a symlink to "/"`, "the end of a path is shown")
}
