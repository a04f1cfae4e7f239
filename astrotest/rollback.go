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
	refusal := refusalToRollBack(earlier)
	if refusal == "" {
		refusal = refusalOf(request.Body.Description)
	}
	if refusal != "" {
		return server.DeployRollback400JSONResponse{BadRequestJSONResponse: badRequest(refusal)}, nil
	}
	return server.DeployRollback200JSONResponse(v.view(v.rollBack(earlier, deployment, request.Body.Description), deployment)), nil
}

// refusalToRollBack returns why the service would not roll back to a deploy, or "".
func refusalToRollBack(earlier *storedDeploy) string {
	if !earlier.finalized || earlier.Status == api.DeployStatusFailed {
		return "Cannot roll back to a deploy that was never finalized, or failed"
	}
	return ""
}

// rollBack returns the new deploy that a rollback creates.
func (s *service) rollBack(earlier *storedDeploy, deployment *Deployment, description *string) *storedDeploy {
	s.remember(deployment)
	from := earlier.ID
	rollback := &storedDeploy{Deploy: api.Deploy{
		DeploymentID:      deployment.ID,
		Type:              earlier.Type,
		Status:            api.DeployStatusDeployed,
		ImageTag:          earlier.ImageTag,
		BundleMountPath:   earlier.BundleMountPath,
		DAGTarballVersion: earlier.DAGTarballVersion,
		Description:       description,
		RollbackFromID:    &from,
		CreatedBySubject:  subject(),
	}, bundleType: earlier.bundleType}
	s.add(rollback, deployment)
	if version := rollback.DAGTarballVersion; version != nil {
		deployment.DAGTarballVersion = *version
	}
	return rollback
}
