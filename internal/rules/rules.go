// Package rules knows what the API requires of a request, beyond the syntax of its values, which package
// check knows. It refuses what the API's reference requires and a request lacks, and nothing more: what the
// reference leaves open is left to the service.
package rules

import (
	"slices"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/internal/check"
)

// Broken is the rule that a request breaks. The zero value means that it breaks none.
type Broken struct {
	Field string // of the request
	Value string // of the field; "" if it is missing, or no error should show it
	Rule  string // the rule, and what to do
}

// unless returns a broken rule, or the zero value if rule is "".
func unless(field, value, rule string) Broken {
	if rule == "" {
		return Broken{}
	}
	return Broken{field, value, rule}
}

const (
	fieldDAGVersion    = "dagTarballVersion"
	fieldBundleVersion = "bundleTarballVersion"
)

// required are the conditions in the API's reference: with DAG deploys enabled, a deploy of one of the types
// needs the field. The reference has no others, so an unknown type, and a version that the type does not
// need, are left to the service.
var required = []struct {
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

// Finalize checks the request to finalize a deploy of a type. hasDAGDeploys is whether DAG deploys are known
// to be on.
func Finalize(deployType api.DeployType, hasDAGDeploys bool, request api.FinalizeDeployRequest) Broken {
	for _, rule := range required {
		if version := rule.version(request); version != nil {
			if broken := checkVersion(rule.field, *version); broken != (Broken{}) {
				return broken
			}
		}
	}
	return checkRequired(deployType, hasDAGDeploys, request)
}

// Remove checks the request to finalize a deploy such that it removes a bundle.
func Remove(deployType api.DeployType, hasDAGDeploys bool, request api.FinalizeDeployRequest) Broken {
	broken := checkRequired(deployType, hasDAGDeploys, request)
	if broken == (Broken{}) && deployType.Valid() && deployType != api.DeployTypeBundle {
		return Broken{Field: "content", Rule: "removes a bundle, which needs a deploy of type BUNDLE; this one is of type " + string(deployType)}
	}
	return broken
}

func checkVersion(field, version string) Broken {
	rule := check.Version(version)
	if version == "" && field == fieldBundleVersion {
		rule += "; to remove the bundle, use RemoveBundle"
	}
	return unless(field, version, rule)
}

func checkRequired(deployType api.DeployType, hasDAGDeploys bool, request api.FinalizeDeployRequest) Broken {
	for _, rule := range required {
		if hasDAGDeploys && slices.Contains(rule.types, deployType) && rule.version(request) == nil {
			return Broken{Field: rule.field, Rule: "is required for a deploy of type " + string(deployType) + " with DAG deploys on; " + rule.advice}
		}
	}
	return Broken{}
}
