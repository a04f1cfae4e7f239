package wrapper

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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

// The JSON of a target is stable, omits what is unknown, and reads back as the same target.
func TestTargetAsJSON(t *testing.T) {
	for want, target := range map[string]Target{
		`{"organizationId":"o","deploymentId":"d","deployId":"p","type":"BUNDLE","dagDeploys":"on","replaces":"r"}`: {"o", "d", "p", api.DeployTypeBundle, DAGDeploysOn, "r"},
		`{"organizationId":"o","deploymentId":"d","deployId":"p","dagDeploys":"off"}`:                               {"o", "d", "p", "", DAGDeploysOff, ""},
		`{"organizationId":"o","deploymentId":"d","deployId":"p"}`:                                                  {"o", "d", "p", "", DAGDeploysUnknown, ""},
	} {
		encoded, err := json.Marshal(target)
		require.NoError(t, err)
		assert.Equal(t, want, string(encoded))
		var decoded Target
		require.NoError(t, json.Unmarshal(encoded, &decoded))
		assert.Equal(t, target, decoded)
	}
}

// A state that nobody knows is an error in either direction, and changes nothing.
func TestDAGDeploysAsText(t *testing.T) {
	for text, want := range map[string]DAGDeploys{"": DAGDeploysUnknown, "on": DAGDeploysOn, "off": DAGDeploysOff} {
		state := DAGDeploysOn
		require.NoError(t, state.UnmarshalText([]byte(text)))
		assert.Equal(t, want, state)
	}
	for _, text := range []string{"ON", "true", " on", "1", "unknown"} {
		state := DAGDeploysOff
		requireInvalid(t, state.UnmarshalText([]byte(text)), "dagDeploys", "must be on or off")
		assert.Equal(t, DAGDeploysOff, state)
	}
	for _, state := range []DAGDeploys{-1, 3} {
		_, err := state.MarshalText()
		requireInvalid(t, err, "dagDeploys", "DAGDeploysUnknown")
	}
}
