package wrapper

import (
	"cmp"
	"context"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// Finalize commits a deploy: from here on the Deployment takes over the code that was pushed
// or uploaded for it. The token needs the permission deployment.deploys.update.
//
// It returns the deploy as the service describes it after that, with the status DEPLOYED as
// a rule; the status FAILED is a [*DeployFailedError] that holds the deploy. Changes can
// take minutes to show in the Deployment. A timestamp that cannot be read is left zero,
// because the deploy is finalized all the same.
//
// IDs, versions and, where the target tells the deploy's type and whether DAG deploys are
// on, the rules of [CheckRequest] are checked first: nothing is sent that breaks them. The
// package documentation lists the errors.
func (c *Client) Finalize(ctx context.Context, target Target, content Content) (*api.Deploy, error) {
	if err := cmp.Or(c.check(), checkContext(ctx), target.check(), content.check(target)); err != nil {
		return nil, err
	}
	f := &fate{target: target, content: content}
	call := c.newCall(opFinalizeDeploy, f.keep)
	call.fate = f
	if err := call.failure(call.generated.FinalizeDeploy(ctx, target.OrganizationID, target.DeploymentID, target.DeployID, content.request)); err != nil {
		return nil, err
	}
	if f.deploy.Status == api.DeployStatusFailed {
		return nil, &DeployFailedError{Deploy: f.deploy}
	}
	return f.deploy, nil
}

// GetDeploy reads a deploy: what it is, and what became of it. The token needs the
// permission deployment.deploys.get. A deploy whose status is FAILED was read well, and is
// no error here. Of the target only the IDs matter.
func (c *Client) GetDeploy(ctx context.Context, target Target) (*api.Deploy, error) {
	if err := cmp.Or(c.check(), checkContext(ctx), target.check()); err != nil {
		return nil, err
	}
	var deploy *api.Deploy
	call := c.newCall(opGetDeploy, func(body []byte) (err error) {
		deploy, err = readDeploy(body, target)
		return err
	})
	if err := call.failure(call.generated.GetDeploy(ctx, target.OrganizationID, target.DeploymentID, target.DeployID)); err != nil {
		return nil, err
	}
	return deploy, nil
}
