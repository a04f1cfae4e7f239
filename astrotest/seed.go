package astrotest

import (
	"encoding/json"
	"fmt"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// Deployment is a Deployment that a server has.
type Deployment struct {
	ID                string       // made up by AddDeployment if empty
	OrganizationID    string       // made up by AddDeployment if empty
	DAGDeploys        bool         // whether DAG deploys are enabled
	DAGTarballVersion string       // the DAGs that it has
	Bundles           []api.Bundle // the bundles that it has
}

// AddDeployment adds a Deployment and returns it with its IDs.
func (s *Server) AddDeployment(deployment Deployment) Deployment {
	s.service.mu.Lock()
	defer s.service.mu.Unlock()
	if deployment.ID == "" {
		deployment.ID = s.service.newID()
	}
	if deployment.OrganizationID == "" {
		deployment.OrganizationID = s.service.newID()
	}
	stored := copyOf(deployment)
	s.service.deployments[deployment.ID] = &stored
	return deployment
}

// AddDeploy adds a deploy as if it had just been created, and returns it. Its DeploymentID
// must name a Deployment of the server, or AddDeploy panics. What is not set is filled in:
// an ID, the type IMAGE_AND_DAG, the status INITIALIZED, an image, times, and for a BUNDLE
// a mount path. IsDAGDeployEnabled, Bundles and the upload URLs follow from the Deployment.
func (s *Server) AddDeploy(deploy api.Deploy) api.Deploy {
	s.service.mu.Lock()
	defer s.service.mu.Unlock()
	deployment := s.service.deployments[deploy.DeploymentID]
	if deployment == nil {
		panic(fmt.Sprintf("astrotest: there is no Deployment %q; make one with AddDeployment", deploy.DeploymentID))
	}
	stored := &storedDeploy{Deploy: copyOf(deploy)}
	s.service.add(stored, deployment)
	return view(stored, deployment)
}

// Deployment returns a copy of a Deployment as it is now.
func (s *Server) Deployment(id string) (Deployment, bool) {
	s.service.mu.Lock()
	defer s.service.mu.Unlock()
	stored, found := s.service.deployments[id]
	if !found {
		return Deployment{}, false
	}
	return copyOf(*stored), true
}

// Deploy returns a copy of a deploy as it is now.
func (s *Server) Deploy(id string) (api.Deploy, bool) {
	s.service.mu.Lock()
	defer s.service.mu.Unlock()
	stored, found := s.service.deploys[id]
	if !found {
		return api.Deploy{}, false
	}
	return view(stored, s.service.deployments[stored.DeploymentID]), true
}

// newID makes an ID up that looks like the service's.
func (s *service) newID() string {
	s.made++
	return fmt.Sprintf("clfake%019d", s.made)
}

// copyOf returns a copy that shares nothing with value.
func copyOf[T Deployment | api.Deploy](value T) T {
	var copied T
	encoded, err := json.Marshal(value)
	if err == nil {
		err = json.Unmarshal(encoded, &copied)
	}
	if err != nil {
		panic(fmt.Sprintf("astrotest: cannot copy a %T: %v", value, err))
	}
	return copied
}
