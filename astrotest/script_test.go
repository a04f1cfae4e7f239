package astrotest_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
)

// Users deploy with bash in their pipelines. The fake must work with such scripts.
func TestScriptsDeploy(t *testing.T) {
	needPrograms(t, "bash", "curl", "jq", "tar")
	files := map[string]string{"example.py": "# a DAG\n", "lib/shared.py": strings.Repeat("# code\n", 1000), "large.bin": incompressible(2 << 20)}
	folder := t.TempDir()
	for name, text := range files {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(folder, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
	}
	const mountPath = "/usr/local/airflow/dbt/shop"
	for _, row := range []struct {
		script     string
		args       []string
		deployType api.DeployType
		prefix     string // of the names in the tarball
	}{
		{"deploy-dags.sh", []string{folder}, api.DeployTypeDAGOnly, "dags/"},
		{"deploy-dags.sh", []string{folder, "IMAGE_AND_DAG"}, api.DeployTypeImageAndDAG, "dags/"},
		{"deploy-bundle.sh", []string{folder, mountPath}, api.DeployTypeBundle, ""},
	} {
		for _, apiPath := range []string{"/platform/v1beta1", "/v1"} {
			t.Run(string(row.deployType)+apiPath, func(t *testing.T) {
				server := astrotest.NewServer()
				defer server.Close()
				deployment := server.AddDeployment(astrotest.Deployment{DAGDeploys: true})

				printed := runScript(t, server, deployment, apiPath, row.script, row.args...)
				match := regexp.MustCompile(`^version: (\S+)\nstatus: DEPLOYED\n$`).FindStringSubmatch(printed)
				require.NotNil(t, match, printed)
				version := match[1]

				now, _ := server.Deployment(deployment.ID)
				if row.deployType == api.DeployTypeBundle {
					require.Len(t, now.Bundles, 1)
					assert.Equal(t, version, *now.Bundles[0].CurrentVersion)
					assert.Equal(t, mountPath, now.Bundles[0].MountPath)
				} else {
					assert.Equal(t, version, now.DAGTarballVersion)
				}
				tarball, found := server.Tarball(version)
				require.True(t, found)
				want := map[string]string{}
				for name, text := range files {
					want[row.prefix+name] = text
				}
				assert.Equal(t, want, untar(t, tarball))
				for _, request := range server.Requests() {
					assert.True(t, strings.HasPrefix(request.Path, apiPath+"/") || request.Method == "PUT", request.Path)
				}
			})
		}
	}
}

// A script that gets no version fails, and the Deployment does not change.
func TestScriptsFailWithoutAVersion(t *testing.T) {
	needPrograms(t, "bash", "curl", "jq", "tar")
	for name, fault := range map[string]astrotest.Fault{
		"expired":    astrotest.ExpiredUploadURL(),
		"no version": astrotest.Slow(0).WithoutHeader("x-ms-version-id"),
		"cut":        astrotest.CutUpload(10),
	} {
		t.Run(name, func(t *testing.T) {
			server := astrotest.NewServer()
			defer server.Close()
			deployment := server.AddDeployment(astrotest.Deployment{DAGDeploys: true, DAGTarballVersion: "before"})
			server.Inject(fault.On("PutBlob"))
			command := script(t, server, deployment, "/v1", "deploy-dags.sh", t.TempDir())
			printed, err := command.Output()
			var exit *exec.ExitError
			assert.True(t, errors.As(err, &exit), "exits with an error: %v", err)
			assert.Empty(t, string(printed))
			now, _ := server.Deployment(deployment.ID)
			assert.Equal(t, "before", now.DAGTarballVersion)
		})
	}
}

func runScript(t *testing.T, server *astrotest.Server, deployment astrotest.Deployment, apiPath, name string, args ...string) string {
	t.Helper()
	command := script(t, server, deployment, apiPath, name, args...)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	printed, err := command.Output()
	require.NoError(t, err, "%s%s", printed, &stderr)
	return string(printed)
}

func script(t *testing.T, server *astrotest.Server, deployment astrotest.Deployment, apiPath, name string, args ...string) *exec.Cmd {
	path := filepath.Join("testdata", name)
	require.FileExists(t, path) // also makes the script part of go test's cache key
	command := exec.CommandContext(t.Context(), "bash", append([]string{path}, args...)...)
	command.Env = []string{
		"PATH=" + os.Getenv("PATH"),
		"TMPDIR=" + t.TempDir(),
		"ASTRO_API_TOKEN=" + astrotest.Token,
		"ASTRO_API_URL=" + server.URL,
		"ASTRO_API_PATH=" + apiPath,
		"ASTRO_ORGANIZATION_ID=" + deployment.OrganizationID,
		"ASTRO_DEPLOYMENT_ID=" + deployment.ID,
	}
	return command
}

// needPrograms skips the test if a program is missing. In CI it fails, because nobody would notice
// a skipped test.
func needPrograms(t *testing.T, names ...string) {
	t.Helper()
	if testing.Short() {
		t.Skip("slow")
	}
	if runtime.GOOS == "windows" {
		t.Skip("the scripts are for Unix")
	}
	for _, name := range names {
		_, err := exec.LookPath(name)
		switch {
		case err == nil:
		case os.Getenv("CI") != "":
			t.Fatalf("%s is missing", name)
		default:
			t.Skipf("%s is missing", name)
		}
	}
}

// untar returns the files of a tarball by name.
func untar(t *testing.T, tarball []byte) map[string]string {
	t.Helper()
	unzipped, err := gzip.NewReader(bytes.NewReader(tarball))
	require.NoError(t, err)
	files := map[string]string{}
	for reader := tar.NewReader(unzipped); ; {
		header, err := reader.Next()
		if err == io.EOF {
			return files
		}
		require.NoError(t, err)
		if header.Typeflag == tar.TypeReg {
			text, err := io.ReadAll(reader)
			require.NoError(t, err)
			files[path.Clean(header.Name)] = string(text)
		}
	}
}

// incompressible returns text that remains so long in a tarball that curl sends Expect: 100-continue.
func incompressible(length int) string {
	text, state := make([]byte, length), uint64(1)
	for i := range text {
		state = state*6364136223846793005 + 1442695040888963407
		text[i] = byte(state >> 56)
	}
	return string(text)
}
