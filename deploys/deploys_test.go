package deploys_test

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/deploys"
	"github.com/astro-finalize/astro-finalize-go/internal/chaostest"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// packed is a source with the content of a tarball.
type packed struct {
	content []byte
	err     error
	nothing bool   // Open returns nil and no error
	prefix  string // that Open was called with
	closed  int
}

func (p *packed) Open(_ context.Context, prefix string) (io.ReadSeekCloser, error) {
	p.prefix = prefix
	if p.err != nil || p.nothing {
		return nil, p.err
	}
	return &open{bytes.NewReader(p.content), p}, nil
}

type open struct {
	*bytes.Reader
	source *packed
}

func (o *open) Close() error {
	o.source.closed++
	return nil
}

var shop = deploys.Mount{Path: "/usr/local/airflow/dbt/shop", Type: "dbt"}

func TestDAGs(t *testing.T) {
	for _, apiVersion := range []wrapper.APIVersion{"v1beta1", wrapper.V1} {
		server, client, deployment := newService(t, wrapper.WithAPIVersion(apiVersion))
		source := &packed{content: gzipped(3000)}
		var sent int64
		result, err := deploys.DAGs(t.Context(), client, deployment, source, deploys.WithDescription("Monday"), deploys.WithProgress(func(now, _ int64) { sent = now }))
		require.NoError(t, err)

		stored, _ := server.Deploy(result.DeployID)
		assert.Equal(t, api.DeployStatusDeployed, stored.Status)
		assert.Equal(t, api.DeployTypeDAGOnly, stored.Type)
		assert.Equal(t, "Monday", *stored.Description)
		now, _ := server.Deployment(deployment.DeploymentID)
		assert.Equal(t, result.TarballVersion, now.DAGTarballVersion)
		tarball, found := server.Tarball(result.TarballVersion)
		require.True(t, found)
		assert.Equal(t, source.content, tarball)
		assert.Equal(t, "dags", source.prefix)
		assert.Equal(t, 1, source.closed)
		assert.Equal(t, int64(3000), sent)

		sum := md5.Sum(source.content)
		assert.Equal(t, hex.EncodeToString(sum[:]), result.MD5)
		assert.Equal(t, int64(3000), result.Bytes)
		assert.Equal(t, api.DeployTypeDAGOnly, result.Type)
		assert.Equal(t, api.DeployStatusDeployed, result.Status)
		assert.Equal(t, deployment, wrapper.Deployment{OrganizationID: result.OrganizationID, DeploymentID: result.DeploymentID})
		assert.Equal(t, []string{"POST", "PUT", "POST"}, methods(server), "create, upload, finalize")
		for _, request := range server.Requests() {
			if request.Method == http.MethodPut {
				assert.Empty(t, request.Authorization, "the token must not be sent to the storage")
			}
		}
	}
}

// digested is a source that reports its number of files and its digest.
type digested struct{ packed }

func (d *digested) Open(ctx context.Context, prefix string) (io.ReadSeekCloser, error) {
	opened, err := d.packed.Open(ctx, prefix)
	return openDigested{opened.(*open)}, err
}

type openDigested struct{ *open }

func (openDigested) Files() int            { return 7 }
func (openDigested) ContentDigest() string { return "v1:5b1ee0d" }

// What the source reports about its tarball is in the result and its JSON.
func TestResultHasFilesAndContentDigest(t *testing.T) {
	_, client, deployment := newService(t)
	result, err := deploys.DAGs(t.Context(), client, deployment, &digested{packed{content: gzipped(3000)}})
	require.NoError(t, err)
	assert.Equal(t, 7, result.Files)
	assert.Equal(t, "v1:5b1ee0d", result.ContentDigest)
	encoded, err := json.Marshal(result)
	require.NoError(t, err)
	assert.Contains(t, string(encoded), `"files":7`)
	assert.Contains(t, string(encoded), `"contentDigest":"v1:5b1ee0d"`)

	result, err = deploys.DAGs(t.Context(), client, deployment, &packed{content: gzipped(3000)})
	require.NoError(t, err)
	assert.Empty(t, result.ContentDigest, "the source reports none")
}

func methods(server *astrotest.Server) (methods []string) {
	for _, request := range server.Requests() {
		methods = append(methods, request.Method)
	}
	return methods
}

func TestBundleAndRemoveBundle(t *testing.T) {
	server, client, deployment := newService(t, wrapper.WithAPIVersion(wrapper.V1))
	source := &packed{content: gzipped(3000)}
	commit := api.DeployGit{Provider: api.GitProviderGeneric, CommitSHA: "5b1ee0d", RemoteURL: ptr("https://git.example/shop.git")}
	result, err := deploys.Bundle(t.Context(), client, deployment, shop, source, deploys.WithGit(commit))
	require.NoError(t, err)
	assert.Empty(t, source.prefix)
	now, _ := server.Deployment(deployment.DeploymentID)
	require.Len(t, now.Bundles, 1)
	assert.Equal(t, result.TarballVersion, *now.Bundles[0].DesiredVersion)
	assert.Equal(t, shop.Path, now.Bundles[0].MountPath)
	assert.Equal(t, api.DeployTypeBundle, result.Type)
	assert.Equal(t, commit, *result.Deploy.Git)

	result, err = deploys.RemoveBundle(t.Context(), client, deployment, shop, deploys.WithDescription("gone"))
	require.NoError(t, err)
	assert.Empty(t, result.TarballVersion)
	assert.Zero(t, result.Bytes)
	now, _ = server.Deployment(deployment.DeploymentID)
	assert.Empty(t, now.Bundles)
	assert.Equal(t, []string{"POST", "PUT", "POST", "POST", "POST"}, methods(server), "RemoveBundle uploads nothing")
}

// The result's JSON contains no secrets.
func TestResultAsJSON(t *testing.T) {
	_, client, deployment := newService(t)
	result, err := deploys.DAGs(t.Context(), client, deployment, &packed{content: gzipped(3000)})
	require.NoError(t, err)
	assert.Nil(t, result.Deploy.DAGsUploadURL)
	chaostest.RequireNoSecret(t, result)
	encoded, err := json.Marshal(result)
	require.NoError(t, err)
	chaostest.RequireClean(t, string(encoded))
	var fields map[string]any
	require.NoError(t, json.Unmarshal(encoded, &fields))
	timings := fields["timings"].(map[string]any)
	delete(fields, "timings")
	assert.Equal(t, map[string]any{
		"organizationId": deployment.OrganizationID, "deploymentId": deployment.DeploymentID, "deployId": result.DeployID,
		"type": "DAG_ONLY", "status": "DEPLOYED", "tarballVersion": result.TarballVersion, "bytes": 3000.0, "md5": result.MD5,
	}, fields)
	for _, name := range []string{"packSeconds", "compareSeconds", "createSeconds", "uploadSeconds", "pushSeconds", "finalizeSeconds", "waitSeconds", "totalSeconds"} {
		assert.Contains(t, timings, name)
	}
}

func TestTimings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client, closeAll := chaostest.InMemory(t, nil)
		defer closeAll()
		server.Inject(
			astrotest.Slow(2*time.Second).On("CreateDeploy"), astrotest.Slow(3*time.Second).On("PutBlob"),
			astrotest.Slow(4*time.Second).On("FinalizeDeploy"),
		)
		result, err := deploys.DAGs(t.Context(), client, deploymentOn(server), &packed{content: gzipped(100)})
		require.NoError(t, err)
		assert.Equal(t, deploys.Timings{Create: 2 * time.Second, Upload: 3 * time.Second, Finalize: 4 * time.Second, Total: 9 * time.Second}, result.Timings)
	})
}

// Invalid arguments are rejected before anything is sent.
func TestRejectsInvalidArguments(t *testing.T) {
	server, client, deployment := newService(t)
	source := &packed{content: gzipped(100)}
	ctx := t.Context()
	var none context.Context
	for _, row := range []struct {
		field  string
		deploy func() error
	}{
		{"organizationId", func() error { return second(deploys.DAGs(ctx, client, wrapper.Deployment{DeploymentID: "d"}, source)) }},
		{"deploymentId", func() error {
			return second(deploys.Bundle(ctx, client, wrapper.Deployment{OrganizationID: "o", DeploymentID: "a/b"}, shop, source))
		}},
		{"source", func() error { return second(deploys.DAGs(ctx, client, deployment, nil)) }},
		{"source", func() error { return second(deploys.Bundle(ctx, client, deployment, shop, nil)) }},
		{"bundleMountPath", func() error {
			return second(deploys.Bundle(ctx, client, deployment, deploys.Mount{Type: "dbt"}, source))
		}},
		{"bundleMountPath", func() error {
			return second(deploys.RemoveBundle(ctx, client, deployment, deploys.Mount{Path: "a", Type: "dbt"}))
		}},
		{"bundleType", func() error { return second(deploys.RemoveBundle(ctx, client, deployment, deploys.Mount{Path: "/a"})) }},
		{"description", func() error {
			return second(deploys.DAGs(ctx, client, deployment, source, deploys.WithDescription(string(make([]byte, 501)))))
		}},
		{"git.provider", func() error {
			return second(deploys.DAGs(ctx, client, deployment, source, deploys.WithGit(api.DeployGit{})))
		}},
		{"options", func() error { return second(deploys.DAGs(ctx, client, deployment, source, nil)) }},
		{"options", func() error { return second(deploys.DAGs(ctx, client, deployment, source, deploys.Option(nil))) }},
		{"progress", func() error { return second(deploys.DAGs(ctx, client, deployment, source, deploys.WithProgress(nil))) }},
		{"ctx", func() error { return second(deploys.DAGs(none, client, deployment, source)) }},
		{"client", func() error { return second(deploys.RemoveBundle(ctx, (*wrapper.Client)(nil), deployment, shop)) }},
	} {
		err := row.deploy()
		var invalid *wrapper.ValidationError
		require.ErrorAs(t, err, &invalid, row.field)
		assert.Equal(t, row.field, invalid.Field)
		var deploying *deploys.Error
		assert.NotErrorAs(t, err, &deploying)
	}
	assert.Empty(t, source.prefix, "nothing was packed")

	for want, source := range map[string]*packed{
		"pack: no such folder; nothing was sent": {err: errors.New("no such folder")},
		"tarball must not be nil":                {nothing: true},
		"tarball must not be empty":              {},
		"must be a tar archive":                  {content: []byte("a file")},
	} {
		_, err := deploys.DAGs(ctx, client, deployment, source)
		var deploying *deploys.Error
		require.ErrorAs(t, err, &deploying)
		assert.Equal(t, deploys.StagePack, deploying.Stage)
		assert.ErrorContains(t, err, want)
		assert.ErrorContains(t, err, "; nothing was sent")
		if source.err == nil && !source.nothing {
			assert.Equal(t, 1, source.closed)
		}
	}
	assert.Empty(t, server.Requests())
}

// The error of every stage says truthfully what exists on the service and what calling again does.
func TestErrors(t *testing.T) {
	const (
		created   = "was created but not finalized, so the Deployment is unchanged; calling again creates another deploy"
		mayExist  = "; calling again creates another deploy"
		unchanged = "so the Deployment is unchanged"
	)
	always := func(fault astrotest.Fault) []astrotest.Fault { return []astrotest.Fault{fault, fault, fault, fault} }
	edit := func(field string, value any) astrotest.Fault {
		return astrotest.EditDeploy(func(deploy map[string]any) { deploy[field] = value })
	}
	for name, row := range map[string]struct {
		stage    deploys.Stage
		faults   []astrotest.Fault
		want     string
		kind     error
		deploys  int  // on the service
		named    bool // the error's result has the deploy's ID
		version  bool // and the tarball version
		deployed bool
	}{
		"create refused":      {deploys.StageCreate, always(astrotest.Error(403, "no").On("CreateDeploy")), "no deploy was created, " + unchanged, wrapper.ErrForbidden, 0, false, false, false},
		"create lost":         {deploys.StageCreate, always(astrotest.CutResponse().On("CreateDeploy")), mayExist, nil, 1, false, false, false},
		"created as FAILED":   {deploys.StageCreate, []astrotest.Fault{edit("status", "FAILED").On("CreateDeploy")}, created, nil, 1, true, false, false},
		"no upload URL":       {deploys.StageCreate, []astrotest.Fault{astrotest.EditDeploy(func(deploy map[string]any) { delete(deploy, "dagsUploadUrl") }).On("CreateDeploy")}, "DAG deploys seem to be disabled on the Deployment: enable them", nil, 1, true, false, false},
		"http upload URL":     {deploys.StageUpload, []astrotest.Fault{edit("dagsUploadUrl", "http://storage.example/?sig=astrotest-signature").On("CreateDeploy")}, "the deploy's uploadUrl must be https", nil, 1, true, false, false},
		"wrong type":          {deploys.StageCreate, []astrotest.Fault{edit("type", "IMAGE_ONLY").On("CreateDeploy")}, "a deploy of type IMAGE_ONLY instead of DAG_ONLY", nil, 1, false, false, false},
		"upload URL expired":  {deploys.StageUpload, []astrotest.Fault{astrotest.ExpiredUploadURL().On("PutBlob")}, created, wrapper.ErrUploadURLExpired, 1, true, false, false},
		"upload always cut":   {deploys.StageUpload, always(astrotest.CutConnection().On("PutBlob")), created, nil, 1, true, false, false},
		"stored, no version":  {deploys.StageUpload, []astrotest.Fault{astrotest.Fault{}.AfterCommit().WithoutHeader("x-ms-version-id").On("PutBlob")}, created, wrapper.ErrUnexpectedResponse, 1, true, false, false},
		"finalize refused":    {deploys.StageFinalize, always(astrotest.Error(403, "no").On("FinalizeDeploy")), "was not finalized, so the Deployment is unchanged; continue with Finalize, since calling again creates another deploy", wrapper.ErrForbidden, 1, true, true, false},
		"finalize lost":       {deploys.StageFinalize, append(slices.Repeat([]astrotest.Fault{astrotest.Error(403, "no").On("GetDeploy")}, 9), astrotest.CutResponse().On("FinalizeDeploy")), "check with GetDeploy first; calling again creates another deploy", wrapper.ErrOutcomeUnknown, 1, true, true, true},
		"finalized as FAILED": {deploys.StageFinalize, []astrotest.Fault{edit("status", "FAILED").On("FinalizeDeploy")}, "check the Deployment to see what it runs now; calling again creates another deploy", nil, 1, true, true, true},
		"wait refused":        {deploys.StageWait, []astrotest.Fault{edit("status", "INITIALIZED").On("FinalizeDeploy"), astrotest.Error(401, "no").On("GetDeploy")}, "was finalized; continue with Wait, since calling again creates another deploy", wrapper.ErrUnauthorized, 1, true, true, true},
		"FAILED in the end":   {deploys.StageWait, []astrotest.Fault{edit("status", "INITIALIZED").On("FinalizeDeploy"), showing("FAILED").On("GetDeploy")}, "check the Deployment to see what it runs now; calling again creates another deploy", nil, 1, true, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			server, client, deployment := newService(t)
			server.Inject(row.faults...)
			source := &packed{content: gzipped(100)}
			result, err := deploys.DAGs(t.Context(), client, deployment, source)
			assert.Nil(t, result)
			var deploying *deploys.Error
			require.ErrorAs(t, err, &deploying)
			assert.Equal(t, row.stage, deploying.Stage)
			assert.ErrorContains(t, err, row.want)
			assert.Equal(t, 1, source.closed)
			if row.kind != nil {
				assert.ErrorIs(t, err, row.kind)
			}
			var invalid *wrapper.ValidationError
			assert.NotErrorAs(t, err, &invalid, "something was sent")
			for ; err != nil; err = errors.Unwrap(err) {
				chaostest.RequireNoSecret(t, err)
			}

			reader, err := wrapper.NewClient(wrapper.WithBaseURL(server.URL), wrapper.WithToken(astrotest.Token))
			require.NoError(t, err)
			ids := deployIDs(t, reader, deployment)
			assert.Len(t, ids, row.deploys)
			if row.named {
				require.Equal(t, ids, []string{deploying.Result.DeployID})
				stored, _ := server.Deploy(ids[0])
				assert.Equal(t, row.deployed, stored.Status == api.DeployStatusDeployed)
				assert.Contains(t, deploying.Error(), "deploy "+ids[0])
			} else {
				assert.Empty(t, deploying.Result.DeployID)
			}
			_, isStored := server.Tarball(deploying.Result.TarballVersion)
			assert.Equal(t, row.version, isStored)
			chaostest.RequireNoSecret(t, deploying.Result)
		})
	}
}

// deployIDs returns the IDs of a Deployment's deploys.
func deployIDs(t *testing.T, client *wrapper.Client, in wrapper.Deployment) (ids []string) {
	for deploy, err := range client.ListDeploys(t.Context(), in) {
		require.NoError(t, err)
		ids = append(ids, deploy.ID)
	}
	return ids
}

// Which type the service shows for a bundle's deploy is not documented.
func TestBundleShownWithAnotherType(t *testing.T) {
	server, client, deployment := newService(t)
	shown := astrotest.EditDeploy(func(deploy map[string]any) { deploy["type"] = "DAG_ONLY" })
	server.Inject(shown.On("CreateDeploy"))
	_, err := deploys.Bundle(t.Context(), client, deployment, shop, &packed{content: gzipped(100)})
	require.NoError(t, err)
	server.Inject(shown.On("CreateDeploy"))
	_, err = deploys.RemoveBundle(t.Context(), client, deployment, shop)
	require.NoError(t, err)
}

// A deploy that is not DEPLOYED after its finalize is polled until it is.
func TestWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client, closeAll := chaostest.InMemory(t, nil)
		defer closeAll()
		server.Inject(
			astrotest.EditDeploy(func(deploy map[string]any) { deploy["status"] = "INITIALIZED"; delete(deploy, "deploymentId") }).On("FinalizeDeploy"),
			showing("DEPLOYING").On("GetDeploy"),
		)
		result, err := deploys.DAGs(t.Context(), client, deploymentOn(server), &packed{content: gzipped(100)})
		require.NoError(t, err)
		assert.Equal(t, api.DeployStatusDeployed, result.Status)
		assert.InDelta(t, time.Second, result.Timings.Wait, 0.21*float64(time.Second))

		server.InjectFunc(func(operation string) (astrotest.Fault, bool) {
			return showing("INITIALIZED"), operation == "FinalizeDeploy" || operation == "GetDeploy"
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err = deploys.Bundle(ctx, client, deploymentOn(server), shop, &packed{content: gzipped(100)})
		var waiting *wrapper.WaitError
		assert.ErrorAs(t, err, &waiting)
		assert.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

func TestErrorIsLoggedWithItsFields(t *testing.T) {
	for want, err := range map[string]*deploys.Error{
		`{"error":"no; deploy p with tarball version \"v\" was not finalized, so the Deployment is unchanged; continue with Finalize, since calling again creates another deploy","stage":"finalize","mayExist":true,"deployId":"p","tarballVersion":"v","cause":"no"}`: {Stage: deploys.StageFinalize, MayExist: true, Result: deploys.Result{DeployID: "p", TarballVersion: "v"}, Err: errors.New("no")},
		`{"error":"pack: no; nothing was sent","stage":"pack","mayExist":false,"cause":"no"}`: {Stage: deploys.StagePack, Err: errors.New("no")},
	} {
		var log bytes.Buffer
		slog.New(slog.NewJSONHandler(&log, nil)).Error("failed", "err", err)
		assert.Contains(t, log.String(), want)
	}
}

// stub is another implementation of Client.
type stub struct {
	deploys.Client
	created *api.Deploy
	err     error
}

func (s stub) CheckCreate(wrapper.Deployment, api.CreateDeployRequest) error { return nil }

func (s stub) CreateDeploy(context.Context, wrapper.Deployment, api.CreateDeployRequest) (*api.Deploy, error) {
	return s.created, s.err
}

// quiet is a client that returns neither a result nor an error at one stage.
type quiet struct {
	deploys.Client
	from deploys.Stage
}

func (q quiet) CreateDeploy(ctx context.Context, in wrapper.Deployment, request api.CreateDeployRequest) (*api.Deploy, error) {
	if q.from == deploys.StageCreate {
		return nil, nil
	}
	return q.Client.CreateDeploy(ctx, in, request)
}

func (q quiet) Upload(ctx context.Context, uploadURL *api.Secret, tarball io.ReadSeeker, options ...wrapper.UploadOption) (string, error) {
	if q.from == deploys.StageUpload {
		return "", nil
	}
	return q.Client.Upload(ctx, uploadURL, tarball, options...)
}

func (q quiet) Finalize(ctx context.Context, target wrapper.Target, content wrapper.Content) (*api.Deploy, error) {
	switch q.from {
	case deploys.StageFinalize:
		return nil, nil
	case deploys.StageWait:
		return &api.Deploy{ID: target.DeployID, Status: api.DeployStatusInitialized}, nil
	}
	return q.Client.Finalize(ctx, target, content)
}

func (q quiet) Wait(context.Context, wrapper.Target) (*api.Deploy, error) { return nil, nil }

// A client that returns neither a result nor an error causes an error, not a success or a panic.
func TestClientThatReturnsNothing(t *testing.T) {
	for _, stage := range []deploys.Stage{deploys.StageCreate, deploys.StageUpload, deploys.StageFinalize, deploys.StageWait} {
		_, client, deployment := newService(t)
		result, err := deploys.DAGs(t.Context(), quiet{client, stage}, deployment, &packed{content: gzipped(100)})
		assert.Nil(t, result)
		var failed *deploys.Error
		require.ErrorAs(t, err, &failed)
		assert.Equal(t, stage, failed.Stage)
		assert.ErrorContains(t, err, "neither a result nor an error")
		assert.True(t, failed.MayExist)
	}
}

// An error says that no deploy was created only if that is certain.
func TestErrorMayExist(t *testing.T) {
	for _, row := range []struct {
		err      error
		mayExist bool
	}{
		{&wrapper.ValidationError{Field: "f", Rule: "r"}, false},
		{&wrapper.APIError{StatusCode: 400}, false},
		{&wrapper.APIError{StatusCode: 500, MayHaveTakenEffect: true}, true},
		{&wrapper.TransportError{Err: io.EOF}, false},
		{&wrapper.TransportError{Err: io.EOF, MayHaveTakenEffect: true}, true},
		{io.EOF, true}, // unknown
	} {
		_, err := deploys.DAGs(t.Context(), stub{err: row.err}, wrapper.Deployment{}, &packed{content: gzipped(100)})
		var failed *deploys.Error
		require.ErrorAs(t, err, &failed)
		assert.Equal(t, row.mayExist, failed.MayExist, row.err)
		assert.Equal(t, row.mayExist, !strings.Contains(err.Error(), "no deploy was created"), row.err)
		require.ErrorIs(t, err, row.err)
	}
}

// A removal applies to the deploy's own mount path, so a deploy with another one is not finalized, whatever
// the client checks.
func TestRemovalAtAnotherPath(t *testing.T) {
	for _, path := range []*string{nil, ptr("/usr/local/airflow/dbt/other")} {
		created := &api.Deploy{ID: "clvet", Status: api.DeployStatusInitialized, BundleMountPath: path}
		_, err := deploys.RemoveBundle(t.Context(), stub{created: created}, wrapper.Deployment{}, shop)
		require.ErrorContains(t, err, "does not have the requested mount path, so the bundle is not removed")
	}
}
