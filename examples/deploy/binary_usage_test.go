package main_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// commands are the program's commands; "" is the whole deploy.
var commands = []string{"", "create", "upload", "finalize", "status", "simulate"}

var usageLine = regexp.MustCompile(`^deploy(?: \w+)?: [^\n]+; run "deploy(?: \w+)? -h" for the flags\n$`)

// isUsage checks that the command line, and nothing else, was refused.
func isUsage(t *testing.T, e ended) {
	t.Helper()
	assert.Equal(t, 2, e.code)
	assert.Empty(t, e.stdout)
	assert.Regexp(t, usageLine, e.stderr)
}

func with(command string, args ...string) []string {
	if command == "" {
		return args
	}
	return append([]string{command}, args...)
}

// A forgotten -live simulates nothing that was meant for a real Deployment.
func TestForgottenLive(t *testing.T) {
	t.Parallel()
	s := newService(t)
	refused := func(name string, env []string, args ...string) {
		t.Helper()
		e := run(t, env, args...)
		isUsage(t, e)
		assert.Contains(t, e.stderr, name)
		assert.Contains(t, e.stderr, "-live")
	}
	state := filepath.Join(t.TempDir(), "state.json")
	for _, args := range [][]string{
		{"-organization", s.deployment.OrganizationID}, {"-deployment", s.deployment.ID}, {"-base-url", s.URL}, {"-only-if-changed"},
	} {
		refused(args[0], nil, args...)
		refused(args[0], nil, append(args, "-dags", s.dags, "-json")...)
	}
	for _, variable := range s.env {
		name := regexp.MustCompile(`^\w+`).FindString(variable)
		refused(name, []string{variable})
		refused(name, []string{variable}, "-dags", s.dags, "-json")
		refused("unset", []string{variable})
		e := run(t, []string{name + "="}, "-dags", s.dags)
		assert.Equal(t, 0, e.code, e.stderr)
	}
	refused("ASTRO_", s.env, "-dags", s.dags)
	noStep := run(t, nil, "-state", state)
	isUsage(t, noStep)
	assert.Contains(t, noStep.stderr, "-state")
	for _, command := range []string{"create", "upload", "finalize", "status"} {
		refused("-live", s.env, command, "-state", state)
	}
	assert.Empty(t, s.Requests())
	assert.NoFileExists(t, state)
}

// A usage error is one line that names the flag and points to the flags.
func TestUsageErrors(t *testing.T) {
	t.Parallel()
	s := newService(t)
	state := filepath.Join(t.TempDir(), "state.json")
	refused := func(command, names string, args ...string) {
		t.Helper()
		e := run(t, s.env, with(command, args...)...)
		isUsage(t, e)
		assert.Contains(t, e.stderr, names, args)
		pointer := `run "deploy ` + command + ` -h"`
		if command == "" {
			pointer = `run "deploy -h"`
		}
		assert.Contains(t, e.stderr, pointer)
	}
	steps := []string{"-live", "-state", state}
	dags := []string{"-dags", s.dags}
	for _, command := range []string{"", "create", "upload", "finalize", "status"} {
		refused(command, "-nonsense", "-live", "-nonsense")
		refused(command, "-timeout", "-live", "-timeout", "soon")
		refused(command, "-timeout", "-live", "-timeout")
		refused(command, "-json", "-live", "-json=maybe")
		refused(command, "more", "-live", "more")
	}
	refused("", "destroy", "destroy")
	refused("", "-dags", "-live")
	refused("", "-bundle", append(s.live, "-bundle", s.dags, "-mount-path", "/a")...)
	refused("", "-mount-path", append(s.live, "-mount-path", "/a")...)
	refused("", "-mount-path", "-live", "-bundle", s.dags)
	refused("", "-image", append(s.live, "-image")...)
	refused("create", "-state", "-live", "-image")
	refused("create", "-live", "-state", state, "-image")
	refused("create", "-image", steps...)
	refused("create", "-image", append(steps, "-image", "-bundle", s.dags, "-mount-path", "/a")...)
	refused("create", "-dags-in-image", append(steps, "-dags-in-image")...)
	refused("create", "-dags-in-image", append(append(steps, dags...), "-image", "-dags-in-image")...)
	refused("create", "-mount-path", append(steps, "-bundle", s.dags)...)
	refused("create", "-only-if-changed", append(append(steps, dags...), "-only-if-changed")...)
	refused("upload", "-state", append([]string{"-live"}, dags...)...)
	refused("upload", "-dags", steps...)
	refused("upload", "-image", append(append(steps, dags...), "-image")...)
	refused("finalize", "-state", "-live")
	refused("finalize", "-deploy", "-live")
	refused("finalize", "-dags", append(steps, dags...)...)
	refused("finalize", "-deploy", append(steps, "-deploy", "x", "-image-only")...)
	refused("finalize", "-dags-version", "-live", "-deploy", "x")
	refused("finalize", "-bundle-version", "-live", "-deploy", "x", "-dags-version", "v", "-bundle-version", "v")
	refused("finalize", "-image-only", "-live", "-deploy", "x", "-dags-version", "v", "-image-only")
	refused("finalize", "-remove-bundle", "-live", "-deploy", "x", "-image-only", "-remove-bundle")
	refused("finalize", "-dags-version", append(steps, "-dags-version", "v")...)
	refused("status", "-deploy", "-live")
	refused("status", "-state", "-live")
	refused("status", "-deploy", append(steps, "-deploy", "x")...)
	refused("status", "-bundle-version", "-live", "-deploy", "x", "-dags-version", "v", "-bundle-version", "v")
	for _, spec := range []string{"x", "Nope=500", "FinalizeDeploy", "FinalizeDeploy=", "FinalizeDeploy=200", "FinalizeDeploy=500*0", "FinalizeDeploy=500*x", "FinalizeDeploy=slow", "FinalizeDeploy=429:x", "CreateDeploy=FAILED", "CreateDeploy=expired"} {
		refused("simulate", "-fault", "-fault", spec)
	}
	refused("simulate", "-nonsense", "-nonsense")
	refused("simulate", "-lag", "-lag", "x")
	refused("simulate", "-deployed-after", "-deployed-after", "x")
	assert.Empty(t, s.Requests())
	assert.NoFileExists(t, state)
}

// The help is a result: it goes to standard output, whatever the environment.
func TestHelp(t *testing.T) {
	t.Parallel()
	s := newService(t)
	for _, command := range commands {
		for _, help := range []string{"-h", "-help", "--help"} {
			e := run(t, s.env, with(command, help)...)
			assert.Equal(t, 0, e.code, e.stderr)
			assert.Empty(t, e.stderr)
			codes := []string{"0", "1", "2", "3", "4"}
			if command == "simulate" {
				codes = codes[:3] // it deploys nothing
			}
			for _, code := range codes {
				assert.Regexp(t, `(?m)^ *`+code+` +\w`, e.stdout, "%s: the exit code %s", command, code)
			}
			_, examples, _ := strings.Cut(e.stdout, "\nExamples:\n")
			assert.Contains(t, examples, "deploy "+command, "%q has no example", command)
			assert.Regexp(t, `(?m)^ +-\w`, e.stdout, "flags")
		}
	}
	assert.Empty(t, s.Requests())
}

// Every command exits with what the code of the command behind -- says, and that one finds the simulator.
func TestSimulateRunsACommand(t *testing.T) {
	t.Parallel()
	program := start(t, nil, []string{"-h"})
	program.end()
	path := program.cmd.Path
	e := run(t, nil, "simulate", "--", path, "-live", "-dags", folder(t), "-json")
	assert.Equal(t, 0, e.code, e.stderr)
	assert.Equal(t, true, parsed(t, e)["simulated"])
	assert.Equal(t, 2, run(t, nil, "simulate", "--", path, "-nonsense").code)
	assert.Equal(t, 1, run(t, nil, "simulate", "-fault", "PutBlob=expired", "--", path, "-live", "-dags", folder(t)).code)
	assert.Equal(t, 3, run(t, nil, "simulate", "-fault", "FinalizeDeploy=FAILED", "--", path, "-live", "-dags", folder(t)).code)
	assert.NotEqual(t, 0, run(t, nil, "simulate", "--", filepath.Join(t.TempDir(), "none")).code)
}
