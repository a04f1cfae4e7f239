package deploys

import (
	"context"
	"io"
	"time"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// Client is the client that a deploy needs. [*wrapper.Client] implements it. A program can implement its
// own, for example to test without a server.
type Client interface {
	CheckCreate(in wrapper.Deployment, request api.CreateDeployRequest) error
	CreateDeploy(ctx context.Context, in wrapper.Deployment, request api.CreateDeployRequest) (*api.Deploy, error)
	Upload(ctx context.Context, uploadURL *api.Secret, tarball io.ReadSeeker, options ...wrapper.UploadOption) (version string, err error)
	Finalize(ctx context.Context, target wrapper.Target, content wrapper.Content) (*api.Deploy, error)
	Wait(ctx context.Context, target wrapper.Target) (*api.Deploy, error)
}

var _ Client = (*wrapper.Client)(nil)

// Source is the content of a deploy before it is packed. Package tarball has sources for folders, for an
// [io/fs.FS] and for existing tarballs.
type Source interface {
	// Open returns the tarball, with its entries below the folder prefix unless that is "". The
	// caller reads the tarball more than once and closes it.
	Open(ctx context.Context, prefix string) (io.ReadSeekCloser, error)
}

// Mount is the mount path of a bundle, such as /usr/local/airflow/dbt/my-project, and its type, such as
// dbt. Both are required.
type Mount struct {
	Path string
	Type string
}

// DAGs replaces all DAGs of a Deployment with those of a source, such as tarball.Dir("./dags"). It packs
// them below dags/ and creates a deploy of type DAG_ONLY.
func DAGs(ctx context.Context, client Client, to wrapper.Deployment, dags Source, options ...Option) (*Result, error) {
	return run(ctx, client, to, plan{
		request:   api.CreateDeployRequest{Type: api.DeployTypeDAGOnly},
		source:    dags,
		prefix:    "dags",
		uploadURL: func(deploy *api.Deploy) *api.Secret { return deploy.DAGsUploadURL },
		content:   wrapper.DAGTarball,
	}, options)
}

// Bundle replaces the bundle at a mount path of a Deployment with the content of a source. It packs
// the content at the top level of the tarball and creates a deploy of type BUNDLE.
func Bundle(ctx context.Context, client Client, to wrapper.Deployment, at Mount, bundle Source, options ...Option) (*Result, error) {
	return run(ctx, client, to, plan{
		request:   at.request(),
		source:    bundle,
		uploadURL: func(deploy *api.Deploy) *api.Secret { return deploy.BundleUploadURL },
		content:   wrapper.BundleTarball,
	}, options)
}

// RemoveBundle removes the bundle at a mount path from a Deployment. It creates and finalizes a deploy of
// type BUNDLE without an upload (see [wrapper.RemoveBundle]).
func RemoveBundle(ctx context.Context, client Client, from wrapper.Deployment, at Mount, options ...Option) (*Result, error) {
	return run(ctx, client, from, plan{
		request: at.request(),
		content: func(string) wrapper.Content { return wrapper.RemoveBundle() },
	}, options)
}

func (m Mount) request() api.CreateDeployRequest {
	return api.CreateDeployRequest{Type: api.DeployTypeBundle, BundleMountPath: &m.Path, BundleType: &m.Type}
}

// plan is what differs between the kinds of deploy.
type plan struct {
	request   api.CreateDeployRequest
	source    Source
	prefix    string
	uploadURL func(*api.Deploy) *api.Secret // nil if nothing is uploaded
	content   func(version string) wrapper.Content
	progress  []wrapper.UploadOption
}

func run(ctx context.Context, client Client, to wrapper.Deployment, p plan, options []Option) (*Result, error) {
	if err := p.check(ctx, client, to, options); err != nil {
		return nil, err
	}
	d := &deploying{client: client, to: to, plan: p, result: Result{
		OrganizationID: to.OrganizationID, DeploymentID: to.DeploymentID, Type: p.request.Type,
	}}
	defer d.close()
	started, timings := time.Now(), &d.result.Timings
	for _, step := range []struct {
		stage Stage
		do    func(context.Context) error
		took  *time.Duration
	}{
		{StagePack, d.pack, &timings.Pack},
		{StageCreate, d.create, &timings.Create},
		{StageUpload, d.upload, &timings.Upload},
		{StageFinalize, d.finalize, &timings.Finalize},
		{StageWait, d.wait, &timings.Wait},
	} {
		begun := time.Now()
		err := step.do(ctx)
		*step.took, timings.Total = time.Since(begun), time.Since(started)
		if err != nil {
			return nil, &Error{Stage: step.stage, Result: d.shown(), Err: err, MayExist: d.mayExist}
		}
	}
	result := d.shown()
	return &result, nil
}

// check applies the options and validates the arguments.
func (p *plan) check(ctx context.Context, client Client, to wrapper.Deployment, options []Option) error {
	for _, option := range options {
		if option == nil {
			return &wrapper.ValidationError{Field: "options", Rule: "must not contain a nil Option"}
		}
		if err := option(p); err != nil {
			return err
		}
	}
	switch {
	case client == nil:
		return &wrapper.ValidationError{Field: "client", Rule: "must not be nil; create one with wrapper.NewClient"}
	case ctx == nil:
		return &wrapper.ValidationError{Field: "ctx", Rule: "must not be nil; pass context.Background() if there is none"}
	}
	if err := client.CheckCreate(to, p.request); err != nil {
		return err
	}
	if p.uploadURL != nil && p.source == nil {
		return &wrapper.ValidationError{Field: "source", Rule: "must not be nil; for a folder, use tarball.Dir"}
	}
	return nil
}
