package astrotest

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest/internal/server"
)

// service is the state of the fake and the handlers of the contract's operations.
type service struct {
	finalizedStatus   api.DeployStatus
	refinalizeRefused bool

	mu          sync.Mutex
	made        int // IDs
	ticks       int // of the clock
	deployments map[string]*Deployment
	deploys     map[string]*api.Deploy
	finalized   map[string]bool // by deploy ID
}

var _ server.StrictServerInterface = (*service)(nil)

func newService() *service {
	return &service{
		finalizedStatus: api.DeployStatusDeployed,
		deployments:     map[string]*Deployment{},
		deploys:         map[string]*api.Deploy{},
		finalized:       map[string]bool{},
	}
}

// GetDeploy implements the operation.
func (s *service) GetDeploy(_ context.Context, request server.GetDeployRequestObject) (server.GetDeployResponseObject, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	deploy, deployment := s.find(request.OrganizationID, request.DeploymentID, request.DeployID)
	if deploy == nil {
		return server.GetDeploy404JSONResponse{NotFoundJSONResponse: notFound()}, nil
	}
	return server.GetDeploy200JSONResponse(view(deploy, deployment)), nil
}

// FinalizeDeploy implements the operation.
func (s *service) FinalizeDeploy(_ context.Context, request server.FinalizeDeployRequestObject) (server.FinalizeDeployResponseObject, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	deploy, deployment := s.find(request.OrganizationID, request.DeploymentID, request.DeployID)
	if deploy == nil {
		return server.FinalizeDeploy404JSONResponse{NotFoundJSONResponse: notFound()}, nil
	}
	if refusal := s.refusal(deploy, *request.Body); refusal != "" {
		answer := server.BadRequestJSONResponse(newError(http.StatusBadRequest, "Invalid request: "+refusal))
		return server.FinalizeDeploy400JSONResponse{BadRequestJSONResponse: answer}, nil
	}
	s.commit(deploy, deployment, *request.Body)
	return server.FinalizeDeploy200JSONResponse(view(deploy, deployment)), nil
}

func notFound() server.NotFoundJSONResponse {
	return server.NotFoundJSONResponse(newError(http.StatusNotFound, "Deploy not found"))
}

// find returns the deploy that a path names and its Deployment, or nil.
func (s *service) find(organizationID, deploymentID, deployID string) (*api.Deploy, *Deployment) {
	deployment, deploy := s.deployments[deploymentID], s.deploys[deployID]
	if deployment == nil || deploy == nil || deployment.OrganizationID != organizationID || deploy.DeploymentID != deploymentID {
		return nil, nil
	}
	return deploy, deployment
}

// refusal says why the service would not finalize the deploy with the request, or "".
func (s *service) refusal(deploy *api.Deploy, request api.FinalizeDeployRequest) string {
	isDAGs := deploy.Type == api.DeployTypeImageAndDAG || deploy.Type == api.DeployTypeDAGOnly
	switch {
	case s.refinalizeRefused && s.finalized[deploy.ID]:
		return "The deploy was finalized before"
	case !deploy.IsDAGDeployEnabled && deploy.Type.Valid() && deploy.Type != api.DeployTypeImageAndDAG:
		return fmt.Sprintf("A deploy of type %s needs DAG deploys to be enabled", deploy.Type)
	case deploy.IsDAGDeployEnabled && isDAGs && (request.DAGTarballVersion == nil || *request.DAGTarballVersion == ""):
		return "No DAG tarball version ID provided for DAG deploy"
	case deploy.Type == api.DeployTypeBundle && request.BundleTarballVersion == nil:
		return "No bundle tarball version ID provided for bundle deploy"
	}
	return ""
}

// commit finalizes the deploy with a request that was not refused.
func (s *service) commit(deploy *api.Deploy, deployment *Deployment, request api.FinalizeDeployRequest) {
	s.finalized[deploy.ID] = true
	updated := s.now()
	deploy.UpdatedAt = &updated
	deploy.Status = s.finalizedStatus
	if deploy.Status == api.DeployStatusFailed {
		return
	}
	switch deploy.Type {
	case api.DeployTypeImageAndDAG, api.DeployTypeDAGOnly:
		if deploy.IsDAGDeployEnabled {
			deploy.DAGTarballVersion = request.DAGTarballVersion
			deployment.DAGTarballVersion = *request.DAGTarballVersion
		}
	case api.DeployTypeBundle:
		deployment.mount(deploy, *request.BundleTarballVersion)
	}
}

// view returns a copy of the deploy as an answer shows it.
func view(deploy *api.Deploy, deployment *Deployment) api.Deploy {
	shown := *deploy
	shown.Bundles = deployment.Bundles
	return copyOf(shown)
}

// mount replaces what is at the mount path of the deploy's bundle; the empty version leaves
// nothing there.
func (d *Deployment) mount(deploy *api.Deploy, version string) {
	path := *deploy.BundleMountPath
	d.Bundles = slices.DeleteFunc(d.Bundles, func(bundle api.Bundle) bool { return bundle.MountPath == path })
	if version == "" {
		return
	}
	d.Bundles = append(d.Bundles, api.Bundle{
		BundleType:     "dbt",
		DeployID:       deploy.ID,
		MountPath:      path,
		CurrentVersion: &version,
		DesiredVersion: &version,
	})
}
