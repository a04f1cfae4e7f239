package wrapper

import (
	"github.com/astro-finalize/astro-finalize-go/api"
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
