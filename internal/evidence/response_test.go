package evidence

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// assertReason asserts that err contains want, or is nil if want is "".
func assertReason(t *testing.T, name, want string, err error) {
	t.Helper()
	if want == "" {
		assert.NoError(t, err, name)
		return
	}
	assert.ErrorContains(t, err, want, name)
}

func TestCreated(t *testing.T) {
	dags, slash, elsewhere := api.CreateDeployRequest{Type: api.DeployTypeDAGOnly}, "/mine/", "/elsewhere"
	bundle := api.CreateDeployRequest{Type: api.DeployTypeBundle, BundleMountPath: &mountPath}
	const initialized = api.DeployStatusInitialized
	for name, row := range map[string]struct {
		asked   api.CreateDeployRequest
		created api.Deploy
		want    string
	}{
		"as asked":               {dags, api.Deploy{Type: "DAG_ONLY", Status: initialized}, ""},
		"FAILED":                 {dags, api.Deploy{Type: "DAG_ONLY", Status: api.DeployStatusFailed}, ""},
		"DEPLOYED":               {dags, api.Deploy{Type: "DAG_ONLY", Status: api.DeployStatusDeployed}, `status "DEPLOYED" instead of INITIALIZED`},
		"another type":           {dags, api.Deploy{Type: "IMAGE_ONLY", Status: initialized}, "type IMAGE_ONLY instead of DAG_ONLY"},
		"an unknown type":        {dags, api.Deploy{Type: "DAG", Status: initialized}, ""},
		"bundle, as another":     {bundle, api.Deploy{Type: "DAG_ONLY", Status: initialized, BundleMountPath: &slash}, ""},
		"bundle, elsewhere":      {bundle, api.Deploy{Type: "BUNDLE", Status: initialized, BundleMountPath: &elsewhere}, `mount path "/elsewhere" instead of "/mine"`},
		"bundle, no path at all": {bundle, api.Deploy{Type: "BUNDLE", Status: initialized}, `mount path "" instead`},
	} {
		assertReason(t, name, row.want, Created(row.asked, &row.created))
	}
}

func TestUpdated(t *testing.T) {
	const different = "another description than the one sent"
	for _, row := range []struct {
		sent  string
		shown *string
		want  string
	}{
		{"mine", &mine, ""},
		{" mine\n", &mine, ""},
		{"Mine", &mine, different},
		{"mine", &other, different},
		{"mine", nil, different},
		{"", nil, ""},
		{"", &mine, different},
	} {
		assertReason(t, row.sent, row.want, Updated(row.sent, &api.Deploy{Description: row.shown}))
	}
}

func TestRolledBack(t *testing.T) {
	empty := ""
	for name, row := range map[string]struct {
		rollback api.Deploy
		want     string
	}{
		"to the deploy":        {api.Deploy{ID: "new", Status: "DEPLOYED", RollbackFromID: &mine}, ""},
		"does not say to what": {api.Deploy{ID: "new", Status: "INITIALIZED"}, ""},
		"an empty ID":          {api.Deploy{ID: "new", Status: "DEPLOYED", RollbackFromID: &empty}, ""},
		"FAILED":               {api.Deploy{ID: "new", Status: "FAILED", RollbackFromID: &mine}, ""},
		"to another":           {api.Deploy{ID: "new", Status: "DEPLOYED", RollbackFromID: &other}, "a rollback to another deploy"},
		"the deploy itself":    {api.Deploy{ID: "mine", Status: "DEPLOYED"}, "not the new one"},
		"an unknown status":    {api.Deploy{ID: "new", Status: "QUEUED", RollbackFromID: &mine}, `unknown deploy status, "QUEUED"`},
	} {
		assertReason(t, name, row.want, RolledBack(mine, &row.rollback))
	}
}
