package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/examples/internal/command"
	"github.com/astro-finalize/astro-finalize-go/tarball"
)

func runWith(t *testing.T, args ...string) (code int, stdout, stderr string) {
	var out, errors bytes.Buffer
	code = run(t.Context(), args, &out, &errors)
	return code, out.String(), errors.String()
}

// folder returns a new folder of DAGs.
func folder(t *testing.T) string {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a.py"), []byte("print()\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "b.tmp"), []byte("x"), 0o600))
	return dir
}

func TestSimulation(t *testing.T) {
	t.Setenv("ASTRO_API_TOKEN", "")
	t.Setenv("ASTRO_ORGANIZATION_ID", "")
	t.Setenv("ASTRO_DEPLOYMENT_ID", "")
	t.Setenv("ASTRO_API_URL", "")
	for _, args := range [][]string{
		{},
		{"-dags", folder(t), "-description", "Monday"},
		{"-bundle", folder(t), "-mount-path", "/usr/local/airflow/dbt/shop"},
		{"-dags", t.TempDir(), "-allow-empty"},
		{"-api-version", "v1"},
	} {
		code, stdout, stderr := runWith(t, args...)
		require.Equal(t, command.OK, code, stderr)
		assert.Regexp(t, `^simulated: deploy clfake\d+ is DEPLOYED at 127\.0\.0\.1:\d+: tarball version \S+, files \d, bytes \d+, \d\.\d{3} s\n$`, stdout)
		assert.Contains(t, stderr, "This is a simulation")
		assert.Regexp(t, `deploying .+ to Deployment \S+ at 127\.0\.0\.1:\d+\n`, stderr)
		assert.Contains(t, stderr, "uploaded ")
	}
}

// All embedded DAGs are packed: go:embed skips some names without "all:".
func TestEmbedded(t *testing.T) {
	packed, err := firstSource(settings{}).Pack(t.Context(), "dags")
	require.NoError(t, err)
	defer func() { _ = packed.Close() }()
	assert.Equal(t, 3, packed.Files())
}

func firstSource(s settings) *tarball.Source {
	source, _ := source(s)
	return source
}

// live starts a service, and sets the environment variables that lead there.
func live(t *testing.T) (*astrotest.Server, []string) {
	server := astrotest.NewServer(astrotest.WithTokens("real"))
	t.Cleanup(server.Close)
	deployment := server.AddDeployment(astrotest.Deployment{DAGDeploys: true})
	t.Setenv("ASTRO_API_TOKEN", "real")
	t.Setenv("ASTRO_ORGANIZATION_ID", deployment.OrganizationID)
	t.Setenv("ASTRO_DEPLOYMENT_ID", deployment.ID)
	t.Setenv("ASTRO_API_URL", server.URL)
	return server, []string{"-live", "-dags", folder(t)}
}

func TestLiveAsJSON(t *testing.T) {
	server, args := live(t)
	code, stdout, stderr := runWith(t, append(args, "-json", "-ignore", "*.tmp", "-ignore", "*.bak")...)
	require.Equal(t, command.OK, code, stderr)
	var result struct{ DeployID, Status, TarballVersion string }
	require.NoError(t, json.Unmarshal([]byte(stdout), &result))
	assert.Equal(t, "DEPLOYED", result.Status)
	assert.Contains(t, stderr, " at "+strings.TrimPrefix(server.URL, "http://")+"\n")
	_, stored := server.Tarball(result.TarballVersion)
	assert.True(t, stored)
	assert.NotContains(t, stdout+stderr, "sig=")
}

func TestOnlyIfChanged(t *testing.T) {
	server, args := live(t)
	args = append(args, "-only-if-changed")
	code, _, stderr := runWith(t, args...)
	require.Equal(t, command.OK, code, stderr)
	before := len(server.Requests())
	code, stdout, stderr := runWith(t, args...)
	assert.Equal(t, command.OK, code, stderr)
	assert.Regexp(t, `^nothing was deployed at 127\.0\.0\.1:\d+, since deploy clfake\d+ has the same content\n$`, stdout)
	assert.Len(t, server.Requests(), before+1, "one look")
	code, stdout, stderr = runWith(t, append(args, "-json")...)
	assert.Equal(t, command.OK, code, stderr)
	assert.Contains(t, stdout, `"unchanged": true`)
}

func TestFailures(t *testing.T) {
	for name, row := range map[string]struct {
		faults []astrotest.Fault
		code   int
		stage  string
	}{
		"expired":          {[]astrotest.Fault{astrotest.ExpiredUploadURL().On("PutBlob")}, command.Failed, "upload"},
		"FAILED":           {[]astrotest.Fault{showing("FAILED").On("FinalizeDeploy")}, command.Unknown, "finalize"},
		"unknown":          {[]astrotest.Fault{astrotest.Error(524, "no").On("FinalizeDeploy")}, command.Unknown, "finalize"},
		"wait ended early": {[]astrotest.Fault{showing("INITIALIZED").On("FinalizeDeploy"), astrotest.Error(403, "no").On("GetDeploy")}, command.Unknown, "wait"},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "unknown" && testing.Short() {
				t.Skip("slow: it waits before each retry")
			}
			server, args := live(t)
			server.Inject(row.faults...)
			code, stdout, stderr := runWith(t, append(args, "-json")...)
			assert.Equal(t, row.code, code, stderr)
			var report struct{ Error, FailedStage, DeployID string }
			require.NoError(t, json.Unmarshal([]byte(stdout), &report))
			assert.Equal(t, row.stage, report.FailedStage)
			assert.NotEmpty(t, report.DeployID)
			assert.Contains(t, stderr, report.Error)
			assert.NotContains(t, stdout+stderr, "sig=")
		})
	}
}

// An unset variable is reported by its name, in JSON as well, and nothing is sent.
func TestMissingIDs(t *testing.T) {
	for _, variable := range []string{"ASTRO_ORGANIZATION_ID", "ASTRO_DEPLOYMENT_ID"} {
		server, args := live(t)
		t.Setenv(variable, "")
		code, stdout, stderr := runWith(t, append(args, "-json")...)
		assert.Equal(t, command.Usage, code)
		assert.Contains(t, stderr, "deploy: "+variable+" must be set, unless -")
		assert.Contains(t, stdout, variable)
		assert.Empty(t, server.Requests())
	}
}

func TestBadFlags(t *testing.T) {
	server, args := live(t)
	empty := t.TempDir()
	for _, row := range []struct {
		args []string
		want string
	}{
		{[]string{"-nonsense"}, "-nonsense"},
		{append(args, "argument"), "use flags only"},
		{append(args, "create"), "after the command"},
		{append(args, "-bundle", "."), "give one of them"},
		{append(args, "-mount-path", "/a"), "add -bundle"},
		{append(args, "-dags", "", "-bundle", empty), "-dags must not be empty; is a variable unset?"},
		{append(args, "-timeout", "0s"), "must be positive"},
		{[]string{"-live"}, "-live needs -dags or -bundle"},
		{append(args, "-dags", empty), "-allow-empty"},
		{append(args, "-dags", filepath.Join(empty, "none")), "must be a readable folder"},
		{append(args, "-ignore", "[a"), "-ignore pattern"},
		{append(args, "-deployment", "../x"), "-deployment or ASTRO_DEPLOYMENT_ID must not"},
		{append(args, "-api-version", "v2"), "must be v1beta1"},
		{append(args, "-base-url", "http://api.astronomer.io"), "must be https"},
	} {
		code, stdout, stderr := runWith(t, row.args...)
		assert.Equal(t, command.Usage, code, "%v: %s", row.args, stderr)
		assert.Empty(t, stdout)
		assert.Contains(t, stderr, row.want)
	}
	assert.Empty(t, server.Requests())
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	for _, args := range [][]string{{"-h"}, {create, "-h"}, {upload, "-h"}, {finalize, "-h"}, {status, "-h"}} {
		code, stdout, _ := runWith(t, args...)
		assert.Equal(t, command.OK, code)
		flags := regexp.MustCompile(`(?m)^  (-[\w-]+)`).FindAllStringSubmatch(stdout, -1)
		assert.NotEmpty(t, flags)
		for _, flag := range flags {
			assert.Regexp(t, "`"+flag[1]+"[ `]", string(readme))
		}
	}
}
