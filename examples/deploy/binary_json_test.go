package main_test

import (
	"fmt"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/astro-finalize/astro-finalize-go/astrotest"
)

var seconds = regexp.MustCompile(`"(\w*Seconds)": *([^,\s}]+)`)

// The JSON says whether the deploy was simulated, and where it went.
func TestJSON(t *testing.T) {
	t.Parallel()
	s := newService(t)
	simulated, live := run(t, nil, "-json"), run(t, s.env, append(s.live, "-json")...)
	for _, e := range []ended{simulated, live} {
		assert.Equal(t, 0, e.code, e.stderr)
		timings := seconds.FindAllStringSubmatch(e.stdout, -1)
		assert.NotEmpty(t, timings, e.stdout)
		for _, timing := range timings {
			assert.Regexp(t, `^\d+(?:\.\d{1,3})?$`, timing[2], timing[1])
		}
		assert.NotEmpty(t, parsed(t, e)["contentDigest"])
		assert.NotContains(t, parsed(t, e), "error")
		assert.NotContains(t, parsed(t, e), "next")
	}
	assert.Equal(t, true, parsed(t, simulated)["simulated"])
	assert.Regexp(t, `^127\.0\.0\.1:\d+$`, parsed(t, simulated)["host"])
	assert.Equal(t, false, parsed(t, live)["simulated"])
	assert.Equal(t, s.host(), parsed(t, live)["host"])
	s.deployed(t)
}

// The JSON of a failure has the same members, and says at which stage it failed.
func TestJSONOfFailures(t *testing.T) {
	t.Parallel()
	for stage, row := range map[string]struct {
		faults []astrotest.Fault
		code   int
	}{
		"create":   {[]astrotest.Fault{astrotest.Error(403, "no").On("CreateDeploy")}, 1},
		"upload":   {[]astrotest.Fault{astrotest.ExpiredUploadURL().On("PutBlob")}, 1},
		"finalize": {[]astrotest.Fault{showing("FAILED").On("FinalizeDeploy")}, 3},
		"wait":     {[]astrotest.Fault{showing("INITIALIZED").On("FinalizeDeploy"), astrotest.Error(403, "no").On("GetDeploy")}, 3},
	} {
		t.Run(stage, func(t *testing.T) {
			t.Parallel()
			s := newService(t)
			s.Inject(row.faults...)
			e := run(t, s.env, append(s.live, "-json")...)
			assert.Equal(t, row.code, e.code, e.stderr)
			report := parsed(t, e)
			assert.NotEmpty(t, report["error"])
			assert.Equal(t, stage, report["failedStage"])
			assert.Equal(t, false, report["simulated"])
			assert.Equal(t, s.host(), report["host"])
			for _, timing := range seconds.FindAllStringSubmatch(e.stdout, -1) {
				assert.Regexp(t, `^\d+(?:\.\d{1,3})?$`, timing[2], timing[1])
			}
			if row.code == 3 {
				assert.Contains(t, e.stderr, fmt.Sprintf("\nnext: %v\n", report["next"]))
			}
		})
	}
}

// The JSON of the steps also says where they went.
func TestJSONOfSteps(t *testing.T) {
	t.Parallel()
	s := newService(t)
	state := filepath.Join(t.TempDir(), "state.json")
	for _, args := range [][]string{
		{"create", "-dags", s.dags}, {"upload", "-dags", s.dags}, {"finalize"}, {"status"},
	} {
		e := run(t, s.env, append(args, "-live", "-state", state, "-json")...)
		assert.Equal(t, 0, e.code, e.stderr)
		report := parsed(t, e)
		assert.Equal(t, false, report["simulated"])
		assert.Equal(t, s.host(), report["host"])
		assert.NotEmpty(t, report["deployId"])
	}
	s.deployed(t)
}

// The sentence says where the deploy went, and that it was simulated.
func TestSentences(t *testing.T) {
	t.Parallel()
	s := newService(t)
	e := run(t, nil)
	assert.Equal(t, 0, e.code, e.stderr)
	assert.Regexp(t, `^simulated: deploy clfake\d+ is DEPLOYED at 127\.0\.0\.1:\d+: tarball version \S+, files \d+, bytes [\d,]+, \d+(?:\.\d{1,3})? s\n$`, e.stdout)
	e = run(t, s.env, s.live...)
	assert.Equal(t, 0, e.code, e.stderr)
	assert.Regexp(t, `^deploy clfake\d+ is DEPLOYED at `+regexp.QuoteMeta(s.host())+`: tarball version \S+, files \d+, bytes [\d,]+, \d+(?:\.\d{1,3})? s\n$`, e.stdout)
	s.deployed(t)
}
