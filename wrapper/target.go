package wrapper

import (
	"cmp"
	"slices"

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
//
// A Target holds no secret, so it can be stored as JSON between the steps of a pipeline; deploys.State adds the
// version of the tarball. Store that, never the api.Deploy, whose JSON has the upload URLs.
type Target struct {
	OrganizationID string `json:"organizationId"`
	DeploymentID   string `json:"deploymentId"`
	DeployID       string `json:"deployId"`

	Type       api.DeployType `json:"type,omitempty"`      // "" if unknown
	DAGDeploys DAGDeploys     `json:"dagDeploys,omitzero"` // the zero value if unknown; "on" or "off" in JSON

	// Replaces is the ID of the deploy whose bundle was at the mount path when this one was created; ""
	// if there was none, or if unknown. Finalize does not retry over the bundle of any other deploy.
	Replaces string `json:"replaces,omitempty"`
}

func (d Deployment) check() error {
	return cmp.Or(checkID("organizationId", d.OrganizationID), checkID("deploymentId", d.DeploymentID))
}

func (t Target) check() error {
	return cmp.Or(
		checkID("organizationId", t.OrganizationID),
		checkID("deploymentId", t.DeploymentID),
		checkID("deployId", t.DeployID),
	)
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

// dagDeploys are the texts of the states.
var dagDeploys = []string{DAGDeploysUnknown: "", DAGDeploysOn: "on", DAGDeploysOff: "off"}

// MarshalText implements [encoding.TextMarshaler]: on, off, or nothing if unknown.
func (d DAGDeploys) MarshalText() ([]byte, error) {
	if d < 0 || int(d) >= len(dagDeploys) {
		return nil, &ValidationError{Field: "dagDeploys", Rule: "must be DAGDeploysUnknown, DAGDeploysOn or DAGDeploysOff"}
	}
	return []byte(dagDeploys[d]), nil
}

// UnmarshalText implements [encoding.TextUnmarshaler]. Any text that MarshalText does not return is a
// [*ValidationError].
func (d *DAGDeploys) UnmarshalText(text []byte) error {
	state := slices.Index(dagDeploys, string(text))
	if state < 0 {
		return invalid("dagDeploys", string(text), "must be on or off")
	}
	*d = DAGDeploys(state)
	return nil
}
