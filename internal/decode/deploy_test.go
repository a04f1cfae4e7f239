package decode

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
)

func TestDecodeDeploy(t *testing.T) {
	deploy, err := decodeDeploy([]byte(`{"id":"d","createdAt":"2022-11-22T04:37:12Z","status":"NEW_STATUS","type":"NEW_TYPE","newField":{"a":1},"bundles":null}`))
	require.NoError(t, err)
	assert.Equal(t, &api.Deploy{
		ID:        "d",
		CreatedAt: time.Date(2022, 11, 22, 4, 37, 12, 0, time.UTC),
		Status:    "NEW_STATUS",
		Type:      "NEW_TYPE",
	}, deploy)
}

func TestDecodeDeployLeavesOutMalformedTimestamps(t *testing.T) {
	good := time.Date(2022, 11, 22, 4, 37, 12, 0, time.UTC)
	for _, malformed := range []string{`""`, `"2022-11-22 04:37:12"`, `"2022-11-22T04:37:12"`, `1669091832`, `{}`, `"<string>"`} {
		deploy, err := decodeDeploy([]byte(`{"createdAt":` + malformed + `,"updatedAt":"2022-11-22T04:37:12Z","id":"d","status":"DEPLOYED"}`))
		require.NoError(t, err, malformed)
		assert.Equal(t, &api.Deploy{ID: "d", Status: "DEPLOYED", UpdatedAt: &good}, deploy, malformed)

		deploy, err = decodeDeploy([]byte(`{"id":"d","updatedAt":` + malformed + `,"createdAt":"2022-11-22T04:37:12Z","status":"DEPLOYED"}`))
		require.NoError(t, err, malformed)
		assert.Equal(t, &api.Deploy{ID: "d", Status: "DEPLOYED", CreatedAt: good}, deploy, malformed)
	}
}

func TestDecodeDeployRefuses(t *testing.T) {
	for _, body := range []string{"", "<html>", `"text"`, `[]`, `{"id":`, `{"id":"d"} trailing`, `{"id":1}`, `{"id":"d","isDagDeployEnabled":"yes"}`, `{"createdAt":"","isDagDeployEnabled":"yes"}`} {
		_, err := decodeDeploy([]byte(body))
		assert.Error(t, err, body)
	}
}

// A timestamp that the contract gains must be left out too when it is malformed.
func TestTimestampsAreComplete(t *testing.T) {
	var found []string
	for _, field := range reflect.VisibleFields(reflect.TypeFor[api.Deploy]()) {
		if field.Type == reflect.TypeFor[time.Time]() || field.Type == reflect.TypeFor[*time.Time]() {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			found = append(found, name)
		}
	}
	assert.ElementsMatch(t, timestamps, found)
}

func TestCheckDeploy(t *testing.T) {
	good := api.Deploy{ID: "deploy", DeploymentID: "deployment", Status: "DEPLOYED"}
	require.NoError(t, checkDeploy("deployment", "deploy", &good))

	for hint, change := range map[string]func(*api.Deploy){
		"holds no deploy":    func(deploy *api.Deploy) { deploy.ID = "" },
		"another deploy":     func(deploy *api.Deploy) { deploy.ID = "other" },
		"another Deployment": func(deploy *api.Deploy) { deploy.DeploymentID = "other" },
		"lacks":              func(deploy *api.Deploy) { deploy.Status = "" },
	} {
		changed := good
		change(&changed)
		assert.ErrorContains(t, checkDeploy("deployment", "deploy", &changed), hint)
	}
}

// JSON takes many times its size when it is decoded.
func TestDeployDecodesNoLongBody(t *testing.T) {
	for padding, want := range map[int]error{MaxDeploy - 100: nil, MaxDeploy: errTooLong} {
		body := `{"id":"p","deploymentId":"d","status":"DEPLOYED","description":"` + strings.Repeat("a", padding) + `"}`
		_, err := Deploy([]byte(body), "d", "p")
		assert.Equal(t, want, err)
	}
}

func FuzzDecodeDeploy(f *testing.F) {
	for _, seed := range []string{
		``, `null`, `{}`, `<html>`, `{"id":"d","createdAt":"x","bundles":[{}]}`,
		`{"createdAt":"2022-11-22T04:37:12Z","updatedAt":7,"dagsUploadUrl":"https://a/?sig=b"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		lenient, err := decodeDeploy(body)
		var strict api.Deploy
		if json.Unmarshal(body, &strict) == nil {
			require.NoError(t, err)
			assert.Equal(t, &strict, lenient)
		} else if err == nil {
			assert.True(t, json.Valid(body))
		}
	})
}
