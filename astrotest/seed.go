package astrotest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"time"

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
	if deploy.ID == "" {
		deploy.ID = s.service.newID()
	}
	deploy.Type = cmp.Or(deploy.Type, api.DeployTypeImageAndDAG)
	deploy.Status = cmp.Or(deploy.Status, api.DeployStatusInitialized)
	deploy.ImageRepository = cmp.Or(deploy.ImageRepository, "registry.example/"+deploy.DeploymentID)
	deploy.ImageTag = cmp.Or(deploy.ImageTag, "deploy-"+deploy.ID)
	deploy.CreatedAt = cmp.Or(deploy.CreatedAt, s.service.now())
	deploy.IsDAGDeployEnabled = deployment.DAGDeploys
	isBundle := deploy.Type == api.DeployTypeBundle
	if isBundle && deploy.BundleMountPath == nil {
		path := "/usr/local/airflow/dbt/" + deploy.ID
		deploy.BundleMountPath = &path
	}
	if deployment.DAGDeploys {
		dags := uploadURL(deploy, "dags")
		deploy.DAGsUploadURL = &dags
	}
	if deployment.DAGDeploys && isBundle {
		bundle := uploadURL(deploy, "bundle")
		deploy.BundleUploadURL = &bundle
	}
	stored := copyOf(deploy)
	s.service.deploys[deploy.ID] = &stored
	s.service.finalized[deploy.ID] = deploy.Status != api.DeployStatusInitialized
	return view(&deploy, deployment)
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

// now is a clock that moves by a second whenever it is read: the same calls give the same
// times.
func (s *service) now() time.Time {
	s.ticks++
	return time.Date(2024, 1, 12, 18, 32, 20, 0, time.UTC).Add(time.Duration(s.ticks) * time.Second)
}

// uploadURL has the shape of a pre-signed URL; nothing listens there.
func uploadURL(deploy api.Deploy, container string) api.Secret {
	return api.NewSecret("https://storage.example/" + container + "/" + deploy.ID + "?sv=2022-11-02&sig=astrotest-signature")
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
