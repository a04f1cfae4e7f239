package astrotest_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// send makes a request and returns the status and the body.
func send(t *testing.T, server *astrotest.Server, method, path, body string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+astrotest.Token)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	read, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(read)
}

// The server enforces the rule table: by deploy type, DAG deploys and body.
func TestFinalizeEnforcesTheRules(t *testing.T) {
	const none, empty, dag, bundle, noBundle = `{}`, `{"dagTarballVersion":""}`, `{"dagTarballVersion":"v"}`, `{"bundleTarballVersion":"v"}`, `{"bundleTarballVersion":""}`
	for _, row := range []struct {
		deployType api.DeployType
		dagDeploys bool
		accepted   []string
		refused    []string
	}{
		{api.DeployTypeImageAndDAG, true, []string{dag}, []string{none, empty, bundle, noBundle}},
		{api.DeployTypeDAGOnly, true, []string{dag}, []string{none, empty, bundle, noBundle}},
		{api.DeployTypeImageOnly, true, []string{none, dag, bundle}, nil},
		{api.DeployTypeBundle, true, []string{bundle, noBundle}, []string{none, dag}},
		{api.DeployTypeImageAndDAG, false, []string{none, empty, dag}, nil},
		{api.DeployTypeDAGOnly, false, nil, []string{none, dag}},
		{api.DeployTypeImageOnly, false, nil, []string{none}},
		{api.DeployTypeBundle, false, nil, []string{bundle, noBundle}},
		{"SOMETHING_NEW", true, []string{none, dag, bundle}, nil},
	} {
		server := astrotest.NewServer(astrotest.WithAnyVersion())
		t.Cleanup(server.Close)
		deployment := server.AddDeployment(astrotest.Deployment{DAGDeploys: row.dagDeploys})
		finalize := func(body string) (int, string, api.DeployStatus) {
			id := server.AddDeploy(api.Deploy{DeploymentID: deployment.ID, Type: row.deployType}).ID
			status, text := send(t, server, http.MethodPost, "/v1/organizations/"+deployment.OrganizationID+"/deployments/"+deployment.ID+"/deploys/"+id+"/finalize", body)
			deploy, _ := server.Deploy(id)
			return status, text, deploy.Status
		}
		for _, body := range row.accepted {
			status, text, after := finalize(body)
			assert.Equal(t, 200, status, "%v %s %s", row, body, text)
			assert.Equal(t, api.DeployStatusDeployed, after)
		}
		for _, body := range row.refused {
			status, text, after := finalize(body)
			assert.Equal(t, 400, status, "%v %s %s", row, body, text)
			assert.Contains(t, text, `"message":"Invalid request: `)
			assert.Equal(t, api.DeployStatusInitialized, after)
		}
	}
}

// A missing list would prove nothing to a client, so the server sends an empty one.
func TestBundlesAreNeverNull(t *testing.T) {
	server := astrotest.NewServer(astrotest.WithAnyVersion())
	defer server.Close()
	deployment := server.AddDeployment(astrotest.Deployment{DAGDeploys: true})
	path := deploysPath("/v1", deployment)
	_, created, text := call[api.Deploy](t, server, http.MethodPost, path, `{"type":"DAG_ONLY"}`)
	texts := []string{text}
	for _, request := range [][3]string{
		{http.MethodGet, "", ""},
		{http.MethodGet, "/" + created.ID, ""},
		{http.MethodPost, "/" + created.ID, "{}"},
		{http.MethodPost, "/" + created.ID + "/finalize", `{"dagTarballVersion":"v"}`},
		{http.MethodPost, "/" + created.ID + "/rollback", "{}"},
	} {
		status, text := send(t, server, request[0], path+request[1], request[2])
		require.Equal(t, 200, status, text)
		texts = append(texts, text)
	}
	for _, text := range texts {
		assert.Contains(t, text, `"bundles":[]`)
	}
	assert.NotNil(t, must(server.Deploy(created.ID)).Bundles)
}

func TestBundlesAreReplacedByMountPath(t *testing.T) {
	server := astrotest.NewServer(astrotest.WithAnyVersion())
	defer server.Close()
	deployment := server.AddDeployment(astrotest.Deployment{DAGDeploys: true, Bundles: []api.Bundle{{MountPath: "/other", BundleType: "dbt", DeployID: "d"}}})
	finalize := func(body string) (versions []string) {
		path := "/mine"
		id := server.AddDeploy(api.Deploy{DeploymentID: deployment.ID, Type: api.DeployTypeBundle, BundleMountPath: &path}).ID
		status, text := send(t, server, http.MethodPost, "/v1/organizations/"+deployment.OrganizationID+"/deployments/"+deployment.ID+"/deploys/"+id+"/finalize", body)
		require.Equal(t, 200, status, text)
		var deploy api.Deploy
		require.NoError(t, json.Unmarshal([]byte(text), &deploy))
		for _, bundle := range deploy.Bundles {
			version := ""
			if bundle.DesiredVersion != nil {
				version = *bundle.DesiredVersion
			}
			versions = append(versions, bundle.MountPath+" "+version)
		}
		return versions
	}
	assert.Equal(t, []string{"/other ", "/mine v1"}, finalize(`{"bundleTarballVersion":"v1"}`))
	assert.Equal(t, []string{"/other ", "/mine v2"}, finalize(`{"bundleTarballVersion":"v2"}`))
	assert.Equal(t, []string{"/other "}, finalize(`{"bundleTarballVersion":""}`))
}

func TestRequestsOutsideTheContract(t *testing.T) {
	server := astrotest.NewServer()
	defer server.Close()
	deployment := server.AddDeployment(astrotest.Deployment{})
	deploy := server.AddDeploy(api.Deploy{DeploymentID: deployment.ID})
	path := "/v1/organizations/" + deployment.OrganizationID + "/deployments/" + deployment.ID + "/deploys/" + deploy.ID
	for _, row := range []struct {
		method, path, body string
		status             int
		text               string
	}{
		{http.MethodGet, "/v2/organizations", "", 404, "404 page not found"},
		{http.MethodGet, path + "/finalize", "", 405, "Method Not Allowed"},
		{http.MethodPost, path + "/finalize", "not JSON", 400, `"message":"Invalid request: can't decode JSON body`},
		{http.MethodPost, path + "/finalize", "", 400, `"statusCode":400`},
		{http.MethodGet, strings.Replace(path, deployment.OrganizationID, "another", 1), "", 404, `"message":"Deploy not found"`},
		{http.MethodGet, strings.Replace(path, deployment.ID, "another", 1), "", 404, `"message":"Deploy not found"`},
		{http.MethodPost, strings.Replace(path, deploy.ID, "another", 1) + "/finalize", "{}", 404, `"message":"Deploy not found"`},
		{http.MethodGet, "/platform/v1beta1" + strings.TrimPrefix(path, "/v1"), "", 200, `"id":"` + deploy.ID},
	} {
		status, text := send(t, server, row.method, row.path, row.body)
		assert.Equal(t, row.status, status, row.path)
		assert.Contains(t, text, row.text, row.path)
	}
}

func TestReturnedValuesAreCopies(t *testing.T) {
	server := astrotest.NewServer()
	defer server.Close()
	version, path := "v1", "/mine"
	given := astrotest.Deployment{DAGDeploys: true, Bundles: []api.Bundle{{MountPath: "/a", CurrentVersion: &version}}}
	deployment := server.AddDeployment(given)
	added := server.AddDeploy(api.Deploy{DeploymentID: deployment.ID, Type: api.DeployTypeBundle, BundleMountPath: &path})
	send(t, server, http.MethodGet, "/v1/x", "body")

	version, path = "changed", "changed"
	for _, seen := range []astrotest.Deployment{given, deployment, must(server.Deployment(deployment.ID))} {
		seen.Bundles[0].MountPath, *seen.Bundles[0].CurrentVersion = "changed", "changed"
	}
	for _, seen := range []api.Deploy{added, must(server.Deploy(added.ID))} {
		seen.Bundles[0].MountPath, *seen.BundleMountPath, *seen.Bundles[0].CurrentVersion = "changed", "changed", "changed"
	}
	request := server.Requests()[0]
	request.Body[0], request.Header["User-Agent"] = 'X', nil

	assert.Equal(t, "/a", must(server.Deployment(deployment.ID)).Bundles[0].MountPath)
	assert.Equal(t, "v1", *must(server.Deployment(deployment.ID)).Bundles[0].CurrentVersion)
	assert.Equal(t, "/mine", *must(server.Deploy(added.ID)).BundleMountPath)
	assert.Equal(t, "v1", *must(server.Deploy(added.ID)).Bundles[0].CurrentVersion)
	assert.Equal(t, "body", string(server.Requests()[0].Body))
	assert.NotEmpty(t, server.Requests()[0].Header["User-Agent"])
	_, found := server.Deploy("another")
	assert.False(t, found)
	_, found = server.Deployment("another")
	assert.False(t, found)
	assert.Panics(t, func() { server.AddDeploy(api.Deploy{DeploymentID: "another"}) })
}

func must[T any](value T, found bool) T {
	if !found {
		panic("not found")
	}
	return value
}

func TestAFailedDeployChangesNothing(t *testing.T) {
	server := astrotest.NewServer(astrotest.WithAnyVersion(), astrotest.WithFinalizedStatus(api.DeployStatusFailed))
	defer server.Close()
	target := add(server, api.DeployTypeDAGOnly)
	status, text := send(t, server, http.MethodPost, finalizePath(target), `{"dagTarballVersion":"v"}`)
	assert.Equal(t, 200, status)
	assert.Contains(t, text, `"status":"FAILED"`)
	assert.Empty(t, must(server.Deployment(target.DeploymentID)).DAGTarballVersion)
	assert.Nil(t, must(server.Deploy(target.DeployID)).DAGTarballVersion)
}

// The status of the latest AddDeploy counts, not that of an earlier deploy with the same ID.
func TestRefinalizeDependsOnTheSeededStatus(t *testing.T) {
	server := astrotest.NewServer(astrotest.WithRefinalizeRefused())
	defer server.Close()
	target := add(server, api.DeployTypeImageOnly)
	for _, row := range []struct {
		seeded api.DeployStatus
		status int
	}{{api.DeployStatusDeployed, 400}, {api.DeployStatusFailed, 400}, {api.DeployStatusInitialized, 200}} {
		server.AddDeploy(api.Deploy{ID: target.DeployID, DeploymentID: target.DeploymentID, Type: api.DeployTypeImageOnly, Status: row.seeded})
		status, _ := send(t, server, http.MethodPost, finalizePath(target), "{}")
		assert.Equal(t, row.status, status, row.seeded)
	}
}

// A request without a valid token uses no fault.
func TestAuthenticationComesBeforeFaults(t *testing.T) {
	server := astrotest.NewServer(astrotest.WithTokens("other"))
	defer server.Close()
	target := add(server, api.DeployTypeImageOnly)
	server.Inject(astrotest.RateLimited())
	status, _ := send(t, server, http.MethodPost, finalizePath(target), "{}")
	assert.Equal(t, 401, status)
	_, err := newClient(server, "other").GetDeploy(t.Context(), target)
	assert.ErrorIs(t, err, wrapper.ErrRateLimited)
}

func finalizePath(target wrapper.Target) string {
	return "/v1/organizations/" + target.OrganizationID + "/deployments/" + target.DeploymentID + "/deploys/" + target.DeployID + "/finalize"
}

func TestCloseEndsRequestsThatHang(t *testing.T) {
	server := astrotest.NewServer()
	target := add(server, api.DeployTypeImageOnly)
	server.Inject(astrotest.HangInResponse())
	failed := make(chan error)
	started := make(chan struct{})
	go func() {
		request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, server.URL+"/v1/organizations/"+target.OrganizationID+"/deployments/"+target.DeploymentID+"/deploys/"+target.DeployID, nil)
		assert.NoError(t, err)
		request.Header.Set("Authorization", "Bearer "+astrotest.Token)
		response, err := http.DefaultClient.Do(request)
		close(started)
		if assert.NoError(t, err) {
			_, err = io.Copy(io.Discard, bufio.NewReader(response.Body))
			_ = response.Body.Close()
		}
		failed <- err
	}()
	<-started
	server.Close()
	server.Close()
	assert.ErrorIs(t, <-failed, io.ErrUnexpectedEOF)
}
