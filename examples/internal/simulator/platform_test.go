package simulator

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// organization and deployment have the fields that the vendor's CLI uses.
type (
	organization struct {
		ID      string  `json:"id"`
		Product *string `json:"product"`
	}
	deployment struct {
		ID                 string
		Name               string
		OrganizationID     string
		WorkspaceID        string
		RuntimeVersion     string
		Status             string
		Type               *string
		IsDAGDeployEnabled bool   `json:"isDagDeployEnabled"`
		DAGTarballVersion  string `json:"dagTarballVersion"`
	}
)

// list is the response to any of the four requests.
type list struct {
	deployment
	Organizations   []organization
	Deployments     []deployment
	RuntimeReleases []struct{ Version string }
	TotalCount      int
	Limit, Offset   int
	Message         string
}

// ask makes a request to a path under organizations.
func (s simulator) ask(t *testing.T, path, token string) (status int, read list) {
	response, body := s.send(t, http.MethodGet, s.exports["ASTRO_API_URL"]+"/v1/organizations"+path, "", http.Header{"Authorization": {"Bearer " + token}})
	if response.Header.Get("Content-Type") == "application/json" {
		require.NoError(t, json.Unmarshal([]byte(body), &read), body)
	}
	return response.StatusCode, read
}

func TestPlatform(t *testing.T) {
	s := start(t, "-dag-deploys=false")
	token := s.exports["ASTRO_API_TOKEN"]
	get := func(path string) list {
		status, read := s.ask(t, path, token)
		require.Equal(t, 200, status, path)
		return read
	}
	organizations := get("?limit=100&offset=0")
	require.Len(t, organizations.Organizations, 1)
	mine := organizations.Organizations[0].ID
	assert.Equal(t, s.exports["ASTRO_ORGANIZATION_ID"], mine)
	assert.Equal(t, "HOSTED", *organizations.Organizations[0].Product)
	assert.Equal(t, []int{1, 100, 0}, []int{organizations.TotalCount, organizations.Limit, organizations.Offset})

	found := get("/" + mine + "/deployments").Deployments
	require.Len(t, found, 1)
	assert.Equal(t, s.exports["ASTRO_DEPLOYMENT_ID"], found[0].ID)
	assert.Equal(t, mine, found[0].OrganizationID)
	assert.False(t, found[0].IsDAGDeployEnabled)
	assert.Equal(t, found[0], get("/"+mine+"/deployments/"+found[0].ID).deployment)
	assert.Equal(t, found[0].RuntimeVersion, get("/" + mine + "/deployment-options").RuntimeReleases[0].Version)

	workspace := found[0].WorkspaceID
	for query, want := range map[string]int{"?workspaceIds=" + workspace: 1, "?workspaceIds=x&workspaceIds=" + workspace: 1, "?workspaceIds=x": 0, "?offset=1": 0, "?offset=-1": 1, "?offset=x": 1} {
		page := get("/" + mine + "/deployments" + query)
		assert.Len(t, page.Deployments, want, query)
		assert.NotNil(t, page.Deployments, query)
		assert.Equal(t, 20, page.Limit)
	}
	for _, path := range []string{"", "/" + mine + "/deployments", "/" + mine + "/deployments/" + found[0].ID, "/" + mine + "/deployment-options", "/" + mine + "/deployments/unknown"} {
		status, refused := s.ask(t, path, "another")
		assert.Equal(t, 401, status, path)
		assert.Equal(t, "Invalid authentication token", refused.Message)
	}
	status, refused := s.ask(t, "/"+mine+"/deployments/unknown", token)
	assert.Equal(t, 404, status)
	assert.Equal(t, "Deployment not found", refused.Message)
	status, _ = s.ask(t, "/unknown/deployments", token)
	assert.Equal(t, 404, status)

	s.stop()
	log := s.stderr.String()
	assert.Regexp(t, `level=INFO msg=request operation=GetDeployment method=GET path=/v1/organizations/\S+ status=200 bytes=0 duration=`, log)
	assert.Regexp(t, `operation=ListOrganizations method=GET path=/v1/organizations status=401`, log)
	assert.NotContains(t, log, token)
}

// The token tells the CLI its organization and workspace.
func TestTokenHasTheFormOfAJWT(t *testing.T) {
	s := start(t)
	defer s.stop()
	parts := strings.Split(s.exports["ASTRO_API_TOKEN"], ".")
	require.Len(t, parts, 3)
	var decoded struct {
		Algorithm   string `json:"alg"`
		Permissions []string
		Expires     int64 `json:"exp"`
	}
	for _, part := range parts[:2] {
		text, err := base64.RawURLEncoding.DecodeString(part)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(text, &decoded))
	}
	assert.Equal(t, "RS256", decoded.Algorithm)
	_, read := s.ask(t, "/"+s.exports["ASTRO_ORGANIZATION_ID"]+"/deployments", s.exports["ASTRO_API_TOKEN"])
	assert.Equal(t, []string{"organizationId:" + s.exports["ASTRO_ORGANIZATION_ID"], "workspaceId:" + read.Deployments[0].WorkspaceID}, decoded.Permissions)
	assert.Equal(t, 2100, time.Unix(decoded.Expires, 0).UTC().Year())
}

// Another token replaces the default one, for every operation.
func TestTokenFlag(t *testing.T) {
	byDefault := start(t)
	token := byDefault.exports["ASTRO_API_TOKEN"]
	byDefault.stop()
	s := start(t, "-token", "my-own.token+/=")
	defer s.stop()
	assert.Equal(t, "my-own.token+/=", s.exports["ASTRO_API_TOKEN"])
	response, body := s.create(t, "DAG_ONLY")
	assert.Equal(t, 200, response.StatusCode, body)
	status, _ := s.ask(t, "", s.exports["ASTRO_API_TOKEN"])
	assert.Equal(t, 200, status)

	status, _ = s.ask(t, "", token)
	assert.Equal(t, 401, status)
	s.exports["ASTRO_API_TOKEN"] = token
	response, _ = s.create(t, "DAG_ONLY")
	assert.Equal(t, 401, response.StatusCode)
}

// Each Deployment has deploys of its own.
func TestSeveralDeployments(t *testing.T) {
	s := start(t, "-deployments=3")
	token, organization := s.exports["ASTRO_API_TOKEN"], s.exports["ASTRO_ORGANIZATION_ID"]
	_, read := s.ask(t, "/"+organization+"/deployments?limit=1000&offset=1", token)
	assert.Equal(t, 3, read.TotalCount)
	require.Len(t, read.Deployments, 2)
	_, page := s.ask(t, "/"+organization+"/deployments?limit=1&offset=1", token)
	assert.Equal(t, read.Deployments[:1], page.Deployments)
	for _, other := range read.Deployments {
		assert.NotEqual(t, s.exports["ASTRO_DEPLOYMENT_ID"], other.ID)
		status, one := s.ask(t, "/"+organization+"/deployments/"+other.ID, token)
		assert.Equal(t, 200, status)
		assert.Equal(t, other, one.deployment)
		status, _ = s.ask(t, "/"+organization+"/deployments/"+other.ID+"/deploys", token)
		assert.Equal(t, 200, status)
	}
	assert.NotEqual(t, read.Deployments[0].Name, read.Deployments[1].Name)
	code, _ := s.stop()
	assert.Zero(t, code)
	for _, other := range read.Deployments {
		assert.Contains(t, s.stderr.String(), "\n  "+other.ID+"\n")
	}
}
