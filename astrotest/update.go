package astrotest

import (
	"context"

	"github.com/astro-finalize/astro-finalize-go/astrotest/internal/server"
)

// UpdateDeploy implements the operation. Without a description it leaves the description as it is.
func (v apiVersion) UpdateDeploy(_ context.Context, request server.UpdateDeployRequestObject) (server.UpdateDeployResponseObject, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	deploy, deployment := v.find(request.OrganizationID, request.DeploymentID, request.DeployID)
	if deploy == nil {
		return server.UpdateDeploy404JSONResponse{NotFoundJSONResponse: notFound("Deploy")}, nil
	}
	description := request.Body.Description
	if refusal := refusalOf(description); refusal != "" {
		return server.UpdateDeploy400JSONResponse{BadRequestJSONResponse: badRequest(refusal)}, nil
	}
	v.remember(deployment)
	if description != nil {
		deploy.Description = description
	}
	updated := v.clock.second()
	deploy.UpdatedAt, deploy.UpdatedBySubject = &updated, subject()
	return server.UpdateDeploy200JSONResponse(v.view(deploy, deployment)), nil
}
