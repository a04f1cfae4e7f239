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
		{"bundle, path spelt otherwise", BundleTarball(mine), bundle("DEPLOYED", api.Bundle{MountPath: path + "/", DesiredVersion: &mine}), true},
		{"bundle, of another deploy", BundleTarball(mine), bundle("DEPLOYED", api.Bundle{MountPath: path, DesiredVersion: &mine, DeployID: "another"}), false},
		{"bundle, no version", BundleTarball(mine), bundle("DEPLOYED", atMine(nil, nil)), false},
		{"bundle, only elsewhere", BundleTarball(mine), bundle("DEPLOYED", elsewhere), false},
		{"bundle, not finalized", BundleTarball(mine), bundle("INITIALIZED", atMine(&mine, &mine)), false},
		{"bundle, no mount path", BundleTarball(mine), unplaced, false},
		{"bundle needed, none sent", ImageOnly(), bundle("DEPLOYED", atMine(&mine, &mine)), false},
		{"removal, absent", RemoveBundle(), bundle("DEPLOYED", elsewhere), true},
		{"removal, none at all", RemoveBundle(), bundle("DEPLOYED"), true},
		{"removal, still there", RemoveBundle(), bundle("DEPLOYED", atMine(&mine, &mine)), false},
		{"removal, there without version", RemoveBundle(), bundle("DEPLOYED", atMine(nil, nil)), false},
		{"removal, still there by another spelling", RemoveBundle(), bundle("DEPLOYED", api.Bundle{MountPath: path + "/"}), false},
		{"removal, of an image", RemoveBundle(), dags("IMAGE_ONLY", "DEPLOYED", true, nil), false},
		{"removal, not finalized", RemoveBundle(), bundle("INITIALIZED"), false},
		{"removal, status not known", RemoveBundle(), bundle("ROLLING_OUT"), false},
		{"removal, no mount path", RemoveBundle(), unplaced, false},

		{"unknown type, version shown", DAGTarball(mine), dags("BASE_IMAGE", "DEPLOYED", true, &mine), true},
		{"unknown type, other version", DAGTarball(mine), dags("BASE_IMAGE", "DEPLOYED", true, &other), false},
		{"unknown type, no version sent", ImageOnly(), dags("BASE_IMAGE", "DEPLOYED", true, nil), true},
		{"unknown type, bundle not shown", BundleTarball(mine), dags("BASE_IMAGE", "DEPLOYED", true, nil), false},
		{"unknown type, not finalized", ImageOnly(), dags("BASE_IMAGE", "INITIALIZED", true, nil), false},
	} {
		assert.Equal(t, row.shown, row.content.confirmedBy(&row.deploy), row.name)
	}
}

// An answer to the finalize itself need not show the version; it must not show another.
func TestContradiction(t *testing.T) {
	mine, other, path := "mine", "other", "/mine"
	bundle := func(bundles ...api.Bundle) api.Deploy {
		return api.Deploy{Type: "BUNDLE", Status: "DEPLOYED", IsDAGDeployEnabled: true, BundleMountPath: &path, Bundles: bundles}
	}
	asType := func(deployType api.DeployType, deploy api.Deploy) api.Deploy {
		deploy.Type = deployType
		return deploy
	}
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
		{"other, which a bundle does not carry", DAGTarball(mine), api.Deploy{Type: "BUNDLE", IsDAGDeployEnabled: true, DAGTarballVersion: &other}, false},
		{"other, DAG deploys not said to be on", DAGTarball(mine), api.Deploy{Type: "IMAGE_AND_DAG", DAGTarballVersion: &other}, true},
		{"other, type not known", DAGTarball(mine), api.Deploy{Type: "DAG", DAGTarballVersion: &other}, true},
		{"as before", DAGTarball(mine), api.Deploy{Type: "DAG_ONLY", IsDAGDeployEnabled: true, Status: "INITIALIZED"}, true},
		{"INITIALIZED with the version", DAGTarball(mine), api.Deploy{Type: "DAG_ONLY", IsDAGDeployEnabled: true, Status: "INITIALIZED", DAGTarballVersion: &mine}, false},
		{"INITIALIZED with nothing to show", ImageOnly(), api.Deploy{Type: "IMAGE_ONLY", IsDAGDeployEnabled: true, Status: "INITIALIZED"}, false},
		{"bundle, same", BundleTarball(mine), bundle(api.Bundle{MountPath: path, DesiredVersion: &mine}), false},
		{"bundle, to be", BundleTarball(mine), bundle(api.Bundle{MountPath: path, DesiredVersion: &mine, CurrentVersion: &other}), false},
		{"bundle, none", BundleTarball(mine), bundle(), false},
		{"bundle, other current, none desired", BundleTarball(mine), bundle(api.Bundle{MountPath: path, CurrentVersion: &other}), true},
		{"bundle, other, type not known", BundleTarball(mine), asType("DBT", bundle(api.Bundle{MountPath: path, DesiredVersion: &other})), true},
		{"bundle, FAILED with the one before", BundleTarball(mine), api.Deploy{Type: "BUNDLE", Status: "FAILED", BundleMountPath: &path, Bundles: []api.Bundle{{MountPath: path, DesiredVersion: &other}}}, false},
		{"removal, still wanted, type not known", RemoveBundle(), asType("DBT", bundle(api.Bundle{MountPath: path, DesiredVersion: &other})), true},
		{"as before, type not known", DAGTarball(mine), api.Deploy{Type: "DAG", Status: "INITIALIZED"}, true},
		{"INITIALIZED with the version, type not known", DAGTarball(mine), api.Deploy{Type: "DAG", Status: "INITIALIZED", DAGTarballVersion: &mine}, false},
		{"INITIALIZED, type not known, nothing sent", ImageOnly(), api.Deploy{Type: "DAG", Status: "INITIALIZED"}, false},
		{"bundle, other", BundleTarball(mine), bundle(api.Bundle{MountPath: path, DesiredVersion: &other}), true},
		{"bundle, other elsewhere", BundleTarball(mine), bundle(api.Bundle{MountPath: "/elsewhere", DesiredVersion: &other}), false},
		{"removal, none", RemoveBundle(), bundle(), false},
		{"removal, on its way", RemoveBundle(), bundle(api.Bundle{MountPath: path, CurrentVersion: &other}), false},
		{"removal, still wanted", RemoveBundle(), bundle(api.Bundle{MountPath: path, DesiredVersion: &other}), true},
		{"removal, of no bundle", RemoveBundle(), api.Deploy{Type: "IMAGE_ONLY", Status: "DEPLOYED"}, true},
		{"removal, type not known", RemoveBundle(), api.Deploy{Type: "DBT", Status: "DEPLOYED"}, false},
		{"none sent", ImageOnly(), api.Deploy{Type: "IMAGE_AND_DAG", IsDAGDeployEnabled: true, DAGTarballVersion: &other}, false},
	} {
		assert.Equal(t, row.wrong, row.content.contradiction(&row.deploy) != nil, row.name)
	}
}
