package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/examples/internal/command"
)

// pipeline takes steps against a service.
type pipeline struct {
	*testing.T
	server     *astrotest.Server
	deployment string
	folder     string
	state      string
}

func newPipeline(t *testing.T, dagDeploys bool) pipeline {
	server := astrotest.New(t, astrotest.WithTokens("real"))
	deployment := server.AddDeployment(astrotest.Deployment{DAGDeploys: dagDeploys})
	t.Setenv("ASTRO_API_TOKEN", "real")
	t.Setenv("ASTRO_ORGANIZATION_ID", deployment.OrganizationID)
	t.Setenv("ASTRO_DEPLOYMENT_ID", deployment.ID)
	t.Setenv("ASTRO_API_URL", server.URL)
	return pipeline{t, server, deployment.ID, folder(t), filepath.Join(t.TempDir(), "state.json")}
}

func (p pipeline) args(step string, args []string) []string {
	return append([]string{step, "-live", "-state", p.state}, args...)
}

// must takes a step that succeeds.
func (p pipeline) must(step string, args ...string) (stdout string) {
	p.Helper()
	code, stdout, stderr := runWith(p.T, p.args(step, args)...)
	require.Equal(p, command.OK, code, stderr)
	assert.NotContains(p, stdout+stderr, "sig=")
	p.checkState()
	return stdout
}

// fails takes a step that fails.
func (p pipeline) fails(code int, says, step string, args ...string) {
	p.Helper()
	got, stdout, stderr := runWith(p.T, p.args(step, args)...)
	assert.Equal(p, code, got, stderr)
	assert.Empty(p, stdout)
	assert.Contains(p, stderr, says)
	assert.NotContains(p, stderr, "sig=")
}

// checkState checks that the state file is for its owner only, is alone and has no secret.
func (p pipeline) checkState() {
	p.Helper()
	info, err := os.Stat(p.state)
	require.NoError(p, err)
	if runtime.GOOS != "windows" {
		assert.Equal(p, os.FileMode(0o600), info.Mode())
	}
	stored := p.stored()
	assert.NotContains(p, stored, "http")
	assert.NotContains(p, stored, "sig=")
	assert.True(p, json.Valid([]byte(stored)), stored)
	entries, err := os.ReadDir(filepath.Dir(p.state))
	require.NoError(p, err)
	assert.Len(p, entries, 1)
}

func (p pipeline) stored() string {
	p.Helper()
	stored, err := os.ReadFile(p.state)
	require.NoError(p, err)
	return string(stored)
}

// result has what programs read from -json.
type result struct{ DeployID, Type, Status, TarballVersion, Image, Error string }

func parsed(t *testing.T, stdout string) (r result) {
	require.NoError(t, json.Unmarshal([]byte(stdout), &r), stdout)
	return r
}

func TestStepsOfDAGsAndBundles(t *testing.T) {
	for _, row := range []struct {
		folderFlag string
		createArgs []string
		want       api.DeployType
		entry      string // the first of the tarball
	}{
		{"-dags", []string{"-description", "Monday"}, api.DeployTypeDAGOnly, "dags/"},
		{"-bundle", []string{"-mount-path", "/usr/local/airflow/dbt/shop"}, api.DeployTypeBundle, "a.py"},
	} {
		p := newPipeline(t, true)
		assert.Regexp(t, `^deploy clfake\d+ is INITIALIZED at \S+\n$`, p.must(create, append(row.createArgs, row.folderFlag, p.folder)...))
		assert.Contains(t, p.stored(), string(row.want))
		require.NoError(t, os.Chmod(p.state, 0o644))
		assert.Regexp(t, `^deploy clfake\d+ is INITIALIZED at \S+; uploaded tarball version \S+, files 1, bytes \d+\n$`, p.must(upload, row.folderFlag, p.folder, "-ignore", "*.tmp"))
		p.server.Inject(showing("INITIALIZED").On("FinalizeDeploy"))
		r := parsed(t, p.must(finalize, "-json"))
		assert.Equal(t, "DEPLOYED", r.Status)
		stored, _ := p.server.Tarball(r.TarballVersion)
		assert.Equal(t, row.entry, firstEntry(t, stored))
		p.must(finalize)
		assert.Equal(t, 1, p.server.Commits(r.DeployID))
		deploy, _ := p.server.Deploy(r.DeployID)
		assert.Equal(t, row.want, deploy.Type)
		now, _ := p.server.Deployment(p.deployment)
		if row.want == api.DeployTypeBundle {
			assert.Equal(t, r.TarballVersion, *now.Bundles[0].DesiredVersion)
			continue
		}
		assert.Equal(t, "Monday", *deploy.Description)
		assert.Equal(t, r.TarballVersion, now.DAGTarballVersion)
	}
}

func firstEntry(t *testing.T, packed []byte) string {
	unzipped, err := gzip.NewReader(bytes.NewReader(packed))
	require.NoError(t, err)
	header, err := tar.NewReader(unzipped).Next()
	require.NoError(t, err)
	return header.Name
}

func TestStepsOfImages(t *testing.T) {
	for name, row := range map[string]struct {
		dagDeploys bool
		args       []string
		want       api.DeployType
		uploads    bool
	}{
		"image":             {true, []string{"-image"}, api.DeployTypeImageOnly, false},
		"image and DAGs":    {true, []string{"-image", "-dags"}, api.DeployTypeImageAndDAG, true},
		"DAGs in the image": {false, []string{"-image", "-dags-in-image"}, api.DeployTypeImageAndDAG, false},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPipeline(t, row.dagDeploys)
			if row.uploads {
				row.args = append(row.args, p.folder)
			}
			// An undocumented type is not passed on, nor is the scheme of the vendor's documented example.
			p.server.Inject(astrotest.EditDeploy(func(deploy map[string]any) {
				deploy["type"], deploy["imageRepository"] = "IMAGE", "https://"+deploy["imageRepository"].(string)
			}).On("CreateDeploy"))
			created := parsed(t, p.must(create, append(row.args, "-json")...))
			deploy, _ := p.server.Deploy(created.DeployID)
			assert.Equal(t, row.want, deploy.Type)
			assert.Equal(t, deploy.ImageRepository+":"+deploy.ImageTag, created.Image)
			if row.uploads {
				p.fails(command.Usage, "run upload first", finalize)
				p.must(upload, "-dags", p.folder)
			} else {
				p.fails(command.Usage, "has no tarball: push its image, then finalize", upload, "-dags", p.folder)
			}
			assert.Regexp(t, "^deploy "+created.DeployID+` is DEPLOYED at 127\.0\.0\.1:\d+\n$`, p.must(finalize))
			assert.Equal(t, 1, p.server.Commits(created.DeployID))
		})
	}
	p := newPipeline(t, true)
	assert.Regexp(t, `is INITIALIZED at \S+; push the image as [\w.]+/\S+:\S+\n$`, p.must(create, "-image"))
}

// What a response says stays in one line of the result.
func TestForgedLines(t *testing.T) {
	p := newPipeline(t, true)
	p.server.Inject(astrotest.EditDeploy(func(deploy map[string]any) { deploy["imageRepository"] = "r\x1b[31m\nnext: rm" }).On("CreateDeploy"))
	code, stdout, _ := runWith(t, p.args(create, []string{"-image"})...)
	assert.Equal(t, command.OK, code)
	assert.Equal(t, 1, strings.Count(stdout, "\n"), stdout)
	assert.NotContains(t, stdout, "\x1b")
}

// Nothing is sent for a state that is missing, damaged, of another Deployment, or of another kind of deploy.
func TestStateIsChecked(t *testing.T) {
	p := newPipeline(t, true)
	p.fails(command.Usage, "does not exist: run create first", finalize)
	p.fails(command.Usage, "does not exist: run create first", upload, "-dags", p.folder)
	missing := p
	missing.state = filepath.Join(p.folder, "none", "state.json")
	missing.fails(command.Usage, "-state cannot be created", create, "-dags", p.folder)
	assert.Empty(t, p.server.Requests())

	p.must(create, "-dags", p.folder)
	before, stored := len(p.server.Requests()), p.stored()
	p.fails(command.Usage, "exists: finalize its deploy, or delete it", create, "-dags", p.folder)
	p.fails(command.Usage, "needs -dags, as create did", upload, "-bundle", p.folder)
	p.fails(command.Usage, "-allow-empty", upload, "-dags", t.TempDir())
	p.fails(command.Usage, "run upload first", finalize)
	for _, args := range [][]string{{"-deployment", "another"}, {"-organization", "another"}} {
		p.fails(command.Usage, "the state belongs to another Deployment", upload, append(args, "-dags", p.folder)...)
		p.fails(command.Usage, "the state belongs to another Deployment", finalize, args...)
	}
	assert.Equal(t, stored, p.stored())
	for _, damaged := range []string{"", stored[:len(stored)/2], `{"id":"clfake1"}`} {
		require.NoError(t, os.WriteFile(p.state, []byte(damaged), 0o600))
		p.fails(command.Usage, "is damaged, or not of this command", finalize)
	}
	assert.Len(t, p.server.Requests(), before)
}

// If a step fails, the state is what it was before; without a deploy there is none.
func TestStepsFail(t *testing.T) {
	without := func(member string) astrotest.Fault {
		return astrotest.EditDeploy(func(deploy map[string]any) { delete(deploy, member) }).On("CreateDeploy")
	}
	for _, row := range []struct {
		args  []string
		fault astrotest.Fault
		says  string
	}{
		{[]string{"-image"}, astrotest.Error(403, "no").On("CreateDeploy"), "403"},
		{[]string{"-dags", folder(t)}, without("dagsUploadUrl"), "has no upload URL"},
		{[]string{"-image"}, without("imageTag"), "where to push"},
		{[]string{"-image"}, showing("FAILED").On("CreateDeploy"), "is FAILED, so the Deployment is unchanged"},
		{[]string{"-image", "-dags-in-image"}, astrotest.Slow(0).On("CreateDeploy"), "would not use the DAGs in the image"},
	} {
		p := newPipeline(t, true)
		p.server.Inject(row.fault)
		p.fails(command.Failed, row.says, create, row.args...)
		assert.NoFileExists(t, p.state)
	}

	p := newPipeline(t, true)
	blockState := func() {
		assert.NoError(t, errors.Join(os.Remove(p.state), os.Mkdir(p.state, 0o700)))
	}
	p.server.Inject(astrotest.Slow(0).On("CreateDeploy").Then(blockState))
	p.fails(command.Failed, "was created, but -state cannot be written", create, "-dags", p.folder)
	assert.NoDirExists(t, p.state)
	p.must(create, "-dags", p.folder)
	stored := p.stored()
	p.server.Inject(astrotest.ExpiredUploadURL().On("PutBlob"))
	p.fails(command.Failed, "was not changed by this step, nor was the Deployment", upload, "-dags", p.folder)
	assert.Equal(t, stored, p.stored())
	p.must(upload, "-dags", p.folder)
	stored = p.stored()
	p.server.Inject(astrotest.Slow(0).On("PutBlob").Then(blockState))
	p.fails(command.Failed, "state.json", upload, "-dags", p.folder)
	require.NoError(t, os.Remove(p.state))
	require.NoError(t, os.WriteFile(p.state, []byte(stored), 0o600))
	p.checkState()
	p.server.Inject(astrotest.Error(403, "no").On("FinalizeDeploy"))
	p.fails(command.Failed, "finalize can be run again", finalize)
	p.server.Inject(showing("FAILED").On("FinalizeDeploy"))
	code, stdout, stderr := runWith(t, p.args(finalize, []string{"-json"})...)
	assert.Equal(t, command.Unknown, code)
	assert.Contains(t, stdout, `"status": "FAILED"`)
	assert.Contains(t, stderr, "FAILED")
	assert.Equal(t, stored, p.stored())
}

func showing(status string) astrotest.Fault {
	return astrotest.EditDeploy(func(deploy map[string]any) { deploy["status"] = status })
}

// A pipeline that is run once more finalizes nothing, since that would replace what was deployed since.
func TestFinalizeAgain(t *testing.T) {
	p := newPipeline(t, true)
	p.must(create, "-dags", p.folder)
	p.must(upload, "-dags", p.folder)
	id := parsed(t, p.must(finalize, "-json")).DeployID

	newer := p
	newer.state = filepath.Join(t.TempDir(), "state.json")
	newer.must(create, "-dags", p.folder)
	newer.must(upload, "-dags", p.folder)
	version := parsed(t, newer.must(finalize, "-json")).TarballVersion

	assert.Regexp(t, "^deploy "+id+` is DEPLOYED at 127\.0\.0\.1:\d+\n$`, p.must(finalize))
	now, _ := p.server.Deployment(p.deployment)
	assert.Equal(t, version, now.DAGTarballVersion)
	assert.Equal(t, 1, p.server.Commits(id))
	p.fails(command.Failed, "is DEPLOYED, so nothing can be added: create another", upload, "-dags", p.folder)

	p.server.Inject(astrotest.EditDeploy(func(deploy map[string]any) { deploy["dagTarballVersion"] = "another" }).On("GetDeploy"))
	p.fails(command.Unknown, "does not show tarball version", finalize)
	assert.Equal(t, 1, p.server.Commits(id))
}

// Ctrl-C in a step leaves the state whole, and the step can be taken again.
func TestStepsInterrupted(t *testing.T) {
	p := newPipeline(t, true)
	interrupted := func(code int, fault astrotest.Fault, step string, args ...string) {
		t.Helper()
		ctx, interrupt := context.WithCancel(t.Context())
		p.server.Inject(fault.Then(interrupt))
		var stdout, stderr bytes.Buffer
		assert.Equal(t, code, run(ctx, p.args(step, append(args, "-json")), &stdout, &stderr), stderr.String())
		assert.Contains(t, parsed(t, stdout.String()).Error, "interrupted")
	}
	interrupted(command.Failed, astrotest.Hang().On("CreateDeploy"), create, "-dags", p.folder)
	assert.NoFileExists(t, p.state)
	id := parsed(t, p.must(create, "-dags", p.folder, "-json")).DeployID

	stored := p.stored()
	interrupted(command.Failed, astrotest.Hang().On("GetDeploy"), upload, "-dags", p.folder)
	interrupted(command.Failed, astrotest.Hang().On("PutBlob"), upload, "-dags", p.folder)
	assert.Equal(t, stored, p.stored())
	p.must(upload, "-dags", p.folder)

	stored = p.stored()
	interrupted(command.Unknown, astrotest.Hang().On("GetDeploy"), finalize) // an earlier finalize may have been received
	interrupted(command.Unknown, astrotest.Hang().On("FinalizeDeploy"), finalize)
	assert.Zero(t, p.server.Commits(id))
	interrupted(command.Unknown, astrotest.HangInResponse().On("FinalizeDeploy"), finalize)
	assert.Equal(t, stored, p.stored())
	assert.Regexp(t, "^deploy "+id+` is DEPLOYED at 127\.0\.0\.1:\d+\n$`, p.must(finalize))
	assert.Equal(t, 1, p.server.Commits(id))
}
