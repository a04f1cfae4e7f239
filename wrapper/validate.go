package wrapper

import (
	"cmp"
	"slices"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/internal/check"
	"github.com/astro-finalize/astro-finalize-go/internal/redact"
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

func errUnmade() error {
	return &ValidationError{Field: "client", Rule: "must be created by NewClient"}
}

func checkID(field, id string) error { return invalid(field, id, check.ID(id)) }

func checkVersion(field, version string) error {
	rule := check.Version(version)
	if version == "" && field == fieldBundleVersion {
		rule += "; to remove the bundle, use RemoveBundle"
	}
	return invalid(field, version, rule)
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

const (
	fieldDAGVersion    = "dagTarballVersion"
	fieldBundleVersion = "bundleTarballVersion"
)

// rules are the conditions in the API's reference: with DAG deploys enabled, a deploy of one of the types
// needs the field. The reference has no others, so an unknown type, and a version that the type does not
// need, are left to the service.
var rules = []struct {
	types   []api.DeployType
	field   string
	version func(api.FinalizeDeployRequest) *string
	advice  string
}{
	{
		types:   []api.DeployType{api.DeployTypeImageAndDAG, api.DeployTypeDAGOnly},
		field:   fieldDAGVersion,
		version: func(request api.FinalizeDeployRequest) *string { return request.DAGTarballVersion },
		advice:  "upload the DAGs and pass DAGTarball with the version that the upload returned",
	},
	{
		types:   []api.DeployType{api.DeployTypeBundle},
		field:   fieldBundleVersion,
		version: func(request api.FinalizeDeployRequest) *string { return request.BundleTarballVersion },
		advice:  "upload the bundle and pass BundleTarball with the version that the upload returned",
	},
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
	for _, rule := range rules {
		if version := rule.version(request); version != nil {
			if err := checkVersion(rule.field, *version); err != nil {
				return err
			}
		}
	}
	return checkRequired(deployType, dagDeploys, request)
}

func checkRequired(deployType api.DeployType, dagDeploys DAGDeploys, request api.FinalizeDeployRequest) error {
	if dagDeploys != DAGDeploysOn {
		return nil
	}
	for _, rule := range rules {
		if slices.Contains(rule.types, deployType) && rule.version(request) == nil {
			return &ValidationError{
				Field: rule.field,
				Rule:  "is required for a deploy of type " + string(deployType) + " with DAG deploys on; " + rule.advice,
			}
		}
	}
	return nil
}

// check returns what is wrong with the content for the target.
func (c Content) check(target Target) error {
	switch c.kind {
	case contentDeploys:
		return CheckFinalize(target.Type, target.DAGDeploys, c.request)
	case contentRemoves:
		if err := checkRequired(target.Type, target.DAGDeploys, c.request); err != nil {
			return err
		}
		if target.Type.Valid() && target.Type != api.DeployTypeBundle {
			return &ValidationError{Field: "content", Rule: "removes a bundle, which needs a deploy of type BUNDLE; this one is of type " + string(target.Type)}
		}
		return nil
	default:
		return &ValidationError{Field: "content", Rule: "must be ImageOnly, DAGTarball, BundleTarball, RemoveBundle or Request"}
	}
}
