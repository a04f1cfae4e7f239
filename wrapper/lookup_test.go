package wrapper

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// What a deploy that was looked up must show to count as finalized with the content.
func TestEvidence(t *testing.T) {
	mine, other, path := "mine", "other", "/mine"
	dags := func(deployType api.DeployType, status api.DeployStatus, on bool, version *string) api.Deploy {
		return api.Deploy{Type: deployType, Status: status, IsDAGDeployEnabled: on, DAGTarballVersion: version}
	}
	bundle := func(status api.DeployStatus, bundles ...api.Bundle) api.Deploy {
		return api.Deploy{Type: api.DeployTypeBundle, Status: status, IsDAGDeployEnabled: true, BundleMountPath: &path, Bundles: bundles}
	}
	atMine := func(current, desired *string) api.Bundle {
		return api.Bundle{MountPath: path, CurrentVersion: current, DesiredVersion: desired}
	}
	elsewhere := api.Bundle{MountPath: "/elsewhere", CurrentVersion: &mine, DesiredVersion: &mine}
	unplaced := bundle("DEPLOYED")
	unplaced.BundleMountPath = nil

	for _, row := range []struct {
		name    string
		content Content
		deploy  api.Deploy
		shown   bool
	}{
		{"DAGs, same version", DAGTarball(mine), dags("DAG_ONLY", "DEPLOYED", true, &mine), true},
		{"DAGs and image, same version", DAGTarball(mine), dags("IMAGE_AND_DAG", "DEPLOYED", true, &mine), true},
		{"DAGs, same version, status not known", DAGTarball(mine), dags("DAG_ONLY", "ROLLING_OUT", true, &mine), true},
		{"DAGs, same version, not finalized", DAGTarball(mine), dags("DAG_ONLY", "INITIALIZED", true, &mine), false},
		{"DAGs, other version", DAGTarball(mine), dags("DAG_ONLY", "DEPLOYED", true, &other), false},
		{"DAGs, no version", DAGTarball(mine), dags("DAG_ONLY", "DEPLOYED", true, nil), false},
		{"DAGs needed, none sent", ImageOnly(), dags("DAG_ONLY", "DEPLOYED", true, &mine), false},
		{"DAG deploys off", ImageOnly(), dags("IMAGE_AND_DAG", "DEPLOYED", false, nil), true},
		{"DAG deploys off, a version all the same", DAGTarball(mine), dags("IMAGE_AND_DAG", "DEPLOYED", false, nil), true},
		{"image", ImageOnly(), dags("IMAGE_ONLY", "DEPLOYED", true, nil), true},
		{"image, the Deployment's DAGs shown", DAGTarball(mine), dags("IMAGE_ONLY", "DEPLOYED", true, &other), true},
		{"image, status not known", ImageOnly(), dags("IMAGE_ONLY", "ROLLING_OUT", true, nil), false},
		{"image, not finalized", ImageOnly(), dags("IMAGE_ONLY", "INITIALIZED", true, nil), false},

		{"bundle, desired", BundleTarball(mine), bundle("DEPLOYED", elsewhere, atMine(&other, &mine)), true},
		{"bundle, current", BundleTarball(mine), bundle("DEPLOYED", atMine(&mine, nil)), true},
		{"bundle, current but not desired", BundleTarball(mine), bundle("DEPLOYED", atMine(&mine, &other)), false},
		{"bundle, no version", BundleTarball(mine), bundle("DEPLOYED", atMine(nil, nil)), false},
		{"bundle, only elsewhere", BundleTarball(mine), bundle("DEPLOYED", elsewhere), false},
		{"bundle, not finalized", BundleTarball(mine), bundle("INITIALIZED", atMine(&mine, &mine)), false},
		{"bundle, no mount path", BundleTarball(mine), unplaced, false},
		{"bundle needed, none sent", ImageOnly(), bundle("DEPLOYED", atMine(&mine, &mine)), false},
		{"removal, absent", RemoveBundle(), bundle("DEPLOYED", elsewhere), true},
		{"removal, none at all", RemoveBundle(), bundle("DEPLOYED"), true},
		{"removal, still there", RemoveBundle(), bundle("DEPLOYED", atMine(&mine, &mine)), false},
		{"removal, there without version", RemoveBundle(), bundle("DEPLOYED", atMine(nil, nil)), false},
		{"removal, not finalized", RemoveBundle(), bundle("INITIALIZED"), false},
		{"removal, status not known", RemoveBundle(), bundle("ROLLING_OUT"), false},
		{"removal, no mount path", RemoveBundle(), unplaced, false},

		{"unknown type, version shown", DAGTarball(mine), dags("BASE_IMAGE", "DEPLOYED", true, &mine), true},
		{"unknown type, other version", DAGTarball(mine), dags("BASE_IMAGE", "DEPLOYED", true, &other), false},
		{"unknown type, no version sent", ImageOnly(), dags("BASE_IMAGE", "DEPLOYED", true, nil), true},
		{"unknown type, bundle not shown", BundleTarball(mine), dags("BASE_IMAGE", "DEPLOYED", true, nil), false},
		{"unknown type, not finalized", ImageOnly(), dags("BASE_IMAGE", "INITIALIZED", true, nil), false},
	} {
		assert.Equal(t, row.shown, row.content.isShownBy(&row.deploy), row.name)
	}
}

// An answer to the finalize itself need not show the version; it must not show another.
func TestContradiction(t *testing.T) {
	mine, other := "mine", "other"
	for _, row := range []struct {
		name    string
		content Content
		deploy  api.Deploy
		wrong   bool
	}{
		{"same", DAGTarball(mine), api.Deploy{Type: "DAG_ONLY", IsDAGDeployEnabled: true, DAGTarballVersion: &mine}, false},
		{"none", DAGTarball(mine), api.Deploy{Type: "DAG_ONLY", IsDAGDeployEnabled: true}, false},
		{"other", DAGTarball(mine), api.Deploy{Type: "DAG_ONLY", IsDAGDeployEnabled: true, DAGTarballVersion: &other}, true},
		{"other, which the type does not carry", DAGTarball(mine), api.Deploy{Type: "IMAGE_ONLY", IsDAGDeployEnabled: true, DAGTarballVersion: &other}, false},
		{"other, DAG deploys off", DAGTarball(mine), api.Deploy{Type: "IMAGE_AND_DAG", DAGTarballVersion: &other}, false},
		{"none sent", ImageOnly(), api.Deploy{Type: "IMAGE_AND_DAG", IsDAGDeployEnabled: true, DAGTarballVersion: &other}, false},
	} {
		assert.Equal(t, row.wrong, row.content.contradiction(&row.deploy) != nil, row.name)
	}
}
