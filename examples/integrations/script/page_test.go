package script_test

import (
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/cenkalti/backoff/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

const page = "moving-a-script.md"

// The page has all the Go code of steps_test.go, in the same order.
func TestPageHasTheSteps(t *testing.T) {
	source, err := os.ReadFile("steps_test.go")
	require.NoError(t, err)
	_, steps, _ := strings.Cut(string(source), "in the same order.\n")
	assert.Equal(t, strings.TrimSpace(steps), strings.Join(blocks(t, "go"), "\n\n"))
}

// The script and the calls do what the page's table says.
func TestScriptAndCalls(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the script is for Unix")
	}
	for _, program := range []string{"bash", "curl", "jq", "tar"} {
		if _, err := exec.LookPath(program); err != nil {
			require.Empty(t, os.Getenv("CI"), "CI must have %s", program)
			t.Skip(program + " is missing")
		}
	}
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	script := strings.Join(blocks(t, "sh"), "\n")
	cutReturn := " | tr -d '\\r'"
	require.Contains(t, script, cutReturn)
	var invalid *wrapper.ValidationError
	var failed *wrapper.DeployFailedError

	rows := []struct {
		wrong                      string
		token, script              string // if different from the page's
		keepReturn                 bool
		options                    []astrotest.Option
		faults                     []astrotest.Fault
		scriptFails                bool
		scriptPrintsURL            bool
		scriptDeploys, callsDeploy bool
		is                         error
		as                         any
	}{
		{wrong: "nothing", scriptPrintsURL: true, scriptDeploys: true, callsDeploy: true},
		{wrong: "the token is not valid", token: "token-of-yesterday", is: wrapper.ErrUnauthorized},
		{wrong: "the upload is refused", faults: []astrotest.Fault{astrotest.ExpiredUploadURL().On("PutBlob")}, is: wrapper.ErrUploadURLExpired},
		{wrong: "the version ends in a carriage return", script: strings.Replace(script, cutReturn, "", 1), keepReturn: true, as: &invalid},
		{wrong: "the service is busy during the finalize", faults: []astrotest.Fault{astrotest.Error(503, "busy").On("FinalizeDeploy")}, callsDeploy: true},
		{wrong: "the service reports the deploy as FAILED", options: []astrotest.Option{astrotest.WithFinalizedStatus(api.DeployStatusFailed)}, scriptPrintsURL: true, as: &failed},
		{wrong: "the response to the finalize is lost", faults: []astrotest.Fault{astrotest.CutConnection().AfterCommit().On("FinalizeDeploy")}, scriptFails: true, scriptDeploys: true, callsDeploy: true},
	}
	assert.Len(t, regexp.MustCompile(`(?m)^\| `).FindAllString(string(text), -1), 1+len(rows), "the table has a header and one line for each row")
	for _, row := range rows {
		t.Run(row.wrong, func(t *testing.T) {
			assert.Contains(t, string(text), "\n| "+row.wrong+" |")
			token := cmp.Or(row.token, astrotest.Token)
			newServer := func() (*astrotest.Server, astrotest.Deployment) {
				server := astrotest.NewServer(row.options...)
				t.Cleanup(server.Close)
				server.Inject(row.faults...)
				return server, server.AddDeployment(astrotest.Deployment{DAGDeploys: true})
			}

			server, deployment := newServer()
			printed, err := runScript(t, cmp.Or(row.script, script), "ASTRO_API_TOKEN="+token, "ASTRO_API_URL="+server.URL,
				"ORGANIZATION_ID="+deployment.OrganizationID, "DEPLOYMENT_ID="+deployment.ID)
			assert.Equal(t, row.scriptFails, err != nil, "%v: %s", err, printed)
			assert.Equal(t, row.scriptDeploys, hasDAGs(server, deployment))
			assert.Equal(t, row.scriptPrintsURL, strings.Contains(printed, "sig="))

			server, deployment = newServer()
			client, err := wrapper.NewClient(wrapper.WithBaseURL(server.URL), wrapper.WithToken(token), wrapper.WithRetry(wrapper.Retry{Backoff: atOnce}))
			require.NoError(t, err)
			err = step(t, client, wrapper.Deployment{OrganizationID: deployment.OrganizationID, DeploymentID: deployment.ID}, row.keepReturn)
			switch {
			case row.is != nil:
				assert.ErrorIs(t, err, row.is)
			case row.as != nil:
				assert.ErrorAs(t, err, row.as)
			default:
				assert.NoError(t, err)
			}
			assert.Equal(t, row.callsDeploy, hasDAGs(server, deployment))
		})
	}
}

func atOnce() wrapper.Backoff { return &backoff.ZeroBackOff{} }

// step runs the page's steps one by one.
func step(t *testing.T, client *wrapper.Client, in wrapper.Deployment, keepReturn bool) error {
	deploy, err := create(t.Context(), client, in)
	if err != nil {
		return err
	}
	version, err := upload(t.Context(), client, deploy, dags(t))
	if err != nil {
		return err
	}
	if keepReturn {
		version += "\r"
	}
	return finish(t.Context(), client, in, deploy, version)
}

// hasDAGs reports whether the Deployment has DAGs that are DEPLOYED.
func hasDAGs(server *astrotest.Server, deployment astrotest.Deployment) bool {
	now, _ := server.Deployment(deployment.ID)
	return now.DAGTarballVersion != ""
}

func runScript(t *testing.T, script string, environment ...string) (printed string, err error) {
	command := exec.CommandContext(t.Context(), "bash", "-c", script)
	command.Dir = filepath.Dir(dags(t))
	command.Env = append(os.Environ(), environment...)
	output, err := command.CombinedOutput()
	return string(output), err
}

// dags returns a folder named dags, with a DAG in it.
func dags(t *testing.T) string {
	folder := filepath.Join(t.TempDir(), "dags")
	require.NoError(t, os.Mkdir(folder, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "example.py"), []byte("# a DAG\n"), 0o600))
	return folder
}

// blocks returns the page's blocks of a language.
func blocks(t *testing.T, language string) []string {
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	var found []string
	for _, match := range regexp.MustCompile("(?s)\n```"+language+"\n(.*?)\n```\n").FindAllStringSubmatch(string(text), -1) {
		found = append(found, match[1])
	}
	return found
}
