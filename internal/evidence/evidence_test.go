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

// showing returns a deploy of DAGs.
func showing(status api.DeployStatus, version *string) api.Deploy {
	return api.Deploy{ID: "me", Status: status, DAGTarballVersion: version}
}

// mounting returns a deploy with a mount path and its Deployment's bundles. A nil list is missing from
// the deploy.
func mounting(status api.DeployStatus, bundles []api.Bundle) api.Deploy {
	return api.Deploy{ID: "me", Status: status, BundleMountPath: &mountPath, Bundles: bundles}
}

// at returns a list with a bundle at the path, and one of the same deploy elsewhere.
func at(path, deployID string, current, desired *string) []api.Bundle {
	return []api.Bundle{{MountPath: "/elsewhere", DeployID: "me", CurrentVersion: &mine, DesiredVersion: &mine}, {MountPath: path, DeployID: deployID, CurrentVersion: current, DesiredVersion: desired}}
}

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
		{"DAGs, different version", dags, showing(deployed, &other), Different},
		{"DAGs, no version", dags, showing(deployed, nil), Inconclusive},
		{"DAGs, same version, FAILED", dags, showing(failed, &mine), Failed},
		{"DAGs, INITIALIZED", dags, showing(initialized, nil), Unchanged},
		{"DAGs, INITIALIZED with a different version", dags, showing(initialized, &other), Unchanged},
		{"DAGs, INITIALIZED with the version", dags, showing(initialized, &mine), Inconclusive},
		{"DAGs, a status in lower case", dags, showing("deployed", &mine), Inconclusive},
		{"DAGs, an unknown status", dags, showing("ABORTED", &mine), Inconclusive},
		{"DAGs, with a mount path", dags, func() api.Deploy {
			deploy := mounting(deployed, at("/mine", "another", &other, &other))
			deploy.DAGTarballVersion = &mine
			return deploy
		}(), Finalized},
		{"image", image, showing(deployed, nil), Finalized},
		{"image, with the Deployment's DAGs", image, showing(deployed, &other), Finalized},
		{"image, INITIALIZED", image, showing(initialized, nil), Unchanged},
		{"image, an unknown status", image, showing("CANCELED", nil), Inconclusive},

		{"bundle, desired", bundles, mounting(deployed, at("/mine", "me", &other, &mine)), Finalized},
		{"bundle, current", bundles, mounting(deployed, at("/mine", "me", &mine, nil)), Finalized},
		{"bundle, current but not desired", bundles, mounting(deployed, at("/mine", "me", &mine, &other)), Different},
		{"bundle, trailing slash", bundles, mounting(deployed, at("/mine/", "me", nil, &mine)), Finalized},
		{"bundle, no leading slash", bundles, mounting(deployed, at("mine", "me", nil, &mine)), Finalized},
		{"bundle, no deploy ID", bundles, mounting(deployed, at("/mine", "", nil, &mine)), Finalized},
		{"bundle, of another deploy", bundles, mounting(deployed, at("/mine", "another", nil, &mine)), Inconclusive},
		{"bundle, at another path only", bundles, mounting(deployed, at("/there", "me", nil, &mine)), Inconclusive},
		{"bundle, no version", bundles, mounting(deployed, at("/mine", "me", nil, nil)), Inconclusive},
		{"bundle, no list", bundles, mounting(deployed, nil), Inconclusive},
		{"bundle, no mount path", bundles, showing(deployed, nil), Inconclusive},
		{"bundle, INITIALIZED", bundles, mounting(initialized, at("/mine", "before", &other, &other)), Unchanged},
		{"bundle, INITIALIZED with the version", bundles, mounting(initialized, at("/mine", "me", nil, &mine)), Inconclusive},

		{"removal, a list without it", removal, mounting(deployed, at("/there", "me", nil, &mine)), Finalized},
		{"removal, an empty list", removal, mounting(deployed, none), Finalized},
		{"removal, no list", removal, mounting(deployed, nil), Inconclusive},
		{"removal, no mount path", removal, api.Deploy{Status: deployed, Bundles: none}, Inconclusive},
		{"removal, still there", removal, mounting(deployed, at("/mine", "before", &mine, nil)), Different},
		{"removal, still there, no leading slash", removal, mounting(deployed, at("mine", "before", nil, nil)), Different},
		{"removal, another deploy's there", removal, mounting(deployed, at("/mine", "another", nil, &other)), Inconclusive},
		{"removal, INITIALIZED", removal, mounting(initialized, at("/mine", "before", nil, &mine)), Unchanged},
		{"removal, INITIALIZED, nothing there", removal, mounting(initialized, none), Unchanged},
		{"removal, FAILED", removal, mounting(failed, none), Failed},

		{"both, DAGs shown", both, showing(deployed, &mine), Finalized},
		{"both, bundle shown", both, mounting(deployed, at("/mine", "me", nil, &mine)), Finalized},
		{"both, neither shown", both, showing(deployed, nil), Inconclusive},
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

// The response to the finalize itself need not show the version, but must not show a different one.
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
		{"different", dags, showing(deployed, &other), "a different tarball version", false},
		{"different, FAILED", dags, showing("FAILED", &other), "", false},
		{"an unknown status", dags, showing("ABORTED", &mine), "an unknown deploy status", false},
		{"as before", dags, showing(initialized, nil), "not finalized", true},
		{"INITIALIZED with the version", dags, showing(initialized, &mine), "", false},
		{"image", image, showing(deployed, &other), "", false},
		{"image, INITIALIZED", image, showing(initialized, nil), "", false},
		{"image, an unknown status", image, showing("failed", nil), "an unknown deploy status", false},

		{"bundle, same", bundles, mounting(deployed, at("/mine", "me", &other, &mine)), "", false},
		{"bundle, different", bundles, mounting(deployed, at("/mine", "me", nil, &other)), "a different tarball version", false},
		{"bundle, different, no deploy ID", bundles, mounting(deployed, at("/mine", "", nil, &other)), "a different tarball version", false},
		{"bundle, already replaced by another deploy", bundles, mounting(deployed, at("/mine", "another", nil, &other)), "", false},
		{"bundle, none", bundles, mounting(deployed, nil), "", false},
		{"bundle, as before", bundles, mounting(initialized, at("/mine", "before", nil, &other)), "not finalized", true},

		{"removal", removal, mounting(deployed, []api.Bundle{}), "", false},
		{"removal, no list", removal, mounting(deployed, nil), "does not show that the bundle is gone", false},
		{"removal, in progress", removal, mounting(deployed, at("/mine", "before", &other, nil)), "does not show that the bundle is gone", false},
		{"removal, still desired", removal, mounting(deployed, at("mine", "before", nil, &other)), "does not show that the bundle is gone", false},
		{"removal, as before", removal, mounting(initialized, []api.Bundle{}), "not finalized", true},
		{"removal, no mount path", removal, showing(deployed, nil), "does not show that the bundle is gone", false},
	} {
		reason, mayPass := row.sent.Contradiction(&row.deploy)
		if row.reason == "" {
			assert.Empty(t, reason, row.name)
		} else {
			assert.Contains(t, reason, row.reason, row.name)
		}
		assert.Equal(t, row.mayPass, mayPass, row.name)
		if row.sent.Find(&row.deploy) == Finalized {
			assert.Empty(t, reason, "%s: a deploy that is rejected as a response must not count as finalized when it is read back", row.name)
		}
	}
}

func TestIsTaken(t *testing.T) {
	for name, row := range map[string]struct {
		sent   Sent
		deploy api.Deploy
		want   bool
	}{
		"another deploy's":               {bundles, mounting("INITIALIZED", at("mine/", "another", nil, &other)), true},
		"another deploy's, of a removal": {removal, mounting("INITIALIZED", at("/mine", "another", nil, &other)), true},
		"its own":                        {bundles, mounting("INITIALIZED", at("/mine", "me", nil, &other)), false},
		"what was there before":          {removal, mounting("INITIALIZED", at("/mine", "before", nil, &other)), false},
		"no deploy ID":                   {bundles, mounting("INITIALIZED", at("/mine", "", nil, &other)), false},
		"another path":                   {bundles, mounting("INITIALIZED", at("/there", "another", nil, &other)), false},
		"DAGs were sent":                 {dags, mounting("INITIALIZED", at("/mine", "another", nil, &other)), false},
	} {
		assert.Equal(t, row.want, row.sent.IsTaken(&row.deploy), name)
	}
}
