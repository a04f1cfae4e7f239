package deploys

import (
	"context"
	"errors"
	"strings"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/internal/redact"
	"github.com/astro-finalize/astro-finalize-go/internal/retry"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// Push pushes an image as repository:tag, for example with docker or crane. The repository, such as
// images.example/team/image, has no scheme. Push must return when ctx ends. Its error ends the deploy, and is
// shown: it must not contain a password. The registry accepts the user cli with the API token as the
// password. After docker login, a push is:
//
//	docker tag my-image:latest "$repository:$tag"
//	docker push "$repository:$tag"
//
// and with crane, which needs no daemon, for an image in another registry:
//
//	crane copy registry.example/my-company/my-image:latest "$repository:$tag"
//
// In Go, run these with [os/exec.CommandContext].
type Push func(ctx context.Context, repository, tag string) error

// Image deploys an image to a Deployment. It creates a deploy, calls push with the repository and tag of
// that deploy, finalizes it and waits until it is DEPLOYED. The type is IMAGE_ONLY, which keeps the DAGs of
// the Deployment, or IMAGE_AND_DAG with [WithDAGs] or [WithDAGsInImage]. A Deployment with DAG deploys
// disabled supports IMAGE_ONLY only for Remote Execution: use WithDAGsInImage. DAGs are packed before the
// deploy is created, and uploaded before push is called, since a push may take longer than the upload URL is
// valid.
//
// If push fails, the deploy is not finalized and the Deployment is unchanged.
func Image(ctx context.Context, client Client, to wrapper.Deployment, push Push, options ...Option) (*Result, error) {
	return run(ctx, client, to, plan{
		request: api.CreateDeployRequest{Type: api.DeployTypeImageOnly},
		isImage: true,
		push:    push,
		content: func(version string) wrapper.Content {
			if version == "" {
				return wrapper.ImageOnly()
			}
			return wrapper.DAGTarball(version)
		},
	}, options)
}

// WithDAGs makes [Image] also replace all DAGs of the Deployment, as [DAGs] does. The Deployment must have
// DAG deploys enabled.
func WithDAGs(dags Source) Option {
	return func(p *plan) error {
		p.source, p.prefix, p.uploadURL = dags, "dags", dagsUploadURL
		return p.withDAGs("WithDAGs")
	}
}

// WithDAGsInImage makes [Image] deploy the DAGs that are in the image. The Deployment must have DAG deploys
// disabled; otherwise its DAGs come from a tarball, and the image's are not used.
func WithDAGsInImage() Option {
	return func(p *plan) error {
		p.dagsInImage = true
		return p.withDAGs("WithDAGsInImage")
	}
}

func (p *plan) withDAGs(option string) error {
	p.request.Type = api.DeployTypeImageAndDAG
	switch {
	case !p.isImage:
		return &wrapper.ValidationError{Field: "options", Rule: "must not contain " + option + ", which is for Image"}
	case p.dagsInImage && p.uploadURL != nil:
		return &wrapper.ValidationError{Field: "options", Rule: "must not contain both WithDAGs and WithDAGsInImage: the DAGs are either in a tarball or in the image"}
	}
	return nil
}

// checkImage returns why the created deploy cannot get its image, before anything is pushed.
func (d *deploying) checkImage() error {
	switch {
	case d.deploy.ImageRepository == "" || d.deploy.ImageTag == "":
		return errors.New("the created deploy does not say where to push the image")
	case d.plan.dagsInImage && d.deploy.IsDAGDeployEnabled:
		return errors.New("DAG deploys are enabled on the Deployment, so it would not use the DAGs in the image: use WithDAGs, or neither option to keep its DAGs")
	}
	return nil
}

func (d *deploying) push(ctx context.Context) error {
	if !d.plan.isImage {
		return nil
	}
	err := d.plan.push(ctx, strings.TrimPrefix(d.deploy.ImageRepository, "https://"), d.deploy.ImageTag)
	if err != nil {
		return afterCreate(redact.Error(retry.WhyEnded(ctx, err)))
	}
	return nil
}
