package main_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/astrotest"
)

// badIDs cannot be the ID of anything.
var badIDs = []string{"../x", "x\ny", `"x"`}

// A bad value is refused before anything is sent, in one line and in the operator's words.
func TestBadValues(t *testing.T) {
	t.Parallel()
	s := newService(t)
	refused := func(says string, variables []string, args ...string) {
		t.Helper()
		e := run(t, append(s.env, variables...), args...)
		assert.Equal(t, 2, e.code, "%q %q: %s", variables, args, e.stderr)
		assert.Contains(t, e.stderr, says, "%q %q", variables, args)
		isUsage(t, e)
	}
	for _, id := range badIDs {
		refused("-organization", nil, append(s.live, "-organization", id)...)
		refused("-deployment", nil, append(s.live, "-deployment", id)...)
		refused("ASTRO_ORGANIZATION_ID", []string{"ASTRO_ORGANIZATION_ID=" + id}, s.live...)
		refused("ASTRO_DEPLOYMENT_ID", []string{"ASTRO_DEPLOYMENT_ID=" + id}, s.live...)
		refused("-deploy", nil, "status", "-live", "-deploy", id)
		refused("-deploy", nil, "finalize", "-live", "-deploy", id, "-image-only")
	}
	for _, variable := range []string{"ASTRO_ORGANIZATION_ID", "ASTRO_DEPLOYMENT_ID", "ASTRO_API_TOKEN"} {
		refused(variable, []string{variable + "="}, s.live...)
	}
	for _, token := range []string{"a b", "a\nb", "Bearer real"} {
		refused("ASTRO_API_TOKEN", []string{"ASTRO_API_TOKEN=" + token}, s.live...)
	}
	for _, url := range []string{"http://api.astronomer.io", "https://a:b@a.example", s.URL + "/v1"} {
		refused("ASTRO_API_URL", []string{"ASTRO_API_URL=" + url}, s.live...)
		refused("-base-url", nil, append(s.live, "-base-url", url)...)
	}
	for _, version := range []string{"v2", "V1", "1", "v1 ", "/v1"} {
		refused("-api-version", nil, append(s.live, "-api-version", version)...)
	}
	for _, timeout := range []string{"0s", "-1m", "x", "5", ""} {
		refused("-timeout", nil, append(s.live, "-timeout", timeout)...)
	}
	for _, path := range []string{"a", "a/b", "/a/../b", "/", ""} {
		refused("-mount-path", nil, "-live", "-bundle", s.dags, "-mount-path", path)
		refused("-mount-path", nil, "create", "-live", "-state", filepath.Join(t.TempDir(), "s"), "-bundle", s.dags, "-mount-path", path)
	}
	refused("-bundle-type", nil, "-live", "-bundle", s.dags, "-mount-path", "/usr/local/airflow/dbt/shop", "-bundle-type", "")
	refused("-description", nil, append(s.live, "-description", strings.Repeat("x", 501))...)
	refused("-dags-version", nil, "finalize", "-live", "-deploy", "x", "-dags-version", "")
	refused("-bundle-version", nil, "finalize", "-live", "-deploy", "x", "-bundle-version", "")
	assert.Empty(t, s.Requests())
}

// If the flags can be read, -json prints the error; a script need not read standard error.
func TestUsageErrorsAsJSON(t *testing.T) {
	t.Parallel()
	s := newService(t)
	for _, row := range []struct {
		env  []string
		args []string
	}{
		{nil, []string{"-deployment", "../x"}},
		{[]string{"ASTRO_API_TOKEN="}, nil},
		{[]string{"ASTRO_ORGANIZATION_ID="}, nil},
		{[]string{"ASTRO_API_URL=x"}, nil},
	} {
		e := run(t, append(s.env, row.env...), append(append(s.live, "-json"), row.args...)...)
		assert.Equal(t, 2, e.code, e.stderr)
		var report struct{ Error string }
		require.NoError(t, json.Unmarshal([]byte(e.stdout), &report), e.stdout)
		assert.Contains(t, e.stderr, report.Error)
		assert.NotEmpty(t, report.Error)
	}
	e := run(t, s.env, append(s.live, "-json", "-nonsense")...)
	assert.Equal(t, 2, e.code, e.stderr)
	assert.Empty(t, e.stdout)
}

// badFolders returns folders that cannot be deployed as DAGs.
func badFolders(t *testing.T) map[string]string {
	t.Helper()
	project, file, unreadable := t.TempDir(), filepath.Join(folder(t), "a.py"), filepath.Join(t.TempDir(), "closed")
	require.NoError(t, os.Mkdir(filepath.Join(project, "dags"), 0o700))
	for _, name := range []string{"Dockerfile", "requirements.txt", "dags/a.py"} {
		require.NoError(t, os.WriteFile(filepath.Join(project, name), []byte("x\n"), 0o600))
	}
	folders := map[string]string{"project": project, "file": file, "empty": t.TempDir(), "missing": filepath.Join(t.TempDir(), "none")}
	require.NoError(t, os.Mkdir(unreadable, 0))
	if _, err := os.ReadDir(unreadable); err != nil { // an administrator can read everything
		folders["unreadable"] = unreadable
	}
	return folders
}

// isUnpackable checks that a folder was refused. The flags are right, so that their help is not advised.
func isUnpackable(t *testing.T, says string, e ended) {
	t.Helper()
	assert.Equal(t, 2, e.code, e.stderr)
	assert.Empty(t, e.stdout)
	errors := regexp.MustCompile(`(?m)^deploy: .*$`).FindAllString(e.stderr, -1)
	if assert.Len(t, errors, 1, e.stderr) {
		assert.Contains(t, errors[0], says)
	}
	assert.NotContains(t, e.stderr, "next: ")
}

func TestBadFolders(t *testing.T) {
	t.Parallel()
	s := newService(t)
	for _, bad := range badFolders(t) {
		for _, args := range [][]string{{"-dags", bad}, {"-live", "-dags", bad}, {"create", "-live", "-state", filepath.Join(t.TempDir(), "s"), "-dags", bad}} {
			env := s.env
			if args[0] == "-dags" {
				env = nil
			}
			isUnpackable(t, bad, run(t, env, args...))
			e := run(t, env, append(args, "-json")...)
			assert.Equal(t, 2, e.code, e.stderr)
			assert.Contains(t, parsed(t, e)["error"], bad)
		}
	}
	isUnpackable(t, "-ignore", run(t, s.env, append(s.live, "-ignore", "[a")...))
	assert.Empty(t, s.Requests())
}

// A state file that is damaged, of another Deployment or missing is refused, and so is one that exists by create.
func TestBadStates(t *testing.T) {
	t.Parallel()
	s := newService(t)
	path := filepath.Join(t.TempDir(), "state.json")
	created := run(t, s.env, append([]string{"create", "-state", path}, s.live...)...)
	require.Equal(t, 0, created.code, created.stderr)
	good, err := os.ReadFile(path)
	require.NoError(t, err)
	before := len(s.Requests())
	other := s.AddDeployment(astrotest.Deployment{OrganizationID: s.deployment.OrganizationID, DAGDeploys: true})
	refused := func(path string, env []string, args ...string) {
		t.Helper()
		e := run(t, append(s.env, env...), args...)
		assert.Equal(t, 2, e.code, "%q: %s", args, e.stderr)
		assert.Contains(t, e.stderr, "-state")
		assert.Contains(t, e.stderr, path)
		assert.Empty(t, e.stdout)
		assert.Regexp(t, `^deploy: [^\n]+\n$`, e.stderr) // the flags are right
		assert.NotContains(t, e.stderr, "-h")
	}
	refused(path, nil, append([]string{"create", "-state", path}, s.live...)...)
	refused(path, []string{"ASTRO_DEPLOYMENT_ID=" + other.ID}, "finalize", "-live", "-state", path)
	folder := t.TempDir()
	missing := filepath.Join(folder, "none")
	for _, step := range []string{"upload", "finalize", "status"} {
		args := []string{step, "-live"}
		if step == "upload" {
			args = append(args, "-dags", s.dags)
		}
		refused(missing, nil, append(args, "-state", missing)...)
		refused(folder, nil, append(args, "-state", folder)...)
		for _, damaged := range []string{"", "{", "null", "[]", `"x"`, "{}", string(good[:len(good)/2]), string(good) + "}", strings.Replace(string(good), `Id": "`, `Id": "../`, 1)} {
			file := filepath.Join(folder, step+".json")
			require.NoError(t, os.WriteFile(file, []byte(damaged), 0o600))
			refused(file, nil, append(args, "-state", file)...)
		}
	}
	assert.Len(t, s.Requests(), before)
}
