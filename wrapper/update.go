package wrapper

import (
	"cmp"
	"context"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/internal/decode"
	"github.com/astro-finalize/astro-finalize-go/internal/evidence"
	"github.com/astro-finalize/astro-finalize-go/internal/rules"
)

// UpdateDeploy replaces the description of a deploy, and returns the deploy. The description must be set, and
// has at most 500 characters; what the service makes of an empty one is not documented. A FAILED deploy is not
// an error. Only the IDs of the target are used. The token needs the permission deployment.deploys.update.
//
// It is retried like a read, since the vendor guarantees that an update can be sent twice. A retry may
// overwrite a description that somebody else has set in between.
func (c *Client) UpdateDeploy(ctx context.Context, target Target, request api.UpdateDeployRequest) (*api.Deploy, error) {
	if err := c.ready(ctx, cmp.Or(target.check(), refused(rules.Update(request)))); err != nil {
		return nil, err
	}
	sent := *request.Description
	built, err := api.NewUpdateDeployRequest(c.server, target.OrganizationID, target.DeploymentID, target.DeployID, request)
	return do(ctx, c, opUpdateDeploy, built, err, decode.MaxDeploy, func(body []byte) (*api.Deploy, error) {
		deploy, err := decode.Deploy(body, target.DeploymentID, target.DeployID)
		if err == nil {
			err = evidence.Updated(sent, deploy)
		}
		return deploy, err
	})
}

// RollbackDeploy rolls the Deployment back to an earlier deploy, at once. It returns the new deploy that the
// service creates for it, which may still be INITIALIZED ([Client.Wait] with [TargetOf] waits for it); one that
// is FAILED is a [*DeployFailedError]. Which deploys can be rolled back to is not documented. A
// description, if set, has at most 500 characters. Only the IDs of the target are used. The token needs the
// permission deployment.deploys.update.
//
// A request that the service may have received is not retried. If the response is lost, the error's
// MayHaveTakenEffect says that the Deployment may have been rolled back. Before you call again, which may roll
// back twice, look with [Client.ListDeploys] for a new deploy whose RollbackFromID is to.DeployID.
func (c *Client) RollbackDeploy(ctx context.Context, to Target, request api.DeployRollbackRequest) (*api.Deploy, error) {
	if err := c.ready(ctx, cmp.Or(to.check(), refused(rules.Description(request.Description)))); err != nil {
		return nil, err
	}
	built, err := api.NewDeployRollbackRequest(c.server, to.OrganizationID, to.DeploymentID, to.DeployID, request)
	created, err := do(ctx, c, opRollbackDeploy, built, err, decode.MaxDeploy, func(body []byte) (*api.Deploy, error) {
		deploy, err := decode.DeployIn(body, to.DeploymentID)
		if err == nil {
			err = evidence.RolledBack(to.DeployID, deploy)
		}
		return deploy, err
	})
	if err == nil && created.Status == api.DeployStatusFailed {
		return nil, &DeployFailedError{Deploy: c.shown(created)}
	}
	return created, err
}
