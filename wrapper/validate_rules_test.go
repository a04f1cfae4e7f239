package wrapper

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// What the seed requires, for every type, state of DAG deploys and pair of versions; "" is
// for no violation.
func TestCheckRequest(t *testing.T) {
	const dag, bundle = "dagTarballVersion", "bundleTarballVersion"
	version := "2024-01-12T18:32:20.5898930Z"
	neither := api.FinalizeDeployRequest{}
	onlyDAG := api.FinalizeDeployRequest{DAGTarballVersion: &version}
	onlyBundle := api.FinalizeDeployRequest{BundleTarballVersion: &version}
	both := api.FinalizeDeployRequest{DAGTarballVersion: &version, BundleTarballVersion: &version}

	for _, row := range []struct {
		deployType                         api.DeployType
		dagDeploys                         DAGDeploys
		neither, onlyDAG, onlyBundle, both string
	}{
		{"IMAGE_AND_DAG", DAGDeploysOn, dag, "", dag, ""},
		{"DAG_ONLY", DAGDeploysOn, dag, "", dag, ""},
		{"IMAGE_ONLY", DAGDeploysOn, "", "", "", ""},
		{"BUNDLE", DAGDeploysOn, bundle, bundle, "", ""},
		{"IMAGE_AND_DAG", DAGDeploysOff, "", "", "", ""},
		{"DAG_ONLY", DAGDeploysOff, "", "", "", ""},
		{"IMAGE_ONLY", DAGDeploysOff, "", "", "", ""},
		{"BUNDLE", DAGDeploysOff, "", "", "", ""},
		{"IMAGE_AND_DAG", DAGDeploysUnknown, "", "", "", ""},
		{"DAG_ONLY", DAGDeploysUnknown, "", "", "", ""},
		{"IMAGE_ONLY", DAGDeploysUnknown, "", "", "", ""},
		{"BUNDLE", DAGDeploysUnknown, "", "", "", ""},
		{"", DAGDeploysOn, "", "", "", ""},
		{"SOMETHING_NEW", DAGDeploysOn, "", "", "", ""},
	} {
		for _, cell := range []struct {
			request api.FinalizeDeployRequest
			want    string
		}{{neither, row.neither}, {onlyDAG, row.onlyDAG}, {onlyBundle, row.onlyBundle}, {both, row.both}} {
			err := CheckRequest(row.deployType, row.dagDeploys, cell.request)
			if cell.want == "" {
				assert.NoError(t, err, "%+v %+v", row, cell.request)
			} else {
				requireInvalid(t, err, cell.want, string(row.deployType))
			}
		}
	}
}

// A version that is there must be one, whatever is known of the deploy.
func TestCheckRequestRefusesMalformedVersions(t *testing.T) {
	for _, malformed := range []string{"", " ", "v\r"} {
		for _, deployType := range []api.DeployType{"", api.DeployTypeImageOnly, api.DeployTypeBundle, api.DeployTypeDAGOnly, "SOMETHING_NEW"} {
			err := CheckRequest(deployType, DAGDeploysUnknown, api.FinalizeDeployRequest{DAGTarballVersion: &malformed})
			requireInvalid(t, err, "dagTarballVersion", "must not")
			err = CheckRequest(deployType, DAGDeploysUnknown, api.FinalizeDeployRequest{BundleTarballVersion: &malformed})
			requireInvalid(t, err, "bundleTarballVersion", "must not")
		}
	}
}
