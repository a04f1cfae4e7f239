package rules

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// The table of the API's reference. The strings name the field that is missing; "" means valid.
func TestFinalizeFollowsTheRuleTable(t *testing.T) {
	version := "2024-01-12T18:32:20.5898930Z"
	neither := api.FinalizeDeployRequest{}
	dags := api.FinalizeDeployRequest{DAGTarballVersion: &version}
	bundle := api.FinalizeDeployRequest{BundleTarballVersion: &version}
	for deployType, want := range map[api.DeployType]struct{ neither, dags, bundle string }{
		api.DeployTypeImageAndDAG: {fieldDAGVersion, "", fieldDAGVersion},
		api.DeployTypeDAGOnly:     {fieldDAGVersion, "", fieldDAGVersion},
		api.DeployTypeImageOnly:   {},
		api.DeployTypeBundle:      {fieldBundleVersion, fieldBundleVersion, ""},
		"SOMETHING_NEW":           {},
		"":                        {},
	} {
		assert.Equal(t, want.neither, Finalize(deployType, true, neither).Field, deployType)
		assert.Equal(t, want.dags, Finalize(deployType, true, dags).Field, deployType)
		assert.Equal(t, want.bundle, Finalize(deployType, true, bundle).Field, deployType)
		assert.Zero(t, Finalize(deployType, false, neither), "DAG deploys are off or unknown")
	}
	assert.Contains(t, Finalize(api.DeployTypeBundle, true, neither).Rule, "upload the bundle and pass BundleTarball")
}

// A version that is set must be valid, and only the error for a bundle's names RemoveBundle.
func TestFinalizeRejectsAnInvalidVersion(t *testing.T) {
	empty, quoted := "", `"v1"`
	assert.Equal(t, Broken{fieldDAGVersion, quoted, `must not contain '"': remove the quotes of the shell, JSON or .env file`},
		Finalize(api.DeployTypeImageOnly, false, api.FinalizeDeployRequest{DAGTarballVersion: &quoted}))
	broken := Finalize("", false, api.FinalizeDeployRequest{BundleTarballVersion: &empty})
	assert.Equal(t, fieldBundleVersion, broken.Field)
	assert.Contains(t, broken.Rule, "to remove the bundle, use RemoveBundle")
	broken = Finalize("", false, api.FinalizeDeployRequest{DAGTarballVersion: &empty})
	assert.Equal(t, fieldDAGVersion, broken.Field)
	assert.NotContains(t, broken.Rule, "RemoveBundle")
}

func TestRemoveNeedsABundle(t *testing.T) {
	empty := ""
	request := api.FinalizeDeployRequest{BundleTarballVersion: &empty}
	for deployType, field := range map[api.DeployType]string{
		api.DeployTypeBundle:    "",
		"SOMETHING_NEW":         "",
		"":                      "",
		api.DeployTypeImageOnly: "content",
		api.DeployTypeDAGOnly:   fieldDAGVersion,
	} {
		assert.Equal(t, field, Remove(deployType, true, request).Field, deployType)
	}
	assert.Equal(t, "content", Remove(api.DeployTypeDAGOnly, false, request).Field)
}
