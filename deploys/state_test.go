package deploys_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/deploys"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// A deploy of each kind goes through three processes, which share nothing but the JSON of its state.
func TestSteps(t *testing.T) {
	mount := &shop
	for name, request := range map[string]api.CreateDeployRequest{
		"DAGs":           {Type: api.DeployTypeDAGOnly},
		"image":          {Type: api.DeployTypeImageOnly},
		"image and DAGs": {Type: api.DeployTypeImageAndDAG},
		"bundle":         {Type: api.DeployTypeBundle, BundleMountPath: &mount.Path, BundleType: &mount.Type},
	} {
		t.Run(name, func(t *testing.T) {
			server, client, to := newService(t)
			created, err := client.CreateDeploy(t.Context(), to, request)
			require.NoError(t, err)
			stored, err := json.Marshal(deploys.State{Target: wrapper.TargetOf(to.OrganizationID, created)})
			require.NoError(t, err)
			assert.NotContains(t, string(stored), "http", "no URL, and so no signature")

			if request.Type != api.DeployTypeImageOnly {
				state, err := deploys.ParseState(stored, to)
				require.NoError(t, err)
				read, err := client.GetDeploy(t.Context(), state.Target)
				require.NoError(t, err)
				uploadURL := read.DAGsUploadURL
				if request.Type == api.DeployTypeBundle {
					uploadURL = read.BundleUploadURL
				}
				state.TarballVersion, err = client.Upload(t.Context(), uploadURL, strings.NewReader(string(gzipped(600))))
				require.NoError(t, err)
				stored, err = json.Marshal(state)
				require.NoError(t, err)
			}

			state, err := deploys.ParseState(stored, to)
			require.NoError(t, err)
			assert.Equal(t, wrapper.TargetOf(to.OrganizationID, created), state.Target)
			finalized, err := client.Finalize(t.Context(), state.Target, state.Content())
			require.NoError(t, err)
			assert.Equal(t, api.DeployStatusDeployed, finalized.Status)
			assert.Equal(t, 1, server.Commits(created.ID))
		})
	}
}

// A step that was left out is an error before anything is sent, and never a removal.
func TestStepWithoutAnUpload(t *testing.T) {
	for deployType, field := range map[api.DeployType]string{api.DeployTypeDAGOnly: "dagTarballVersion", api.DeployTypeBundle: "bundleTarballVersion"} {
		server, client, to := newService(t)
		state := deploys.State{Target: wrapper.Target{OrganizationID: to.OrganizationID, DeploymentID: to.DeploymentID, DeployID: "clvetru2w000201mowqwua63n", Type: deployType, DAGDeploys: wrapper.DAGDeploysOn}}
		_, err := client.Finalize(t.Context(), state.Target, state.Content())
		var invalid *wrapper.ValidationError
		require.ErrorAs(t, err, &invalid)
		assert.Equal(t, field, invalid.Field)
		assert.Empty(t, server.Requests())
	}
}

func TestParseState(t *testing.T) {
	of := wrapper.Deployment{OrganizationID: "clorg", DeploymentID: "cldep"}
	const whole = `{"organizationId":"clorg","deploymentId":"cldep","deployId":"clvet","type":"DAG_ONLY","dagDeploys":"on","tarballVersion":"2024-01-12T18:32:20.5898930Z"}`
	state, err := deploys.ParseState([]byte(whole), of)
	require.NoError(t, err)
	want := deploys.State{
		Target:         wrapper.Target{OrganizationID: "clorg", DeploymentID: "cldep", DeployID: "clvet", Type: api.DeployTypeDAGOnly, DAGDeploys: wrapper.DAGDeploysOn},
		TarballVersion: "2024-01-12T18:32:20.5898930Z",
	}
	assert.Equal(t, want, state)
	encoded, err := json.Marshal(want)
	require.NoError(t, err)
	assert.JSONEq(t, whole, string(encoded))

	secret := strings.Repeat("s", 300)
	for text, rule := range map[string]string{
		``:            "state must be the JSON of a State",
		`null`:        "state.organizationId must not be empty",
		`{`:           "unexpected EOF",
		whole + whole: "more after it",
		whole + `x`:   "more after it",
		`[]`:          "state must be the JSON of a State",
		strings.Replace(whole, "clorg", "other", 1):                                      `state.organizationId must be "clorg": the state belongs to another Deployment (got "other")`,
		strings.Replace(whole, "cldep", "other", 1):                                      `state.deploymentId must be "cldep"`,
		strings.Replace(whole, "clvet", "a/b", 1):                                        "state.deployId",
		strings.Replace(whole, "clvet", "", 1):                                           "state.deployId must not be empty",
		strings.Replace(whole, "clvet", "null", 1):                                       "state.deployId",
		strings.Replace(whole, "clvet", secret, 1):                                       "state.deployId",
		strings.Replace(whole, "2024-01-12", "$VERSION", 1):                              "state.tarballVersion",
		strings.Replace(whole, `"on"`, `"maybe"`, 1):                                     "maybe",
		strings.Replace(whole, `"type"`, `"dagsUploadUrl":"https://x/?sig=a","type"`, 1): `unknown field "dagsUploadUrl"`,
		strings.Replace(whole, `"type"`, `"deployId":"another","type"`, 1):               `the field "deployId" is there twice`,
		strings.Replace(whole, `"type"`, `"DeployID":null,"type"`, 1):                    `the field "DeployID" is there twice`,
		strings.Replace(whole, `"type"`, `"https://x/?sig=a":"","type"`, 1):              `unknown field "[REDACTED]"`,
	} {
		state, err := deploys.ParseState([]byte(text), of)
		var invalid *wrapper.ValidationError
		require.ErrorAs(t, err, &invalid, text)
		assert.ErrorContains(t, err, rule, text)
		assert.Equal(t, deploys.State{}, state)
		assert.NotContains(t, err.Error(), secret)
		assert.NotContains(t, err.Error(), "sig=")
	}
}

// The JSON of a deploy, which contains the upload URL, is not that of a state.
func TestStateIsNotADeploy(t *testing.T) {
	_, client, to := newService(t)
	created, err := client.CreateDeploy(t.Context(), to, api.CreateDeployRequest{Type: api.DeployTypeDAGOnly})
	require.NoError(t, err)
	encoded, err := json.Marshal(created)
	require.NoError(t, err)
	_, err = deploys.ParseState(encoded, to)
	require.ErrorContains(t, err, "state must be the JSON of a State: json: unknown field")
	assert.NotContains(t, err.Error(), "sig")
}

func FuzzParseState(f *testing.F) {
	f.Add([]byte(`{"organizationId":"clorg","deploymentId":"cldep","deployId":"clvet","dagDeploys":"off"}`))
	f.Add([]byte(`{"organizationId":"clorg","deploymentId":"cldep","deployId":"clvet","tarballVersion":""}`))
	of := wrapper.Deployment{OrganizationID: "clorg", DeploymentID: "cldep"}
	f.Fuzz(func(t *testing.T, data []byte) {
		state, err := deploys.ParseState(data, of)
		if err != nil {
			return
		}
		assert.Equal(t, of, wrapper.Deployment{OrganizationID: state.OrganizationID, DeploymentID: state.DeploymentID})
		encoded, err := json.Marshal(state)
		require.NoError(t, err)
		again, err := deploys.ParseState(encoded, of)
		require.NoError(t, err)
		assert.Equal(t, state, again)
	})
}
