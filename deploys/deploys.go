package deploys

import (
	"context"
	"io"

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
// them below dags/ and creates a deploy of type DAG_ONLY. To delete all DAGs, pass an empty folder with
// tarball.AllowEmpty(); without that option, a source without files is refused.
func DAGs(ctx context.Context, client Client, to wrapper.Deployment, dags Source, options ...Option) (*Result, error) {
	return run(ctx, client, to, planOfDAGs(dags), options)
}

func planOfDAGs(dags Source) plan {
	return plan{
		request:   api.CreateDeployRequest{Type: api.DeployTypeDAGOnly},
		source:    dags,
		prefix:    "dags",
		uploadURL: dagsUploadURL,
		content:   wrapper.DAGTarball,
	}
}

func dagsUploadURL(deploy *api.Deploy) *api.Secret { return deploy.DAGsUploadURL }

// Bundle replaces the bundle at a mount path of a Deployment with the content of a source. It packs the
// content without a folder around it and creates a deploy of type BUNDLE.
func Bundle(ctx context.Context, client Client, to wrapper.Deployment, at Mount, bundle Source, options ...Option) (*Result, error) {
	return run(ctx, client, to, planOfBundle(at, bundle), options)
}

func planOfBundle(at Mount, bundle Source) plan {
	return plan{
		request:   at.request(),
		source:    bundle,
		uploadURL: func(deploy *api.Deploy) *api.Secret { return deploy.BundleUploadURL },
		content:   wrapper.BundleTarball,
	}
}

// RemoveBundle removes the bundle at a mount path from a Deployment. It creates and finalizes a deploy of
// type BUNDLE without an upload (see [wrapper.RemoveBundle], which also names the other way).
func RemoveBundle(ctx context.Context, client Client, from wrapper.Deployment, at Mount, options ...Option) (*Result, error) {
	return run(ctx, client, from, plan{
		request: at.request(),
		content: func(string) wrapper.Content { return wrapper.RemoveBundle() },
	}, options)
}

func (m Mount) request() api.CreateDeployRequest {
	return api.CreateDeployRequest{Type: api.DeployTypeBundle, BundleMountPath: &m.Path, BundleType: &m.Type}
}
