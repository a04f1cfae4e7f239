package wrapper

import (
	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/internal/evidence"
)

// Deployment names a Deployment. Both IDs are required.
type Deployment struct {
	OrganizationID string
	DeploymentID   string
}

// Target names a deploy. The three IDs are required. The other fields are optional; they allow more to be
// checked before anything is sent.
type Target struct {
	OrganizationID string
	DeploymentID   string
	DeployID       string

	Type       api.DeployType // "" if unknown
	DAGDeploys DAGDeploys     // the zero value if unknown

	// Replaces is the ID of the deploy whose bundle was at the mount path when this one was created; ""
	// if there was none, or if unknown. Finalize does not retry over the bundle of any other deploy.
	Replaces string
}

// TargetOf returns the target for a deploy that the service returned, with all its fields set. The
// Organization is a parameter because the deploy does not name it.
func TargetOf(organizationID string, deploy *api.Deploy) Target {
	target := Target{OrganizationID: organizationID}
	if deploy == nil {
		return target
	}
	target.DeploymentID = deploy.DeploymentID
	target.DeployID = deploy.ID
	target.Type = deploy.Type
	if deploy.BundleUploadURL != nil {
		target.Type = api.DeployTypeBundle // no other type has this URL, whatever type is shown
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

// DAGDeploys says whether DAG deploys are enabled on a Deployment.
type DAGDeploys int8

// The states of DAG deploys.
const (
	DAGDeploysUnknown DAGDeploys = iota
	DAGDeploysOn
	DAGDeploysOff
)
