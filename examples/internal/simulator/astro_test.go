package simulator

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The vendor's CLI itself, if there is one. TestReplayOfTheCLI needs none.
func TestTheCLI(t *testing.T) {
	astro, err := exec.LookPath("astro")
	if err != nil {
		t.Skip("no program astro on the PATH")
	}
	home, project, dbt := t.TempDir(), t.TempDir(), t.TempDir()
	asks := exec.CommandContext(t.Context(), astro, "version")
	asks.Env = append(os.Environ(), "ASTRO_HOME="+home, "HOME="+home, "ASTRO_TELEMETRY_DISABLED=1")
	if version, _ := asks.CombinedOutput(); !strings.Contains(string(version), "Astro CLI Version") {
		t.Skipf("%s is another program, which calls itself %.80q", astro, version)
	}
	s := start(t)
	defer s.stop()
	write := func(path, text string) {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	write(filepath.Join(home, ".astro", "config.yaml"), "upgrade_message: false\nlocal:\n  core: "+s.exports["ASTRO_API_URL"]+"\n")
	write(filepath.Join(project, ".astro", "config.yaml"), "project:\n  name: test\n")
	write(filepath.Join(project, "dags", "hello.py"), "print('hello')\n")
	write(filepath.Join(dbt, "dbt_project.yml"), "name: shop\n")
	run := func(folder string, args ...string) string {
		command := exec.CommandContext(t.Context(), astro, args...)
		command.Dir = folder
		command.Env = append(os.Environ(), "ASTRO_HOME="+home, "HOME="+home, "ASTRO_DOMAIN=localhost", "ASTRO_TELEMETRY_DISABLED=1",
			"ASTRO_API_TOKEN="+s.exports["ASTRO_API_TOKEN"], "ASTRONOMER_KEY_ID=", "HTTP_PROXY=", "http_proxy=")
		output, err := command.CombinedOutput()
		require.NoError(t, err, "astro %s: %s", strings.Join(args, " "), output)
		return string(output)
	}
	id := s.exports["ASTRO_DEPLOYMENT_ID"]
	fill := strings.NewReplacer("{organization}", s.exports["ASTRO_ORGANIZATION_ID"], "{deployment}", id).Replace
	versionIn := func(output string) string { return regexp.MustCompile(`20\d\d-\S+Z`).FindString(output) }

	assert.Contains(t, run(home, "deployment", "list"), id)
	assert.Contains(t, run(home, "deployment", "inspect", id, "--key", "metadata.status"), "HEALTHY")
	deployed := run(project, "deploy", "--dags", "-f")
	require.NotEmpty(t, versionIn(deployed), deployed)
	now, _ := s.state(t, fill)
	assert.Equal(t, versionIn(deployed), now.DAGTarballVersion)

	deployed = run(dbt, "dbt", "deploy", id)
	_, bundles := s.state(t, fill)
	assert.Equal(t, "/usr/local/airflow/dbt/shop "+versionIn(deployed), bundles)
	run(dbt, "dbt", "delete", id, "--mount-path", "/usr/local/airflow/dbt/shop")
	_, bundles = s.state(t, fill)
	assert.Empty(t, bundles)
}
