package astrotest

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"unicode/utf8"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest/internal/server"
)

// service is the state of the fake. The handlers of the contract's operations are beside it, a
// file for each.
type service struct {
	finalizedStatus   api.DeployStatus
	refinalizeRefused bool
	anyVersion        bool           // of a tarball that is not stored
	bundlesShownAs    api.DeployType // "" is as they are
	deployedAfter     int            // reads

	clock   clock
	storage *storage

	mu          sync.Mutex
	made        int // IDs
	added       int // deploys
	deployments map[string]*Deployment
	deploys     map[string]*storedDeploy
	lag         lag
	past        map[string][]snapshot // of each Deployment, before each change, oldest first
	creates     map[string]int        // by Deployment
}

// storedDeploy is a deploy and what its answers do not show.
type storedDeploy struct {
	api.Deploy
	bundleType string
	finalized  bool
	settlesIn  int // reads by GetDeploy, until it has the status of a finalized deploy
	commits    int // by requests
	place      int // among the deploys, in the order in which they were added
	reads      int // responses of GetDeploy and ListDeploys that showed it
	seen       int // snapshots that reads have left behind
}

func newService() *service {
	s := &service{
		finalizedStatus: api.DeployStatusDeployed,
		deployments:     map[string]*Deployment{},
		deploys:         map[string]*storedDeploy{},
		past:            map[string][]snapshot{},
		creates:         map[string]int{},
	}
	s.storage = newStorage(&s.clock)
	return s
}

// apiVersion is the service as one version of the API shows it.
type apiVersion struct {
	*service
	isV1 bool // v1beta1 has other rules for a git, and shows none
	notSimulated
}

// notSimulated has whatever the contract gains, so that all compiles before that is simulated.
// Until then injectFaults refuses it.
type notSimulated struct{ server.StrictServerInterface }

var _ server.StrictServerInterface = apiVersion{}

// view returns a copy of the deploy as a response shows it.
func (v apiVersion) view(deploy *storedDeploy, deployment *Deployment) api.Deploy {
	shown := view(deploy, deployment)
	if !v.isV1 {
		shown.Git = nil
	}
	if v.bundlesShownAs != "" && shown.Type == api.DeployTypeBundle {
		shown.Type = v.bundlesShownAs
	}
	return shown
}

// view returns a copy of the deploy with what it takes from its Deployment.
func view(deploy *storedDeploy, deployment *Deployment) api.Deploy {
	shown := deploy.Deploy
	shown.Bundles = deployment.Bundles
	if shown.Bundles == nil {
		shown.Bundles = []api.Bundle{} // [] in JSON: a Deployment that has none says so
	}
	return copyOf(shown)
}

// findDeployment returns the Deployment that a path names, or nil.
func (s *service) findDeployment(organizationID, deploymentID string) *Deployment {
	deployment := s.deployments[deploymentID]
	if deployment == nil || deployment.OrganizationID != organizationID {
		return nil
	}
	return deployment
}

// find returns the deploy that a path names and its Deployment, or nil.
func (s *service) find(organizationID, deploymentID, deployID string) (*storedDeploy, *Deployment) {
	deployment, deploy := s.findDeployment(organizationID, deploymentID), s.deploys[deployID]
	if deployment == nil || deploy == nil || deploy.DeploymentID != deploymentID {
		return nil, nil
	}
	return deploy, deployment
}

func notFound(what string) server.NotFoundJSONResponse {
	return server.NotFoundJSONResponse(newError(http.StatusNotFound, what+" not found"))
}

func badRequest(refusal string) server.BadRequestJSONResponse {
	return server.BadRequestJSONResponse(newError(http.StatusBadRequest, "Invalid request: "+refusal))
}

// maxDescription is the contract's limit, in characters.
const maxDescription = 500

// refusalOf says why the service would not take a description, or "".
func refusalOf(description *string) string {
	if description != nil && utf8.RuneCountInString(*description) > maxDescription {
		return fmt.Sprintf("description must have at most %d characters", maxDescription)
	}
	return ""
}

// needsDAGDeploys reports whether deploys of the type are supported only where DAG deploys are
// enabled.
func needsDAGDeploys(deployType api.DeployType) bool {
	return deployType.Valid() && deployType != api.DeployTypeImageAndDAG
}

// mount replaces what is at the bundle's mount path.
func (d *Deployment) mount(bundle api.Bundle) {
	d.unmount(bundle.MountPath)
	d.Bundles = append(d.Bundles, bundle)
}

// unmount leaves nothing at a mount path.
func (d *Deployment) unmount(path string) {
	d.Bundles = slices.DeleteFunc(d.Bundles, func(bundle api.Bundle) bool { return bundle.MountPath == path })
}
