//go:build unix

package main_test

import (
	"os"
	"os/exec"
	"regexp"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/astrotest"
)

// lastNext returns the command that standard error advises, or "".
func lastNext(stderr string) string {
	found := regexp.MustCompile(`(?m)^next: (.+)$`).FindAllStringSubmatch(stderr, -1)
	if found == nil {
		return ""
	}
	return found[len(found)-1][1]
}

// paste runs a command as it was printed, in a shell.
func (s service) paste(t *testing.T, env []string, command string) ended {
	t.Helper()
	require.Regexp(t, `^deploy `, command)
	shell, err := exec.LookPath("sh")
	require.NoError(t, err)
	return start(t, env, nil, func(cmd *exec.Cmd) { cmd.Path, cmd.Args = shell, []string{"sh", "-c", command} }).end()
}

// ways are the ways to name the Deployment; the command that is advised names it as well.
func (s service) ways() map[string]struct{ env, args []string } {
	return map[string]struct{ env, args []string }{
		"variables": {s.env, nil},
		"flags":     {s.env[:1], []string{"-base-url", s.URL, "-organization", s.deployment.OrganizationID, "-deployment", s.deployment.ID}},
		"version":   {s.env, []string{"-api-version", "v1"}},
	}
}

// interrupted ends a deploy while its finalize request has no response, so that its outcome is unknown.
func (s service) interrupted(t *testing.T, finalize astrotest.Fault, env []string, args ...string) ended {
	t.Helper()
	hang, arrived := arrival(finalize.On("FinalizeDeploy"))
	s.Inject(hang)
	p := start(t, env, args)
	await(t, "FinalizeDeploy", arrived)
	assert.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	e := p.end()
	assert.Equal(t, 3, e.code, e.stderr)
	return e
}

// eachWay runs a test for each way, whose deploy ends with 3.
func eachWay(t *testing.T, finalize astrotest.Fault, check func(t *testing.T, s service, env []string, e ended)) {
	t.Parallel()
	for _, way := range []string{"variables", "flags", "version"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			s := newService(t)
			w := s.ways()[way]
			e := s.interrupted(t, finalize, w.env, append(s.live, w.args...)...)
			require.Contains(t, lastNext(e.stderr), "deploy status ", e.stderr)
			check(t, s, w.env, e)
		})
	}
}

// Without an interrupt, the client first tries to find out.
func TestNextAfterLookUpsThatFail(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: it waits between look-ups")
	}
	t.Parallel()
	s := newService(t)
	s.Inject(astrotest.Error(524, "no").On("FinalizeDeploy"))
	e := run(t, s.env, s.live...)
	assert.Equal(t, 3, e.code, e.stderr)
	now := s.paste(t, s.env, lastNext(e.stderr))
	assert.Equal(t, 3, now.code, now.stderr)
	now = s.paste(t, s.env, lastNext(now.stderr))
	assert.Equal(t, 0, now.code, now.stderr)
	s.deployed(t)
}

func TestNextAfterALostResponse(t *testing.T) {
	eachWay(t, astrotest.Hang().AfterCommit(), func(t *testing.T, s service, env []string, e ended) {
		now := s.paste(t, env, lastNext(e.stderr))
		assert.Equal(t, 0, now.code, now.stderr)
		assert.Contains(t, now.stdout, s.deployed(t))
		assert.Contains(t, now.stdout, "DEPLOYED")
		assert.Empty(t, lastNext(now.stderr))
	})
}

func TestNextAfterALostRequest(t *testing.T) {
	eachWay(t, astrotest.Hang(), func(t *testing.T, s service, env []string, e ended) {
		now := s.paste(t, env, lastNext(e.stderr))
		assert.Equal(t, 3, now.code, now.stderr)
		assert.Contains(t, now.stdout+now.stderr, "INITIALIZED")
		require.Contains(t, lastNext(now.stderr), "deploy finalize ", now.stderr)
		now = s.paste(t, env, lastNext(now.stderr))
		assert.Equal(t, 0, now.code, now.stderr)
		assert.Contains(t, now.stdout, "DEPLOYED")
		s.deployed(t)
	})
}

func TestNextAfterFAILED(t *testing.T) {
	t.Parallel()
	s := newService(t, astrotest.WithFinalizedStatus("FAILED"))
	e := run(t, s.env, s.live...)
	assert.Equal(t, 3, e.code, e.stderr)
	now := s.paste(t, s.env, lastNext(e.stderr))
	assert.Equal(t, 3, now.code, now.stderr)
	assert.Contains(t, now.stdout+now.stderr, "FAILED")
	assert.Contains(t, now.stdout+now.stderr, s.created(t))
}

// After a step, the advice goes on with its state.
func TestNextAfterAStep(t *testing.T) {
	t.Parallel()
	s := newService(t)
	state := t.TempDir() + "/a state's file.json"
	for _, step := range []string{"create", "upload"} {
		e := run(t, s.env, append([]string{step, "-state", state}, s.live...)...)
		require.Equal(t, 0, e.code, e.stderr)
	}
	e := s.interrupted(t, astrotest.Hang().AfterCommit(), s.env, "finalize", "-live", "-state", state)
	now := s.paste(t, s.env, lastNext(e.stderr))
	assert.Equal(t, 0, now.code, now.stderr)
	assert.Contains(t, now.stdout, "DEPLOYED")
	s.deployed(t)
}

// The advice for a deploy by its ID says what it carries.
func TestNextAfterAnImage(t *testing.T) {
	t.Parallel()
	s := newService(t)
	state := t.TempDir() + "/state.json"
	created := run(t, s.env, "create", "-live", "-json", "-image", "-state", state)
	require.Equal(t, 0, created.code, created.stderr)
	e := s.interrupted(t, astrotest.Hang(), s.env, "finalize", "-live", "-deploy", parsed(t, created)["deployId"].(string), "-image-only")
	now := s.paste(t, s.env, lastNext(e.stderr))
	assert.Equal(t, 3, now.code, now.stderr)
	now = s.paste(t, s.env, lastNext(now.stderr))
	assert.Equal(t, 0, now.code, now.stderr)
	s.deployed(t)
}

// Neither finalize nor status takes a deploy for what it is not, whatever its status.
func TestAnotherKindOfDeploy(t *testing.T) {
	t.Parallel()
	s := newService(t)
	done := parsed(t, run(t, s.env, append(s.live, "-json")...))
	id, version := done["deployId"].(string), done["tarballVersion"].(string)
	for _, flags := range [][]string{{"-remove-bundle"}, {"-bundle-version", version}} {
		e := run(t, s.env, append([]string{"finalize", "-live", "-deploy", id}, flags...)...)
		assert.Equal(t, 1, e.code, e.stdout)
		assert.Contains(t, e.stderr, "is not that of a bundle")
		assert.Empty(t, lastNext(e.stderr))
		e = run(t, s.env, append([]string{"status", "-live", "-deploy", id}, flags...)...)
		assert.Equal(t, 3, e.code, e.stdout)
		assert.Empty(t, lastNext(e.stderr))
	}
	s.deployed(t)
}

// A state that is a pipe is not read for ever, and one that is a link stays a link.
func TestStatesThatAreNotFiles(t *testing.T) {
	t.Parallel()
	s := newService(t)
	folder := t.TempDir()
	pipe, state, link := folder+"/pipe", folder+"/state.json", folder+"/link.json"
	require.NoError(t, exec.Command("mkfifo", pipe).Run())
	e := run(t, s.env, "finalize", "-live", "-state", pipe)
	assert.Equal(t, 2, e.code, e.stderr)
	assert.Contains(t, e.stderr, "is not a regular file")
	require.Equal(t, 0, run(t, s.env, append([]string{"create", "-state", state}, s.live...)...).code)
	require.NoError(t, os.Symlink("state.json", link))
	require.Equal(t, 0, run(t, s.env, append([]string{"upload", "-state", link}, s.live...)...).code)
	assert.Equal(t, 0, run(t, s.env, "finalize", "-live", "-state", state).code)
	e = run(t, s.env, "finalize", "-live", "-state", "a\nnext: b")
	assert.Equal(t, 2, e.code)
	assert.Empty(t, lastNext(e.stderr))
}

// A deploy that was replaced is not done: status shows what is newer.
func TestStatusShowsNewerDeploys(t *testing.T) {
	t.Parallel()
	s := newService(t)
	first := parsed(t, run(t, s.env, append(s.live, "-json")...))
	second := parsed(t, run(t, s.env, append(s.live, "-json", "-description", "newer")...))
	e := run(t, s.env, "status", "-live", "-deploy", first["deployId"].(string))
	assert.Contains(t, e.stdout+e.stderr, second["deployId"])
	e = run(t, s.env, "status", "-live", "-deploy", second["deployId"].(string), "-dags-version", second["tarballVersion"].(string))
	assert.Equal(t, 0, e.code, e.stderr)
	assert.NotContains(t, e.stdout+e.stderr, first["deployId"])
	e = run(t, s.env, "status", "-live", "-deploy", second["deployId"].(string), "-dags-version", "another")
	assert.Equal(t, 3, e.code, e.stdout+e.stderr)
}
