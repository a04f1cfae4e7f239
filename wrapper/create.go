package wrapper

import (
	"cmp"
	"context"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/internal/decode"
	"github.com/astro-finalize/astro-finalize-go/internal/evidence"
	"github.com/astro-finalize/astro-finalize-go/internal/rules"
)

// CreateDeploy creates a deploy, whose status is INITIALIZED. Next, upload its tarball ([Client.Upload])
// to DAGsUploadURL or BundleUploadURL before that expires, push its image to ImageRepository with ImageTag,
// and call [Client.Finalize]; until then, the Deployment does not change. The token needs the permission
// deployment.deploys.create. [Client.CheckCreate] is called first. A Deployment that hibernates refuses it
// with [ErrHibernating].
//
// A request that the service may have received is not retried. If the response is lost, the error's
// MayHaveTakenEffect says that a deploy may have been created. That deploy changes nothing, so create another.
func (c *Client) CreateDeploy(ctx context.Context, in Deployment, request api.CreateDeployRequest) (*api.Deploy, error) {
	if err := c.ready(ctx, c.CheckCreate(in, request)); err != nil {
		return nil, err
	}
	built, err := api.NewCreateDeployRequest(c.server, in.OrganizationID, in.DeploymentID, request)
	created, err := do(ctx, c, opCreateDeploy, built, err, decode.MaxDeploy, func(body []byte) (*api.Deploy, error) {
		deploy, err := decode.DeployIn(body, in.DeploymentID)
		if err == nil {
			err = evidence.Created(request, deploy)
		}
		return deploy, err
	})
	if err == nil && created.Status == api.DeployStatusFailed {
		return nil, &DeployFailedError{Deploy: c.shown(created)}
	}
	return created, err
}

// GetDeploy reads a deploy. A FAILED deploy is not an error. Only the IDs of the target are used.
// The token needs the permission deployment.deploys.get.
func (c *Client) GetDeploy(ctx context.Context, target Target) (*api.Deploy, error) {
	if err := c.ready(ctx, target.check()); err != nil {
		return nil, err
	}
	built, err := api.NewGetDeployRequest(c.server, target.OrganizationID, target.DeploymentID, target.DeployID)
	return do(ctx, c, opGetDeploy, built, err, decode.MaxDeploy, func(body []byte) (*api.Deploy, error) {
		return decode.Deploy(body, target.DeploymentID, target.DeployID)
	})
}

// CheckCreate returns a [*ValidationError] for the first rule that a call of [Client.CreateDeploy] would
// break, without any I/O:
//
//   - The IDs consist of letters, digits, - and _, and are not a placeholder such as "null".
//   - A type is required. An unknown one is left to the service.
//   - A BUNDLE needs bundleMountPath (an absolute path) and bundleType, both without $, { and }.
//   - A description has at most 500 characters.
//   - git needs provider and commitSha. GITHUB also needs account and repo, without remoteUrl; GENERIC
//     needs remoteUrl, without account and repo. v1beta1 takes only GITHUB, with branch and commitUrl.
func (c *Client) CheckCreate(in Deployment, request api.CreateDeployRequest) error {
	if err := c.check(); err != nil {
		return err
	}
	return hide(cmp.Or(in.check(), refused(rules.Create(c.version() == V1Beta1, request))), c.chain.Log.Secrets)
}
