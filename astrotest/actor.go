package astrotest

import (
	"cmp"
	"fmt"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// Finalize finalizes a deploy as another client would, at once and by no request: it is neither
// recorded nor counted, and meets no fault. It returns the deploy as it is then. It panics if
// there is no such deploy, or if the service would refuse.
func (s *Server) Finalize(deployID string, request api.FinalizeDeployRequest) api.Deploy {
	s.service.mu.Lock()
	defer s.service.mu.Unlock()
	deploy, deployment := s.service.mustFind(deployID)
	if refusal := s.service.refusalToFinalize(deploy, request); refusal != "" {
		panic(fmt.Sprintf("astrotest: finalizing deploy %s: %s", deployID, refusal))
	}
	s.service.commit(deploy, deployment, request)
	return view(deploy, deployment)
}

// Rollback rolls back to an earlier deploy as another client would; see [Server.Finalize]. It
// returns the deploy that the rollback is.
func (s *Server) Rollback(deployID string) api.Deploy {
	s.service.mu.Lock()
	defer s.service.mu.Unlock()
	earlier, deployment := s.service.mustFind(deployID)
	if refusal := refusalToRollBack(earlier); refusal != "" {
		panic(fmt.Sprintf("astrotest: rolling back to deploy %s: %s", deployID, refusal))
	}
	return view(s.service.rollBack(earlier, deployment, nil), deployment)
}

// Mount puts a bundle at its mount path, in the place of what is there, as the deploy of another
// client would; see [Server.Finalize]. An empty DeployID is made up, and an empty BundleType is
// dbt. It returns the bundle, and panics if there is no such Deployment, or no mount path.
func (s *Server) Mount(deploymentID string, bundle api.Bundle) api.Bundle {
	s.service.mu.Lock()
	defer s.service.mu.Unlock()
	deployment := s.service.deployments[deploymentID]
	if deployment == nil || bundle.MountPath == "" {
		panic(fmt.Sprintf("astrotest: mounting a bundle at %q: there is no Deployment %q, or no mount path", bundle.MountPath, deploymentID))
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
		panic(fmt.Sprintf("astrotest: there is no deploy %q", deployID))
	}
	return deploy, s.deployments[deploy.DeploymentID]
}
