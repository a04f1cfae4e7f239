package wrapper

import (
	"cmp"
	"context"

	"github.com/astro-finalize/astro-finalize-go/api"
)

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
