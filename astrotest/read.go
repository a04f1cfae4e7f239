package astrotest

import (
	"cmp"
	"context"
	"slices"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest/internal/server"
)

// GetDeploy implements the operation.
func (v apiVersion) GetDeploy(_ context.Context, request server.GetDeployRequestObject) (server.GetDeployResponseObject, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	deploy, deployment := v.find(request.OrganizationID, request.DeploymentID, request.DeployID)
	if deploy == nil {
		return server.GetDeploy404JSONResponse{NotFoundJSONResponse: notFound("Deploy")}, nil
	}
	shown := v.view(v.asRead(deploy, deployment))
	if deploy.readsUntilDeployed > 0 {
		if deploy.readsUntilDeployed--; deploy.readsUntilDeployed == 0 {
			deploy.Status = deploy.becomes
		}
	}
	return server.GetDeploy200JSONResponse(shown), nil
}

// The page size of ListDeploys.
const (
	defaultLimit = 20
	maxLimit     = 1000
)

// ListDeploys implements the operation.
func (v apiVersion) ListDeploys(_ context.Context, request server.ListDeploysRequestObject) (server.ListDeploysResponseObject, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	deployment := v.findDeployment(request.OrganizationID, request.DeploymentID)
	if deployment == nil {
		return server.ListDeploys404JSONResponse{NotFoundJSONResponse: notFound("Deployment")}, nil
	}
	offset, limit := 0, defaultLimit
	if asked := request.Params.Offset; asked != nil {
		offset = *asked
	}
	if asked := request.Params.Limit; asked != nil && *asked != 0 {
		limit = *asked
	}
	switch {
	case offset < 0:
		return server.ListDeploys400JSONResponse{BadRequestJSONResponse: badRequest("offset must be at least 0")}, nil
	case limit < 0 || limit > maxLimit:
		return server.ListDeploys400JSONResponse{BadRequestJSONResponse: badRequest("limit must be from 0 to 1000")}, nil
	}
	all := v.newestFirst(deployment.ID)
	shown := []api.Deploy{} // [] in JSON, not null
	for _, deploy := range all[min(offset, len(all)):] {
		if len(shown) == limit {
			break
		}
		shown = append(shown, v.view(v.asRead(deploy, deployment)))
	}
	return server.ListDeploys200JSONResponse{Deploys: shown, Limit: limit, Offset: offset, TotalCount: len(all)}, nil
}

// newestFirst returns the deploys of a Deployment.
func (s *service) newestFirst(deploymentID string) []*storedDeploy {
	var found []*storedDeploy
	for _, deploy := range s.deploys {
		if deploy.DeploymentID == deploymentID {
			found = append(found, deploy)
		}
	}
	slices.SortFunc(found, func(a, b *storedDeploy) int {
		return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), cmp.Compare(b.seq, a.seq))
	})
	return found
}
