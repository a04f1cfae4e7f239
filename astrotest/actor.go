package astrotest

import (
	"cmp"
	"fmt"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// Finalize finalizes a deploy as another client would, but without a request: it is not recorded,
// not counted by Commits, and no fault applies. It returns the finalized deploy. It panics if the
// deploy does not exist, or if the service would refuse to finalize it.
func (s *Server) Finalize(deployID string, request api.FinalizeDeployRequest) api.Deploy {
	s.service.mu.Lock()
	defer s.service.mu.Unlock()
	deploy, deployment := s.service.mustFind(deployID)
	if refusal := s.service.refusalToFinalize(deploy, request); refusal != "" {
		panic(fmt.Sprintf("astrotest: finalizing deploy %s: %s", deployID, refusal))
	}
	s.service.commit(deploy, deployment, request, s.service.finalizedStatus)
	return view(deploy, deployment)
}

// Rollback rolls back to an earlier deploy as another client would; see [Server.Finalize]. It
// returns the new deploy that the rollback creates.
func (s *Server) Rollback(deployID string) api.Deploy {
	s.service.mu.Lock()
	defer s.service.mu.Unlock()
	earlier, deployment := s.service.mustFind(deployID)
	if refusal := refusalToRollBack(earlier); refusal != "" {
		panic(fmt.Sprintf("astrotest: rolling back to deploy %s: %s", deployID, refusal))
	}
	return view(s.service.rollBack(earlier, deployment, nil), deployment)
}

// Mount mounts a bundle at its mount path as the deploy of another client would, and replaces the
// bundle that was there; see [Server.Finalize]. If DeployID is empty, Mount makes one up; the
// default BundleType is dbt. It returns the bundle. It panics if the Deployment does not exist or
// the mount path is empty.
func (s *Server) Mount(deploymentID string, bundle api.Bundle) api.Bundle {
	s.service.mu.Lock()
	defer s.service.mu.Unlock()
	deployment := s.service.deployments[deploymentID]
	if deployment == nil || bundle.MountPath == "" {
		panic(fmt.Sprintf("astrotest: mounting a bundle at %q: Deployment %q does not exist, or the mount path is empty", bundle.MountPath, deploymentID))
	}
	if bundle.DeployID == "" {
		bundle.DeployID = s.service.newID()
	}
	bundle.BundleType = cmp.Or(bundle.BundleType, "dbt")
	s.service.remember(deployment)
	deployment.mount(copyOf(Deployment{Bundles: []api.Bundle{bundle}}).Bundles[0])
	return bundle
}

// mustFind returns a deploy and its Deployment.
func (s *service) mustFind(deployID string) (*storedDeploy, *Deployment) {
	deploy := s.deploys[deployID]
	if deploy == nil {
		panic(fmt.Sprintf("astrotest: deploy %q does not exist; add it with AddDeploy", deployID))
	}
	return deploy, s.deployments[deploy.DeploymentID]
}
