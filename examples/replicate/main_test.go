package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/deploys"
	"github.com/astro-finalize/astro-finalize-go/examples/internal/command"
	"github.com/astro-finalize/astro-finalize-go/tarball"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// simulated unsets the variables of a real deploy.
func simulated(t *testing.T) {
	for _, variable := range []string{"ASTRO_API_TOKEN", "ASTRO_API_URL", "ASTRO_ORGANIZATION_ID", "ASTRO_DEPLOYMENT_ID"} {
		t.Setenv(variable, "")
	}
}

func runWith(ctx context.Context, args ...string) (code int, stdout, stderr string) {
	var out, errors bytes.Buffer
	code = run(ctx, args, &out, &errors)
	return code, out.String(), errors.String()
}

// The lines of the Deployments come in the order in which their deploys end.
func TestSimulation(t *testing.T) {
	simulated(t)
	code, stdout, stderr := runWith(t.Context())
	require.Equal(t, command.OK, code, stderr)
	lines := strings.Split(stdout, "\n")
	slices.Sort(lines)
	assert.Equal(t, []string{"",
		"Deployment standby-1: skipped, since deploy clfake0000000000000000002 has the same DAGs",
		"Deployment standby-2: deploy clfake0000000000000000003 is DEPLOYED",
		"Deployments: 1 deployed, 1 skipped, 0 failed",
	}, lines)
	assert.Contains(t, stderr, "This is a simulation")
	assert.Contains(t, stderr, "replicating Deployment primary at 127.0.0.1:")

	code, stdout, stderr = runWith(t.Context(), "-dags", folder(t, "1"), "-api-version", "v1")
	require.Equal(t, command.OK, code, stderr)
	assert.Contains(t, stdout, "1 deployed, 1 skipped")
}

// A result that is lost is said, with a code of its own.
func TestClosedOutput(t *testing.T) {
	simulated(t)
	reader, stdout := io.Pipe()
	require.NoError(t, reader.Close())
	var stderr bytes.Buffer
	assert.Equal(t, command.Unwritten, run(t.Context(), nil, stdout, &stderr))
	assert.Contains(t, stderr.String(), "could not be written to standard output: io: read/write on closed pipe\nevery Deployment has the DAGs\n")
}

// A forgotten -live is not a simulation that looks like a success.
func TestForgottenLive(t *testing.T) {
	for _, variable := range []string{"ASTRO_API_TOKEN", "ASTRO_API_URL", "ASTRO_ORGANIZATION_ID", "ASTRO_DEPLOYMENT_ID"} {
		t.Run(variable, func(t *testing.T) {
			simulated(t)
			t.Setenv(variable, "set")
			code, stdout, stderr := runWith(t.Context())
			assert.Equal(t, command.Usage, code)
			assert.Empty(t, stdout)
			assert.Contains(t, stderr, variable+" is set, which is for a real deploy: add -live, or unset it")
		})
	}
}

func folder(t *testing.T, content string) string {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a.py"), []byte(content), 0o600))
	return dir
}

// fleet is a service with a primary Deployment and standbys.
type fleet struct {
	*astrotest.Server
	client *wrapper.Client
}

func newFleet(t *testing.T) fleet {
	server := astrotest.New(t, astrotest.WithTokens("real"))
	for _, id := range []string{"primary", "one", "two"} {
		server.AddDeployment(astrotest.Deployment{OrganizationID: "ours", ID: id, DAGDeploys: true})
	}
	server.AddDeployment(astrotest.Deployment{OrganizationID: "ours", ID: "off"})
	t.Setenv("ASTRO_API_TOKEN", "real")
	t.Setenv("ASTRO_ORGANIZATION_ID", "ours")
	t.Setenv("ASTRO_API_URL", server.URL)
	client, err := wrapper.NewClient()
	require.NoError(t, err)
	return fleet{server, client}
}

func (f fleet) deploy(t *testing.T, id, folder string, options ...deploys.Option) *deploys.Result {
	result, err := deploys.DAGs(t.Context(), f.client, wrapper.Deployment{OrganizationID: "ours", DeploymentID: id}, tarball.Dir(folder), options...)
	require.NoError(t, err)
	return result
}

func (f fleet) posts() (posts int) {
	for _, request := range f.Requests() {
		if request.Method == "POST" {
			posts++
		}
	}
	return posts
}

func TestDeploysWhatIsMissing(t *testing.T) {
	f, dags := newFleet(t), folder(t, "1")
	f.deploy(t, "primary", dags, deploys.OnlyIfChanged())
	args := []string{"-live", "-from", "primary", "-to", "one, two", "-dags", dags}

	code, stdout, stderr := runWith(t.Context(), args...)
	require.Equal(t, command.OK, code, stderr)
	assert.Contains(t, stdout, "Deployments: 2 deployed, 0 skipped, 0 failed\n")
	one, _ := f.Deployment("one")
	tarball, stored := f.Tarball(one.DAGTarballVersion)
	require.True(t, stored)
	assert.NotEmpty(t, tarball)
	list := deployed(t, f.client, "one")
	require.Len(t, list, 1)
	assert.Regexp(t, `^Replicated from Deployment primary\s\[content v1:[0-9a-f]{64}\]$`, *list[0].Description)

	before := f.posts()
	code, stdout, stderr = runWith(t.Context(), args...)
	require.Equal(t, command.OK, code, stderr)
	assert.Contains(t, stdout, "Deployment one: skipped, since deploy "+list[0].ID+" has the same DAGs\n")
	assert.Contains(t, stdout, "Deployments: 0 deployed, 2 skipped, 0 failed\n")
	assert.Equal(t, before, f.posts())

	f.deploy(t, "two", folder(t, "somebody else's"))
	code, stdout, stderr = runWith(t.Context(), args...)
	require.Equal(t, command.OK, code, stderr)
	assert.Contains(t, stdout, "Deployments: 1 deployed, 1 skipped, 0 failed\n")
}

func deployed(t *testing.T, client *wrapper.Client, id string) (list []*api.Deploy) {
	for deploy, err := range client.ListDeploys(t.Context(), wrapper.Deployment{OrganizationID: "ours", DeploymentID: id}) {
		require.NoError(t, err)
		list = append(list, deploy)
	}
	return list
}

// Only the newest deploy that is DEPLOYED and has DAGs counts, on whatever page it is.
func TestNewestDeployOfAllPages(t *testing.T) {
	f, dags := newFleet(t), folder(t, "1")
	hour, mount, version := time.Now().UTC().Truncate(time.Second).Add(time.Hour), "/usr/local/airflow/dbt/shop", "v"
	f.deploy(t, "primary", folder(t, "earlier"), deploys.OnlyIfChanged())
	f.deploy(t, "primary", dags, deploys.OnlyIfChanged())
	newer := hour
	for range 120 {
		newer = newer.Add(time.Second)
		f.AddDeploy(api.Deploy{DeploymentID: "primary", CreatedAt: newer, Description: ptr("[content v1:5b1ee0d]"), DAGTarballVersion: &version})
	}
	for _, deploy := range []api.Deploy{
		{Type: api.DeployTypeDAGOnly, Status: api.DeployStatusFailed, DAGTarballVersion: &version},
		{Type: api.DeployTypeBundle, Status: api.DeployStatusDeployed, BundleMountPath: &mount, DAGTarballVersion: &version},
		{Type: api.DeployTypeImageOnly, Status: api.DeployStatusDeployed},
	} {
		deploy.DeploymentID, deploy.CreatedAt, deploy.Description = "primary", newer.Add(time.Hour), ptr("[content v1:5b1ee0d]")
		f.AddDeploy(deploy)
	}
	code, stdout, stderr := runWith(t.Context(), "-live", "-from", "primary", "-to", "one", "-dags", dags)
	assert.Equal(t, command.OK, code, stderr)
	assert.Contains(t, stdout, "Deployments: 1 deployed")
	assert.NotContains(t, stderr, "warning")
}

func ptr[T any](value T) *T { return &value }

func TestFromHasSomethingElse(t *testing.T) {
	for name, row := range map[string]struct {
		setUp   func(t *testing.T, f fleet, dags string)
		refused bool
		says    string
	}{
		"the same":   {func(t *testing.T, f fleet, dags string) { f.deploy(t, "primary", dags, deploys.OnlyIfChanged()) }, false, ""},
		"other DAGs": {func(t *testing.T, f fleet, _ string) { f.deploy(t, "primary", folder(t, "2"), deploys.OnlyIfChanged()) }, true, "has other DAGs than the folder (v1:"},
		"no record":  {func(t *testing.T, f fleet, dags string) { f.deploy(t, "primary", dags) }, false, "does not record its content"},
		"no deploy":  {func(*testing.T, fleet, string) {}, true, "has no deploy that is DEPLOYED and has DAGs"},
		"the same, listed last": {func(t *testing.T, f fleet, dags string) {
			digest := f.deploy(t, "one", dags).ContentDigest
			f.deploy(t, "primary", folder(t, "2"), deploys.OnlyIfChanged())
			f.AddDeploy(api.Deploy{DeploymentID: "primary", Status: api.DeployStatusDeployed, DAGTarballVersion: ptr("v"), Description: ptr("[content " + digest + "]"), CreatedAt: time.Now().Add(time.Hour)})
			f.Inject(astrotest.EditDeploy(func(page map[string]any) { slices.Reverse(page["deploys"].([]any)) }).On("ListDeploys"))
		}, false, ""},
		"an empty mount path": {func(t *testing.T, f fleet, dags string) {
			f.deploy(t, "primary", dags, deploys.OnlyIfChanged())
			f.Inject(astrotest.EditDeploy(func(page map[string]any) { page["deploys"].([]any)[0].(map[string]any)["bundleMountPath"] = "" }).On("ListDeploys"))
		}, false, ""},
		"only FAILED": {func(_ *testing.T, f fleet, _ string) {
			f.AddDeploy(api.Deploy{DeploymentID: "primary", Status: api.DeployStatusFailed, DAGTarballVersion: ptr("v")})
		}, true, "has no deploy that is DEPLOYED and has DAGs"},
	} {
		t.Run(name, func(t *testing.T) {
			f, dags := newFleet(t), folder(t, "1")
			row.setUp(t, f, dags)
			args, before := []string{"-live", "-from", "primary", "-to", "one", "-dags", dags}, f.posts()
			code, stdout, stderr := runWith(t.Context(), args...)
			assert.Contains(t, stderr, row.says)
			if row.refused {
				assert.Equal(t, command.Failed, code)
				assert.Contains(t, stderr, "replicate: nothing was deployed: ")
				assert.Empty(t, stdout)
				assert.Equal(t, before, f.posts())
				code, stdout, stderr = runWith(t.Context(), append(args, "-force")...)
			}
			assert.Equal(t, row.says != "", strings.Contains(stderr, "warning: "), stderr)
			assert.Equal(t, command.OK, code, stderr)
			assert.Contains(t, stdout, "1 deployed")
		})
	}
}

// A Deployment that fails is named, and none of the others suffers.
func TestFailures(t *testing.T) {
	failed := astrotest.EditDeploy(func(deploy map[string]any) { deploy["status"] = "FAILED" })
	for name, row := range map[string]struct {
		to     string
		faults []astrotest.Fault
		code   int
		stdout string
		stderr string
	}{
		"one refuses":     {"one,off,two", nil, command.Failed, "Deployments: 2 deployed, 0 skipped, 1 failed", `Deployment off: .*DAG deploys.*no deploy was created`},
		"one hibernates":  {"one,two", []astrotest.Fault{astrotest.Hibernating()}, command.Failed, "Deployments: 1 deployed, 0 skipped, 1 failed", `Deployment (one|two): .*HIBERNATING`},
		"one is missing":  {"one,missing", nil, command.Failed, "Deployments: 1 deployed, 0 skipped, 1 failed", `Deployment missing: .*404`},
		"one is FAILED":   {"one,off,two", []astrotest.Fault{failed.On("FinalizeDeploy")}, command.Unknown, "Deployments: 1 deployed, 0 skipped, 2 failed", `Deployment (one|two): .*FAILED`},
		"from is unknown": {"one", []astrotest.Fault{astrotest.Error(403, "no").On("ListDeploys")}, command.Failed, "", `replicate: nothing was deployed: .*403`},
	} {
		t.Run(name, func(t *testing.T) {
			f, dags := newFleet(t), folder(t, "1")
			f.deploy(t, "primary", dags, deploys.OnlyIfChanged())
			f.Inject(row.faults...)
			code, stdout, stderr := runWith(t.Context(), "-live", "-from", "primary", "-to", row.to, "-dags", dags)
			assert.Equal(t, row.code, code, stderr)
			assert.Contains(t, stdout, row.stdout)
			assert.Regexp(t, row.stderr, stderr)
			assert.NotContains(t, stdout+stderr, "sig=")
		})
	}
}

// With -force, a -from whose deploys cannot be read, such as a Deployment that was deleted, is only a warning.
func TestForceWithoutFrom(t *testing.T) {
	_, dags := newFleet(t), folder(t, "1")
	code, stdout, stderr := runWith(t.Context(), "-live", "-from", "missing", "-to", "one", "-dags", dags, "-force")
	assert.Equal(t, command.OK, code, stderr)
	assert.Contains(t, stdout, "1 deployed")
	assert.Contains(t, stderr, "warning: the deploys of -from cannot be read: ListDeploys: 404")
}

// Ctrl-C ends all deploys, and each Deployment is named with what is on the service.
func TestInterrupted(t *testing.T) {
	f, dags := newFleet(t), folder(t, "1")
	f.deploy(t, "primary", dags, deploys.OnlyIfChanged())
	ctx, interrupt := context.WithCancel(t.Context())
	uploads := 0
	f.InjectFunc(func(operation string) (astrotest.Fault, bool) {
		fault := astrotest.Hang()
		if operation != "PutBlob" {
			return fault, false
		}
		if uploads++; uploads == 2 {
			fault = fault.Then(interrupt)
		}
		return fault, true
	})
	code, stdout, stderr := runWith(ctx, "-live", "-from", "primary", "-to", "one,two", "-dags", dags)
	assert.Equal(t, command.Failed, code)
	assert.Equal(t, "Deployments: 0 deployed, 0 skipped, 2 failed\n", stdout)
	for _, id := range []string{"one", "two"} {
		assert.Regexp(t, `Deployment `+id+`: .*interrupted.*the Deployment is unchanged`, stderr)
	}
	assert.NotContains(t, stderr, "sig=")
}

func TestBadFlags(t *testing.T) {
	f, dags := newFleet(t), folder(t, "1")
	live := []string{"-live", "-from", "primary", "-to", "one", "-dags", dags}
	for _, row := range []struct {
		args []string
		want string
	}{
		{[]string{"-nonsense"}, "-nonsense"},
		{[]string{"-to", "one"}, "add -live"},
		{[]string{"-live"}, "-live needs -from, -to and -dags"},
		{[]string{"-timeout", "0s"}, "must be positive"},
		{append(live, "-to", "two,one"), "Deployment one is named twice"},
		{append(live, "-to", "primary"), "Deployment primary is named twice"},
		{append(live, "-to", "../x"), "an ID in -from or -to must"},
		{append(live, "-to", "two,"), "-to has an empty ID"},
		{append(live, "-from", "../x"), "an ID in -from or -to must"},
		{append(live, "-from", "../x", "-force"), "an ID in -from or -to must"},
		{append(live, "-dags", filepath.Join(dags, "none")), "must be a readable folder"},
		{append(live, "-ignore", "[a"), "-ignore pattern"},
		{append(live, "-ignore", "*.py"), "has no DAG, and would delete"},
		{append(live, "-base-url", "http://api.astronomer.io"), "must be https"},
	} {
		code, stdout, stderr := runWith(t.Context(), row.args...)
		assert.Equal(t, command.Usage, code, "%v: %s", row.args, stderr)
		assert.Empty(t, stdout)
		assert.Contains(t, stderr, row.want)
	}
	t.Setenv("ASTRO_ORGANIZATION_ID", "")
	code, _, stderr := runWith(t.Context(), live...)
	assert.Equal(t, command.Usage, code)
	assert.Contains(t, stderr, "replicate: ASTRO_ORGANIZATION_ID must be set, unless -organization is given; run ")
	assert.Empty(t, f.Requests())

	code, _, stderr = runWith(t.Context(), "-h")
	assert.Equal(t, command.OK, code)
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	for _, flag := range regexp.MustCompile(`(?m)^  (-[\w-]+)`).FindAllStringSubmatch(stderr, -1) {
		assert.Regexp(t, "`"+flag[1]+"[ `]", string(readme))
	}
}
