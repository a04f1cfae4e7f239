package wrapper

import (
	"context"
	"io"
	"time"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// Source is what a deploy carries, before it is packed. Package tarball has sources for
// folders, for an [io/fs.FS] and for tarballs that exist already.
type Source interface {
	// Open returns the tarball, its entries below the folder prefix, or not below any if that
	// is "". It is read more than once, and closed in the end.
	Open(ctx context.Context, prefix string) (io.ReadSeekCloser, error)
}

// Bundle is where a bundle is mounted, such as /usr/local/airflow/dbt/my-project, and what
// kind of bundle it is, such as dbt. Both are required.
type Bundle struct {
	MountPath string
	Type      string
}

// DeployDAGs makes the DAGs of a Deployment those of a source, such as
// tarball.Dir("./dags"), all of them: what the source lacks is gone afterwards. It packs them
// below dags/, creates a deploy of type DAG_ONLY, uploads the tarball, finalizes the deploy
// and waits until it is DEPLOYED. The token needs the permissions deployment.deploys.create,
// .update and .get.
//
// The steps are those of [Client.CreateDeploy], [Client.Upload], [Client.Finalize] and
// [Client.Wait], with what these check, repeat and look up. Packing comes first, so that
// nothing is created for a source that cannot be packed. Nothing but the context bounds the
// whole, the wait included.
//
// A call that breaks a rule is a [*ValidationError]. Any other failure is a [*DeployError],
// which says how far it came and what is on the service now; what the source refuses, such as
// an empty folder, is underneath it.
func (c *Client) DeployDAGs(ctx context.Context, to Deployment, dags Source, options ...DeployOption) (*DeployResult, error) {
	return c.deploy(ctx, to, plan{
		request:   api.CreateDeployRequest{Type: api.DeployTypeDAGOnly},
		source:    dags,
		prefix:    "dags",
		uploadURL: func(deploy *api.Deploy) *api.Secret { return deploy.DAGsUploadURL },
		content:   DAGTarball,
	}, options)
}

// DeployBundle makes a bundle of a Deployment what a source has, like [Client.DeployDAGs]: by a
// deploy of type BUNDLE, whose tarball's entries are below no folder.
func (c *Client) DeployBundle(ctx context.Context, to Deployment, bundle Bundle, source Source, options ...DeployOption) (*DeployResult, error) {
	return c.deploy(ctx, to, plan{
		request:   bundle.request(),
		source:    source,
		uploadURL: func(deploy *api.Deploy) *api.Secret { return deploy.BundleUploadURL },
		content:   BundleTarball,
	}, options)
}

// RemoveBundle takes the bundle at a mount path off a Deployment, by a deploy of type BUNDLE
// to which nothing is uploaded (see the function [RemoveBundle]). Its errors are those of
// [Client.DeployDAGs].
func (c *Client) RemoveBundle(ctx context.Context, from Deployment, bundle Bundle, options ...DeployOption) (*DeployResult, error) {
	return c.deploy(ctx, from, plan{
		request: bundle.request(),
		content: func(string) Content { return RemoveBundle() },
	}, options)
}

func (b Bundle) request() api.CreateDeployRequest {
	return api.CreateDeployRequest{Type: api.DeployTypeBundle, BundleMountPath: &b.MountPath, BundleType: &b.Type}
}

// plan is what is particular to one kind of deploy.
type plan struct {
	request   api.CreateDeployRequest
	source    Source
	prefix    string
	uploadURL func(*api.Deploy) *api.Secret // nil if nothing is uploaded
	content   func(version string) Content
}

func (c *Client) deploy(ctx context.Context, to Deployment, p plan, options []DeployOption) (*DeployResult, error) {
	settings, err := deploySettingsOf(options, &p.request)
	if err != nil {
		return nil, err
	}
	if err := c.checkCreate(ctx, to, p.request); err != nil {
		return nil, err
	}
	if p.uploadURL != nil && p.source == nil {
		return nil, &ValidationError{Field: "source", Rule: "must not be nil; package tarball makes one of a folder"}
	}
	d := &deploying{client: c, to: to, plan: p, settings: settings, result: DeployResult{
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
			return nil, &DeployError{Stage: step.stage, Result: d.result, Err: err, MayExist: d.mayExist}
		}
	}
	return &d.result, nil
}
