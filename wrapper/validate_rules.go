package wrapper

import (
	"slices"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// DAGDeploys says whether DAG deploys are enabled on a Deployment, as far as it is known.
type DAGDeploys int8

// The states of DAG deploys.
const (
	DAGDeploysUnknown DAGDeploys = iota
	DAGDeploysOn
	DAGDeploysOff
)

// rules are the conditions that the API's reference states: with DAG deploys enabled, a
// deploy of one of the types needs the field. There are no others, so nothing else is
// refused: not a version that the type does not need, not a type that is not known here.
var rules = []struct {
	types   []api.DeployType
	field   string
	version func(api.FinalizeDeployRequest) *string
	cure    string
}{
	{
		types:   []api.DeployType{api.DeployTypeImageAndDAG, api.DeployTypeDAGOnly},
		field:   "dagTarballVersion",
		version: func(request api.FinalizeDeployRequest) *string { return request.DAGTarballVersion },
		cure:    "upload the DAGs and pass DAGTarball with the version that the upload returned",
	},
	{
		types:   []api.DeployType{api.DeployTypeBundle},
		field:   "bundleTarballVersion",
		version: func(request api.FinalizeDeployRequest) *string { return request.BundleTarballVersion },
		cure:    "upload the bundle and pass BundleTarball with the version that the upload returned",
	},
}

// CheckRequest reports the first rule that request breaks for a deploy of the given type,
// as a [*ValidationError], without any I/O. It is what [Client.Finalize] checks, for
// programs that send the request themselves:
//
//   - A version that is there must be one: not empty, without white space around it or
//     control characters in it. An empty bundleTarballVersion would remove a bundle.
//   - With DAG deploys on, IMAGE_AND_DAG and DAG_ONLY need dagTarballVersion, and BUNDLE
//     needs bundleTarballVersion.
//
// Where the type ("") or DAG deploys are not known, or the type is not one of these, the
// second rule is left to the service.
func CheckRequest(deployType api.DeployType, dagDeploys DAGDeploys, request api.FinalizeDeployRequest) error {
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
				Rule:  "is required for a deploy of type " + string(deployType) + " with DAG deploys on; " + rule.cure,
			}
		}
	}
	return nil
}
