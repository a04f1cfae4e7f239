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

// service is the state of the fake. Each of the contract's operations has a handler in a file of
// its own.
type service struct {
	finalizedStatus   api.DeployStatus
	refinalizeRefused bool
	anyVersion        bool           // accept versions of tarballs that are not stored
	bundlesShownAs    api.DeployType // "" for BUNDLE
	deployedAfter     int            // reads

	dagDeploysCheckedAtFinalize bool
	emptyDAGVersionAccepted     bool

	clock   clock
	storage *storage

	mu          sync.Mutex
	ids         int // made up so far
	added       int // deploys so far
	deployments map[string]*Deployment
	deploys     map[string]*storedDeploy
	lag         lag
	past        map[string][]snapshot // by Deployment: its state before each change, oldest first
	creates     map[string]int        // by Deployment
}

// storedDeploy is a deploy and the state that no response shows.
type storedDeploy struct {
	api.Deploy
	bundleType         string
	finalized          bool
	becomes            api.DeployStatus // once it is finalized
	readsUntilDeployed int              // responses of GetDeploy until it shows what it becomes
	commits            int              // by requests, not by Server.Finalize
	seq                int              // position in the order of addition
	reads              int              // responses of GetDeploy and ListDeploys that showed it
	seen               int              // snapshots that reads no longer show
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

// apiVersion serves one version of the API.
type apiVersion struct {
	*service
	isV1 bool // v1beta1 has other rules for git, and does not show it
	notSimulated
}

// notSimulated lets the package compile when the contract gains an operation. injectFaults responds
// to such an operation with 501.
type notSimulated struct{ server.StrictServerInterface }

var _ server.StrictServerInterface = apiVersion{}

// view returns a copy of the deploy as this version's responses show it.
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

// view returns a copy of the deploy with the bundles of its Deployment.
func view(deploy *storedDeploy, deployment *Deployment) api.Deploy {
	shown := deploy.Deploy
	shown.Bundles = deployment.Bundles
	if shown.Bundles == nil {
		shown.Bundles = []api.Bundle{} // [] in JSON, not null
	}
	return copyOf(shown)
}

// findDeployment returns the Deployment in a request's path, or nil.
func (s *service) findDeployment(organizationID, deploymentID string) *Deployment {
	deployment := s.deployments[deploymentID]
	if deployment == nil || deployment.OrganizationID != organizationID {
		return nil
	}
	return deployment
}

// find returns the deploy in a request's path and its Deployment, or nil.
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

// refusalOf returns why the service would reject a description, or "".
func refusalOf(description *string) string {
	if description != nil && utf8.RuneCountInString(*description) > maxDescription {
		return fmt.Sprintf("description must have at most %d characters", maxDescription)
	}
	return ""
}

// needsDAGDeploys reports whether deploys of the type require DAG deploys to be enabled.
func needsDAGDeploys(deployType api.DeployType) bool {
	return deployType.Valid() && deployType != api.DeployTypeImageAndDAG
}

// mount replaces the bundle at the same mount path.
func (d *Deployment) mount(bundle api.Bundle) {
	d.unmount(bundle.MountPath)
	d.Bundles = append(d.Bundles, bundle)
}

// unmount removes the bundle at a mount path.
func (d *Deployment) unmount(path string) {
	d.Bundles = slices.DeleteFunc(d.Bundles, func(bundle api.Bundle) bool { return bundle.MountPath == path })
}
