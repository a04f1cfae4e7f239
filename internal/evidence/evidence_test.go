package evidence

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/astro-finalize/astro-finalize-go/api"
)

var (
	mine, other, mountPath = "mine", "other", "/mine"

	image   = Sent{DeployID: "me"}
	dags    = Sent{DeployID: "me", DAGs: &mine}
	bundles = Sent{DeployID: "me", Bundle: &mine}
	both    = Sent{DeployID: "me", DAGs: &mine, Bundle: &mine}
	removal = Sent{DeployID: "me", Bundle: new(string), Removes: true, Replaces: "before"}
)

// showing is a deploy of DAGs.
func showing(status api.DeployStatus, version *string) api.Deploy {
	return api.Deploy{ID: "me", Status: status, DAGTarballVersion: version}
}

// mounting is a deploy with a mount path, and the bundles of its Deployment, which are missing only
// if nil is given.
func mounting(status api.DeployStatus, bundles []api.Bundle) api.Deploy {
	return api.Deploy{ID: "me", Status: status, BundleMountPath: &mountPath, Bundles: bundles}
}

// at is the bundle at the mount path, as another field-by-field spelling has it.
func at(spelling, deployID string, current, desired *string) []api.Bundle {
	return []api.Bundle{{MountPath: "/elsewhere", DeployID: "me", CurrentVersion: &mine, DesiredVersion: &mine}, {MountPath: spelling, DeployID: deployID, CurrentVersion: current, DesiredVersion: desired}}
}

// What a deploy that was read back counts as.
func TestFind(t *testing.T) {
	const deployed, initialized, failed = api.DeployStatusDeployed, api.DeployStatusInitialized, api.DeployStatusFailed
	none := []api.Bundle{}
	as := func(deployType api.DeployType, deploy api.Deploy) api.Deploy {
		deploy.Type = deployType
		return deploy
	}
	for _, row := range []struct {
		name   string
		sent   Sent
		deploy api.Deploy
		want   Finding
	}{
		{"DAGs, same version", dags, showing(deployed, &mine), Finalized},
		{"DAGs, other version", dags, showing(deployed, &other), Another},
		{"DAGs, no version", dags, showing(deployed, nil), Other},
		{"DAGs, same version, FAILED", dags, showing(failed, &mine), Failed},
		{"DAGs, INITIALIZED", dags, showing(initialized, nil), Unchanged},
		{"DAGs, INITIALIZED with another version", dags, showing(initialized, &other), Unchanged},
		{"DAGs, INITIALIZED with the version", dags, showing(initialized, &mine), Other},
		{"DAGs, a status in lower case", dags, showing("deployed", &mine), Other},
		{"DAGs, a status nobody knows", dags, showing("ABORTED", &mine), Other},
		{"DAGs, at a mount path, as deploys of DAGs may show one", dags, func() api.Deploy {
			deploy := mounting(deployed, at("/mine", "another", &other, &other))
			deploy.DAGTarballVersion = &mine
			return deploy
		}(), Finalized},
		{"image", image, showing(deployed, nil), Finalized},
		{"image, with the Deployment's DAGs", image, showing(deployed, &other), Finalized},
		{"image, INITIALIZED", image, showing(initialized, nil), Unchanged},
		{"image, a status nobody knows", image, showing("CANCELED", nil), Other},

		{"bundle, desired", bundles, mounting(deployed, at("/mine", "me", &other, &mine)), Finalized},
		{"bundle, current", bundles, mounting(deployed, at("/mine", "me", &mine, nil)), Finalized},
		{"bundle, current but not desired", bundles, mounting(deployed, at("/mine", "me", &mine, &other)), Another},
		{"bundle, spelled with a slash", bundles, mounting(deployed, at("/mine/", "me", nil, &mine)), Finalized},
		{"bundle, spelled without a slash", bundles, mounting(deployed, at("mine", "me", nil, &mine)), Finalized},
		{"bundle, of nobody", bundles, mounting(deployed, at("/mine", "", nil, &mine)), Finalized},
		{"bundle, of another deploy", bundles, mounting(deployed, at("/mine", "another", nil, &mine)), Other},
		{"bundle, only elsewhere", bundles, mounting(deployed, at("/there", "me", nil, &mine)), Other},
		{"bundle, no version", bundles, mounting(deployed, at("/mine", "me", nil, nil)), Other},
		{"bundle, no list", bundles, mounting(deployed, nil), Other},
		{"bundle, no mount path", bundles, showing(deployed, nil), Other},
		{"bundle, INITIALIZED", bundles, mounting(initialized, at("/mine", "before", &other, &other)), Unchanged},
		{"bundle, INITIALIZED with the version", bundles, mounting(initialized, at("/mine", "me", nil, &mine)), Other},

		{"removal, a list without it", removal, mounting(deployed, at("/there", "me", nil, &mine)), Finalized},
		{"removal, an empty list", removal, mounting(deployed, none), Finalized},
		{"removal, no list", removal, mounting(deployed, nil), Other},
		{"removal, no mount path", removal, api.Deploy{Status: deployed, Bundles: none}, Other},
		{"removal, still there", removal, mounting(deployed, at("/mine", "before", &mine, nil)), Another},
		{"removal, still there, spelled without a slash", removal, mounting(deployed, at("mine", "before", nil, nil)), Another},
		{"removal, another deploy's there", removal, mounting(deployed, at("/mine", "another", nil, &other)), Other},
		{"removal, INITIALIZED", removal, mounting(initialized, at("/mine", "before", nil, &mine)), Unchanged},
		{"removal, INITIALIZED, nothing there", removal, mounting(initialized, none), Unchanged},
		{"removal, FAILED", removal, mounting(failed, none), Failed},

		{"both, DAGs shown", both, showing(deployed, &mine), Finalized},
		{"both, bundle shown", both, mounting(deployed, at("/mine", "me", nil, &mine)), Finalized},
		{"both, neither shown", both, showing(deployed, nil), Other},
	} {
		for _, deployType := range []api.DeployType{"", "BUNDLE", "DAG_ONLY", "IMAGE_ONLY", "IMAGE_AND_DAG", "BASE_IMAGE"} {
			for _, enabled := range []bool{false, true} {
				deploy := as(deployType, row.deploy)
				deploy.IsDAGDeployEnabled = enabled
				assert.Equal(t, row.want, row.sent.Find(&deploy), "%s, shown as %s", row.name, deployType)
			}
		}
	}
}

// The response to the finalize itself need not show the version; it must not show another.
func TestContradiction(t *testing.T) {
	const deployed, initialized = api.DeployStatusDeployed, api.DeployStatusInitialized
	for _, row := range []struct {
		name    string
		sent    Sent
		deploy  api.Deploy
		reason  string // "" if it is a success
		mayPass bool
	}{
		{"same", dags, showing(deployed, &mine), "", false},
		{"none", dags, showing(deployed, nil), "", false},
		{"other", dags, showing(deployed, &other), "another tarball version", false},
		{"other, FAILED", dags, showing("FAILED", &other), "", false},
		{"a status nobody knows", dags, showing("ABORTED", &mine), "a status that is not known here", false},
		{"as before", dags, showing(initialized, nil), "not finalized", true},
		{"INITIALIZED with the version", dags, showing(initialized, &mine), "", false},
		{"image", image, showing(deployed, &other), "", false},
		{"image, INITIALIZED", image, showing(initialized, nil), "", false},
		{"image, a status nobody knows", image, showing("failed", nil), "a status that is not known here", false},

		{"bundle, same", bundles, mounting(deployed, at("/mine", "me", &other, &mine)), "", false},
		{"bundle, other", bundles, mounting(deployed, at("/mine", "me", nil, &other)), "another tarball version", false},
		{"bundle, other, of nobody", bundles, mounting(deployed, at("/mine", "", nil, &other)), "another tarball version", false},
		{"bundle, by then another deploy's", bundles, mounting(deployed, at("/mine", "another", nil, &other)), "", false},
		{"bundle, none", bundles, mounting(deployed, nil), "", false},
		{"bundle, as before", bundles, mounting(initialized, at("/mine", "before", nil, &other)), "not finalized", true},

		{"removal", removal, mounting(deployed, []api.Bundle{}), "", false},
		{"removal, no list", removal, mounting(deployed, nil), "does not show that the bundle is gone", false},
		{"removal, on its way", removal, mounting(deployed, at("/mine", "before", &other, nil)), "does not show that the bundle is gone", false},
		{"removal, still wanted", removal, mounting(deployed, at("mine", "before", nil, &other)), "does not show that the bundle is gone", false},
		{"removal, as before", removal, mounting(initialized, []api.Bundle{}), "not finalized", true},
		{"removal, of no bundle", removal, showing(deployed, nil), "does not show that the bundle is gone", false},
	} {
		reason, mayPass := row.sent.Contradiction(&row.deploy)
		if row.reason == "" {
			assert.Empty(t, reason, row.name)
		} else {
			assert.Contains(t, reason, row.reason, row.name)
		}
		assert.Equal(t, row.mayPass, mayPass, row.name)
		if row.sent.Find(&row.deploy) == Finalized {
			assert.Empty(t, reason, "%s: what is refused as a response is no evidence when it is read back", row.name)
		}
	}
}

func TestIsTaken(t *testing.T) {
	for name, row := range map[string]struct {
		sent   Sent
		deploy api.Deploy
		want   bool
	}{
		"another deploy's":                 {bundles, mounting("INITIALIZED", at("mine/", "another", nil, &other)), true},
		"another deploy's, of a removal":   {removal, mounting("INITIALIZED", at("/mine", "another", nil, &other)), true},
		"its own":                          {bundles, mounting("INITIALIZED", at("/mine", "me", nil, &other)), false},
		"what was there before":            {removal, mounting("INITIALIZED", at("/mine", "before", nil, &other)), false},
		"nobody's":                         {bundles, mounting("INITIALIZED", at("/mine", "", nil, &other)), false},
		"elsewhere":                        {bundles, mounting("INITIALIZED", at("/there", "another", nil, &other)), false},
		"a mount path, and DAGs were sent": {dags, mounting("INITIALIZED", at("/mine", "another", nil, &other)), false},
	} {
		assert.Equal(t, row.want, row.sent.IsTaken(&row.deploy), name)
	}
}
