package astrotest

import (
	"context"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest/internal/server"
)

// DeployRollback implements the operation.
func (v apiVersion) DeployRollback(_ context.Context, request server.DeployRollbackRequestObject) (server.DeployRollbackResponseObject, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	earlier, deployment := v.find(request.OrganizationID, request.DeploymentID, request.DeployID)
	if earlier == nil {
		return server.DeployRollback404JSONResponse{NotFoundJSONResponse: notFound("Deploy")}, nil
	}
	refusal := refusalOf(request.Body.Description)
	if !earlier.finalized || earlier.Status == api.DeployStatusFailed {
		refusal = "There is nothing to roll back to: the deploy was never finalized, or it failed"
	}
	if refusal != "" {
		return server.DeployRollback400JSONResponse{BadRequestJSONResponse: badRequest(refusal)}, nil
	}
	from := earlier.ID
	rollback := &storedDeploy{Deploy: api.Deploy{
		DeploymentID:      deployment.ID,
		Type:              earlier.Type,
		Status:            api.DeployStatusDeployed,
		ImageTag:          earlier.ImageTag,
		BundleMountPath:   earlier.BundleMountPath,
		DAGTarballVersion: earlier.DAGTarballVersion,
		Description:       request.Body.Description,
		RollbackFromID:    &from,
		CreatedBySubject:  subject(),
	}, bundleType: earlier.bundleType}
	v.add(rollback, deployment)
	if version := rollback.DAGTarballVersion; version != nil {
		deployment.DAGTarballVersion = *version
	}
	return server.DeployRollback200JSONResponse(v.view(rollback, deployment)), nil
}
