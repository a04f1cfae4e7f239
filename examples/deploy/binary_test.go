// The tests of the built program, as an operator runs it.
package main_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/astrotest"
)

// limit ends a program that hangs, so that its test fails.
const limit = 2 * time.Minute

// built is where the program is, or "" if no test needed it.
var built string

func TestMain(m *testing.M) {
	code := m.Run()
	if built != "" {
		_ = os.RemoveAll(built)
	}
	os.Exit(code)
}

// binary builds the program once, with the settings of Go that the tests run with.
var binary = sync.OnceValues(func() (path string, err error) {
	if built, err = os.MkdirTemp("", "deploy"); err != nil {
		return "", err
	}
	path = filepath.Join(built, "deploy")
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	if out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

// process is a running program.
type process struct {
	t              *testing.T
	cmd            *exec.Cmd
	stdout, stderr bytes.Buffer // unless the test connects something else
}

// ended is how a program ended.
type ended struct {
	code           int
	stdout, stderr string
}

// start starts the program with variables besides those of every program.
func start(t *testing.T, env, args []string, change ...func(*exec.Cmd)) *process {
	t.Helper()
	path, err := binary()
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	t.Cleanup(cancel)
	p := &process{t: t, cmd: exec.CommandContext(ctx, path, args...)}
	p.cmd.Env = append(environment(filepath.Dir(path)), env...)
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	for _, apply := range change {
		apply(p.cmd)
	}
	require.NoError(t, p.cmd.Start())
	return p
}

// environment is this process's without what would configure the program, and with the program in PATH.
func environment(programs string) []string {
	env := slices.DeleteFunc(os.Environ(), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return strings.HasPrefix(name, "ASTRO_") || slices.Contains([]string{"TERM", "NO_COLOR", "COLUMNS", "SIMULATOR_FAULTS_URL", "SSL_CERT_FILE"}, name)
	})
	return append(env, "PATH="+programs+string(os.PathListSeparator)+os.Getenv("PATH"))
}

// end waits for the program, and checks what is true of every run.
func (p *process) end() ended {
	p.t.Helper()
	_ = p.cmd.Wait() // the code says it
	e := ended{p.cmd.ProcessState.ExitCode(), p.stdout.String(), p.stderr.String()}
	assert.NotContains(p.t, e.stdout+e.stderr, "sig=", "the upload URL is a secret")
	if len(p.cmd.Args) < 2 || p.cmd.Args[1] != "simulate" { // which shows operations of the API
		checkWords(p.t, e.stdout, e.stderr)
	}
	return e
}

// run runs the program to its end.
func run(t *testing.T, env []string, args ...string) ended {
	t.Helper()
	return start(t, env, args).end()
}

// service is the fake service, and the variables that lead there.
type service struct {
	*astrotest.Server
	deployment astrotest.Deployment
	env        []string
	dags       string // a folder to deploy
	live       []string
}

func newService(t *testing.T, options ...astrotest.Option) service {
	t.Helper()
	s := service{Server: astrotest.New(t, append(options, astrotest.WithTokens("real"))...), dags: folder(t)}
	s.deployment = s.AddDeployment(astrotest.Deployment{DAGDeploys: true})
	s.env = []string{
		"ASTRO_API_TOKEN=real", "ASTRO_API_URL=" + s.URL,
		"ASTRO_ORGANIZATION_ID=" + s.deployment.OrganizationID, "ASTRO_DEPLOYMENT_ID=" + s.deployment.ID,
	}
	s.live = []string{"-live", "-dags", s.dags}
	return s
}

// folder returns a new folder of DAGs.
func folder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a.py"), []byte("print()\n"), 0o600))
	return dir
}

// host is where the service listens.
func (s service) host() string { return strings.TrimPrefix(s.URL, "http://") }

// deployed checks that the only deploy was finalized once, and returns its ID.
func (s service) deployed(t *testing.T) string {
	t.Helper()
	id := s.created(t)
	deploy, _ := s.Deploy(id)
	assert.Equal(t, "DEPLOYED", string(deploy.Status))
	assert.Equal(t, 1, s.Commits(id))
	return id
}

// created checks that there is one deploy, and returns its ID.
func (s service) created(t *testing.T) string {
	t.Helper()
	require.Equal(t, 1, s.Creates(s.deployment.ID))
	for _, request := range s.Requests() {
		if _, rest, found := strings.Cut(request.Path, "/deploys/"); found {
			id, _, _ := strings.Cut(rest, "/")
			return id
		}
	}
	require.Fail(t, "no request names the deploy")
	return ""
}

// showing makes the response show another status.
func showing(status string) astrotest.Fault {
	return astrotest.EditDeploy(func(deploy map[string]any) { deploy["status"] = status })
}

// at calls act when an operation is requested; the request is not affected.
func at(operation string, act func()) astrotest.Fault {
	return astrotest.Slow(0).On(operation).Then(act)
}

// arrival returns a fault that also closes a channel when the request arrives.
func arrival(fault astrotest.Fault) (astrotest.Fault, <-chan struct{}) {
	arrived := make(chan struct{})
	return fault.Then(func() { close(arrived) }), arrived
}

// await waits for a channel to be closed.
func await(t *testing.T, what string, happened <-chan struct{}) {
	t.Helper()
	select {
	case <-happened:
	case <-time.After(limit):
		require.Fail(t, "did not happen: "+what)
	}
}
