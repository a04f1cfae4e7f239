package astrotest

import (
	"encoding/json"
	"fmt"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// Deployment is a Deployment of a server.
type Deployment struct {
	ID                string       // AddDeployment makes one up if it is empty
	OrganizationID    string       // AddDeployment makes one up if it is empty
	DAGDeploys        bool         // whether DAG deploys are enabled
	DAGTarballVersion string       // of the current DAGs
	Bundles           []api.Bundle // the mounted bundles
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

// AddDeploy adds a deploy as if it had just been created, and returns it. It panics if DeploymentID
// is not a Deployment of the server. Unset fields get defaults: an ID, the type IMAGE_AND_DAG, the
// status INITIALIZED, an image, times, and for a BUNDLE a mount path. IsDAGDeployEnabled, Bundles
// and the upload URLs depend on the Deployment.
func (s *Server) AddDeploy(deploy api.Deploy) api.Deploy {
	s.service.mu.Lock()
	defer s.service.mu.Unlock()
	deployment := s.service.deployments[deploy.DeploymentID]
	if deployment == nil {
		panic(fmt.Sprintf("astrotest: Deployment %q does not exist; add it with AddDeployment", deploy.DeploymentID))
	}
	stored := &storedDeploy{Deploy: copyOf(deploy)}
	s.service.add(stored, deployment)
	return view(stored, deployment)
}

// Deployment returns a copy of a Deployment in its current state.
func (s *Server) Deployment(id string) (Deployment, bool) {
	s.service.mu.Lock()
	defer s.service.mu.Unlock()
	stored, found := s.service.deployments[id]
	if !found {
		return Deployment{}, false
	}
	return copyOf(*stored), true
}

// Deploy returns a copy of a deploy in its current state.
func (s *Server) Deploy(id string) (api.Deploy, bool) {
	s.service.mu.Lock()
	defer s.service.mu.Unlock()
	stored, found := s.service.deploys[id]
	if !found {
		return api.Deploy{}, false
	}
	return view(stored, s.service.deployments[stored.DeploymentID]), true
}

// newID makes up an ID that looks like the service's.
func (s *service) newID() string {
	s.ids++
	return fmt.Sprintf("clfake%019d", s.ids)
}

// copyOf returns a deep copy.
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
