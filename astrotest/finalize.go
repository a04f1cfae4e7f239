package astrotest

import (
	"context"
	"fmt"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest/internal/server"
)

// FinalizeDeploy implements the operation.
func (v apiVersion) FinalizeDeploy(ctx context.Context, request server.FinalizeDeployRequestObject) (server.FinalizeDeployResponseObject, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	deploy, deployment := v.find(request.OrganizationID, request.DeploymentID, request.DeployID)
	if deploy == nil {
		return server.FinalizeDeploy404JSONResponse{NotFoundJSONResponse: notFound("Deploy")}, nil
	}
	if refusal := v.refusalToFinalize(deploy, *request.Body); refusal != "" {
		return server.FinalizeDeploy400JSONResponse{BadRequestJSONResponse: badRequest(refusal)}, nil
	}
	becomes := v.finalizedStatus
	if ctx.Value(failsKey{}) != nil {
		becomes = api.DeployStatusFailed
	}
	v.commit(deploy, deployment, *request.Body, becomes)
	deploy.commits++
	return server.FinalizeDeploy200JSONResponse(v.view(deploy, deployment)), nil
}

// refusalToFinalize returns why the service would not finalize the deploy, or "".
func (s *service) refusalToFinalize(deploy *storedDeploy, request api.FinalizeDeployRequest) string {
	isDAGs := deploy.Type == api.DeployTypeImageAndDAG || deploy.Type == api.DeployTypeDAGOnly
	version := request.DAGTarballVersion
	deletesDAGs := s.emptyDAGVersionAccepted && deploy.Type == api.DeployTypeImageAndDAG && version != nil && *version == ""
	needsVersion := deploy.IsDAGDeployEnabled && isDAGs && !deletesDAGs
	isRemoteExecution := s.dagDeploysCheckedAtFinalize && deploy.Type == api.DeployTypeImageOnly
	switch {
	case s.refinalizeRefused && deploy.finalized:
		return "The deploy is already finalized"
	case !deploy.IsDAGDeployEnabled && needsDAGDeploys(deploy.Type) && !isRemoteExecution:
		return fmt.Sprintf("A deploy of type %s needs DAG deploys to be enabled", deploy.Type)
	case needsVersion && isEmpty(version):
		return "No DAG tarball version ID provided for DAG deploy"
	case deploy.Type == api.DeployTypeBundle && request.BundleTarballVersion == nil:
		return "No bundle tarball version ID provided for bundle deploy"
	case needsVersion && !s.hasTarball(*version):
		return fmt.Sprintf("No DAG tarball has the version %q: upload one (in a Go test, Server.AddTarball adds one)", *version)
	case deploy.Type == api.DeployTypeBundle && *request.BundleTarballVersion != "" && !s.hasTarball(*request.BundleTarballVersion):
		return fmt.Sprintf("No bundle tarball has the version %q: upload one (in a Go test, Server.AddTarball adds one)", *request.BundleTarballVersion)
	}
	return ""
}

// hasTarball reports whether a deploy can be finalized with the version.
func (s *service) hasTarball(version string) bool { return s.anyVersion || s.storage.has(version) }

// commit finalizes the deploy with a valid request. The status is what it becomes.
func (s *service) commit(deploy *storedDeploy, deployment *Deployment, request api.FinalizeDeployRequest, status api.DeployStatus) {
	s.remember(deployment)
	deploy.becomes = status
	if !deploy.finalized {
		deploy.finalized, deploy.readsUntilDeployed = true, s.deployedAfter
	}
	updated := s.clock.second()
	deploy.UpdatedAt = &updated
	if deploy.readsUntilDeployed <= 0 {
		deploy.Status = status
	}
	if status == api.DeployStatusFailed {
		return
	}
	switch deploy.Type {
	case api.DeployTypeImageAndDAG, api.DeployTypeDAGOnly:
		if deploy.IsDAGDeployEnabled {
			deploy.DAGTarballVersion = request.DAGTarballVersion
			deployment.DAGTarballVersion = *request.DAGTarballVersion
		}
	case api.DeployTypeBundle:
		version := *request.BundleTarballVersion
		if version == "" {
			deployment.unmount(*deploy.BundleMountPath)
			return
		}
		deployment.mount(api.Bundle{
			BundleType:     deploy.bundleType,
			DeployID:       deploy.ID,
			MountPath:      *deploy.BundleMountPath,
			CurrentVersion: &version,
			DesiredVersion: &version,
		})
	}
}
