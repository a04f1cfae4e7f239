package wrapper

import (
	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/internal/evidence"
)

// Deployment names a Deployment by the two IDs of its path, which are required.
type Deployment struct {
	OrganizationID string
	DeploymentID   string
}

// Target names a deploy by the three IDs of its path, which are required. It may also say
// what is known of the deploy: the more is known, the more is checked before anything is
// sent.
type Target struct {
	OrganizationID string
	DeploymentID   string
	DeployID       string

	Type       api.DeployType // "" if not known
	DAGDeploys DAGDeploys     // DAGDeploysUnknown, the zero value, if not known

	// Replaces is the ID of the deploy whose bundle was at the mount path when this one was
	// created, "" if there was none or it is not known. Finalize is not retried over the bundle
	// of any other deploy.
	Replaces string
}

// TargetOf returns the target of a deploy that the service returned, with all that is known
// of it. A response does not name the Organization.
func TargetOf(organizationID string, deploy *api.Deploy) Target {
	target := Target{OrganizationID: organizationID}
	if deploy == nil {
		return target
	}
	target.DeploymentID = deploy.DeploymentID
	target.DeployID = deploy.ID
	target.Type = deploy.Type
	if deploy.BundleUploadURL != nil {
		target.Type = api.DeployTypeBundle // whatever it is shown with: no other type has this URL
	}
	if bundle := evidence.BundleAt(deploy); bundle != nil {
		target.Replaces = bundle.DeployID
	}
	target.DAGDeploys = DAGDeploysOff
	if deploy.IsDAGDeployEnabled {
		target.DAGDeploys = DAGDeploysOn
	}
	return target
}

// DAGDeploys says whether DAG deploys are enabled on a Deployment, as far as it is known.
type DAGDeploys int8

// The states of DAG deploys.
const (
	DAGDeploysUnknown DAGDeploys = iota
	DAGDeploysOn
	DAGDeploysOff
)
