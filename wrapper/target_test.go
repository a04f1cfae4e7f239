package wrapper

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/astro-finalize/astro-finalize-go/api"
)

func TestTargetOfCopiesTheDeploysFields(t *testing.T) {
	deploy := &api.Deploy{ID: "deploy", DeploymentID: "deployment", Type: api.DeployTypeImageAndDAG}
	target := Target{OrganizationID: "organization", DeploymentID: "deployment", DeployID: "deploy", Type: api.DeployTypeImageAndDAG, DAGDeploys: DAGDeploysOff}
	assert.Equal(t, target, TargetOf("organization", deploy))
	deploy.IsDAGDeployEnabled = true
	target.DAGDeploys = DAGDeploysOn
	assert.Equal(t, target, TargetOf("organization", deploy))
	assert.Equal(t, Target{OrganizationID: "organization"}, TargetOf("organization", nil))
}
