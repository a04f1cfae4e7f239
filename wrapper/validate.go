package wrapper

import (
	"cmp"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/internal/check"
	"github.com/astro-finalize/astro-finalize-go/internal/redact"
	"github.com/astro-finalize/astro-finalize-go/internal/rules"
)

// invalid returns the error of a value that breaks a rule, or nil if rule is "". It leaves out a value
// that is long or an upload URL, which may be a secret passed by mistake.
func invalid(field, value, rule string) error {
	if rule == "" {
		return nil
	}
	if len(value) > 64 {
		value = ""
	}
	return &ValidationError{Field: field, Value: redact.Text(value), Rule: rule}
}

func refused(broken rules.Broken) error { return invalid(broken.Field, broken.Value, broken.Rule) }

func errUnmade() error {
	return &ValidationError{Field: "client", Rule: "must be created by NewClient"}
}

func checkID(field, id string) error { return invalid(field, id, check.ID(id)) }

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

// CheckFinalize returns a [*ValidationError] for the first rule that a request breaks for a deploy of the
// given type, without any I/O. [Client.Finalize] calls it; so can programs that send the request themselves:
//
//   - A version that is set must be printable, without the quotes, brackets, $, %, * and \ that scripts
//     leave behind. It must not be empty, since "" as bundleTarballVersion removes a bundle.
//   - With DAG deploys on, IMAGE_AND_DAG and DAG_ONLY need dagTarballVersion, and BUNDLE needs
//     bundleTarballVersion.
//
// The second rule is left to the service for any other type, and if the type ("") or DAG deploys are
// unknown. A version that the type does not need is sent, and the service decides about it.
func CheckFinalize(deployType api.DeployType, dagDeploys DAGDeploys, request api.FinalizeDeployRequest) error {
	return refused(rules.Finalize(deployType, dagDeploys == DAGDeploysOn, request))
}

// check returns what is wrong with the content for the target.
func (c Content) check(target Target) error {
	switch c.kind {
	case contentDeploys:
		return CheckFinalize(target.Type, target.DAGDeploys, c.request)
	case contentRemoves:
		return refused(rules.Remove(target.Type, target.DAGDeploys == DAGDeploysOn, c.request))
	default:
		return &ValidationError{Field: "content", Rule: "must be ImageOnly, DAGTarball, BundleTarball, RemoveBundle or Request"}
	}
}
