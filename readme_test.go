package astrofinalize_test

import (
	"encoding/json"
	"go/format"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
)

func readmeLines(t *testing.T) []string {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	return strings.Split(strings.TrimSuffix(strings.ReplaceAll(string(readme), "\r\n", "\n"), "\n"), "\n")
}

// snippets returns the README's blocks of Go, in order.
func snippets(t *testing.T) (found []string) {
	text := strings.Join(readmeLines(t), "\n")
	for _, block := range regexp.MustCompile("(?s)\n```go\n(.*?\n)```\n").FindAllStringSubmatch(text, -1) {
		found = append(found, block[1])
	}
	return found
}

func TestReadmeIsShort(t *testing.T) {
	lines := readmeLines(t)
	assert.LessOrEqual(t, len(lines), 130)
	first := slices.IndexFunc(lines, func(line string) bool { return strings.Contains(line, ".Finalize(") })
	assert.Less(t, first+1, 45, "the line of the first Finalize")
	assert.NotEqual(t, -1, first)
	snippet := snippets(t)[0]
	assert.Contains(t, snippet, ".Finalize(")
	assert.LessOrEqual(t, strings.Count(snippet, "\n"), 23)
}

// The README has a program, a function that deploys a folder, and a test of that function. They are
// built as they are, and run against the fake.
func TestReadmeSnippetsRun(t *testing.T) {
	found := snippets(t)
	require.Len(t, found, 3)
	for _, snippet := range found {
		formatted, err := format.Source([]byte(snippet))
		require.NoError(t, err)
		assert.Equal(t, string(formatted), snippet, "gofmt")
	}
	program, release, test := found[0], found[1], found[2]
	folder := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(folder, "dags"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "dags", "hello.py"), []byte("print('hello')\n"), 0o600))

	server := astrotest.New(t, astrotest.WithAnyVersion())
	server.AddDeployment(astrotest.Deployment{OrganizationID: "ORGANIZATION_ID", ID: "DEPLOYMENT_ID", DAGDeploys: true})
	server.AddDeploy(api.Deploy{DeploymentID: "DEPLOYMENT_ID", ID: "DEPLOY_ID", Type: api.DeployTypeDAGOnly})
	t.Setenv("ASTRO_API_URL", server.URL)
	t.Setenv("ASTRO_API_TOKEN", astrotest.Token)
	output := run(t, folder, build(t, "build", map[string]string{"main.go": program}))
	assert.Contains(t, output, "DEPLOY_ID is DEPLOYED")
	deploy, _ := server.Deploy("DEPLOY_ID")
	assert.Equal(t, api.DeployStatusDeployed, deploy.Status)

	output = run(t, folder, build(t, "test -c -vet=off", map[string]string{"release.go": release, "release_test.go": test}), "-test.v")
	assert.Contains(t, output, "--- PASS: TestExpiredUploadURL")
}

// build builds a package of this module that has the files, and returns the executable. The files lie
// outside of the module.
func build(t *testing.T, command string, files map[string]string) (executable string) {
	dir := t.TempDir()
	replace := map[string]string{}
	for name, content := range files {
		outside, err := filepath.Abs(filepath.Join(dir, name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(outside, []byte(content), 0o600))
		inside, err := filepath.Abs(filepath.Join("readme_snippet", name))
		require.NoError(t, err)
		replace[inside] = outside
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "overlay.json"), overlay, 0o600))
	executable = filepath.Join(dir, "snippet")
	if runtime.GOOS == "windows" {
		executable += ".exe"
	}
	args := append(strings.Fields(command), "-overlay", filepath.Join(dir, "overlay.json"), "-o", executable, "./readme_snippet")
	output, err := exec.CommandContext(t.Context(), "go", args...).CombinedOutput()
	require.NoError(t, err, string(output))
	return executable
}

// run runs a program in a folder, and returns what it prints.
func run(t *testing.T, folder, executable string, args ...string) string {
	command := exec.CommandContext(t.Context(), executable, args...)
	command.Dir = folder
	output, err := command.CombinedOutput()
	require.NoError(t, err, string(output))
	return string(output)
}

// A link within the repository leads to a file, and to a heading of it.
func TestLinksResolve(t *testing.T) {
	for _, page := range []string{"README.md", "CONTRIBUTING.md", "SECURITY.md", "benchmarks/README.md", "examples/deploy/README.md", "examples/replicate/README.md", "examples/simulator/README.md", "examples/integrations/README.md", "examples/integrations/script/moving-a-script.md"} {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, link := range regexp.MustCompile(`\]\(([^)]+)\)`).FindAllStringSubmatch(string(text), -1) {
			if strings.HasPrefix(link[1], "https://") {
				continue
			}
			path, heading, _ := strings.Cut(link[1], "#")
			target := page
			if path != "" {
				target = filepath.Join(filepath.Dir(page), path)
			}
			if !assert.FileExists(t, target) || heading == "" {
				continue
			}
			content, err := os.ReadFile(target)
			require.NoError(t, err)
			assert.Contains(t, anchors(string(content)), heading, "%s links to %s", page, link[1])
		}
	}
}

// anchors returns the names that GitHub gives the headings of a page.
func anchors(page string) (names []string) {
	for _, heading := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllStringSubmatch(page, -1) {
		name := regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(strings.ToLower(heading[1]), "")
		names = append(names, strings.ReplaceAll(name, " ", "-"))
	}
	return names
}
