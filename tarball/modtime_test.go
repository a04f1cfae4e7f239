package tarball_test

import (
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/tarball"
)

// entryTime returns the common time of all entries.
func entryTime(t *testing.T, source *tarball.Source) time.Time {
	t.Helper()
	archive, err := source.Pack(t.Context(), "a/b")
	require.NoError(t, err)
	defer func() { _ = archive.Close() }()
	names, entries := extract(t, archive)
	first := entries[names[0]].header.ModTime
	for name, entry := range entries {
		assert.True(t, entry.header.ModTime.Equal(first), name)
		assert.Empty(t, entry.header.PAXRecords, name)
	}
	return first.UTC()
}

// timed has a file, a symlink and a directory.
var timed = fstest.MapFS{"sub/a.py": file(""), "l": link("sub")}

// The default is the time of packing, not that of creating the source.
func TestTimeOfPacking(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "")
	synctest.Test(t, func(t *testing.T) {
		source := tarball.FS(timed)
		for range 3 {
			time.Sleep(1500 * time.Millisecond)
			assert.Equal(t, time.Now().UTC().Truncate(time.Second), entryTime(t, source))
		}
	})
}

func TestSourceDateEpoch(t *testing.T) {
	source := tarball.FS(timed)
	for value, want := range map[string]int64{"0": 0, "1705084340": 1705084340, "0001705084340": 1705084340, "8589934591": 1<<33 - 1} {
		t.Setenv("SOURCE_DATE_EPOCH", value)
		assert.Equal(t, want, entryTime(t, source).Unix(), "read when packing")
		assert.Equal(t, epoch, entryTime(t, tarball.FS(timed, tarball.ModTime(epoch))), "the option takes precedence")
	}
	for _, wrong := range []string{"-1", "8589934592", "99999999999999999999", "1705084340.5", "1_000", "0x10", "+5", " 5", "5 ", "today", "2024-01-12T18:32:20Z", "1e9", "\n", strings.Repeat("9", 1000)} {
		t.Setenv("SOURCE_DATE_EPOCH", wrong)
		why, text := refused(t, source, "")
		assert.Equal(t, "SOURCE_DATE_EPOCH", why.Field)
		assert.Contains(t, text, "SOURCE_DATE_EPOCH must be whole seconds since 1970, from 0 to 8589934591, such as 1705084340 (got ", wrong)
		assert.Contains(t, text, "correct or unset it, or pass the option ModTime")
		assert.Less(t, len(text), 600)
		assert.Equal(t, epoch, entryTime(t, tarball.FS(timed, tarball.ModTime(epoch))), "the option takes precedence")
	}
}

func TestModTime(t *testing.T) {
	commit := time.Date(2024, 1, 12, 18, 32, 20, 589, time.FixedZone("", 3600))
	assert.True(t, entryTime(t, tarball.FS(timed, tarball.ModTime(commit))).Equal(commit.Truncate(time.Second)))
	for _, allowed := range []time.Time{time.Unix(0, 0), time.Unix(1<<33-1, 999)} {
		assert.Equal(t, allowed.Unix(), entryTime(t, tarball.FS(timed, tarball.ModTime(allowed))).Unix())
	}
	for _, wrong := range []time.Time{{}, time.Unix(-1, 0), time.Unix(1<<33, 0)} {
		why, text := refused(t, tarball.FS(timed, tarball.ModTime(wrong)), "")
		assert.Equal(t, "ModTime", why.Field)
		assert.Contains(t, text, "ModTime must be from 1970 to 2242")
	}
}
