package main

import (
	"bytes"
	"os"
	"path/filepath"
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

func TestBadFlags(t *testing.T) {
	server, args := live(t)
	for _, row := range []struct {
		args []string
		want string
	}{
		{append(args, "argument"), "use flags only, after the command"},
		{append(args, "-dags", ""), "-dags must not be empty; is a variable unset?"},
		{append(args, "-deployment", ""), "-deployment must not be empty; is a variable unset?"},
	} {
		code, stdout, stderr := runWith(t, row.args...)
		assert.Equal(t, command.Usage, code, "%v: %s", row.args, stderr)
		assert.Empty(t, stdout)
		assert.Contains(t, stderr, row.want)
	}
	assert.Empty(t, server.Requests())
}
