package astrotest

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// Every response shows the other type. Nothing else changes.
func TestWithBundlesShownAs(t *testing.T) {
	inBubble(t, func(s fixture) {
		s.add(api.DeployTypeDAGOnly)
		created := request[api.Deploy](s, http.MethodPost, "", `{"type":"BUNDLE","bundleMountPath":"/mine","bundleType":"dbt"}`)
		updated := request[api.Deploy](s, http.MethodPost, "/"+created.ID, "{}")
		finalized := s.finalize(created, `{"bundleTarballVersion":"v"}`)
		rollback := request[api.Deploy](s, http.MethodPost, "/"+created.ID+"/rollback", "{}")
		for _, deploy := range []api.Deploy{created, updated, finalized, rollback, s.get(created), s.list()[0]} {
			assert.Equal(t, api.DeployTypeDAGOnly, deploy.Type)
			assert.Equal(t, "/mine", *deploy.BundleMountPath)
		}
		assert.NotNil(t, created.BundleUploadURL)
		assert.Equal(t, created.ID, finalized.Bundles[0].DeployID)
		assert.Nil(t, finalized.DAGTarballVersion)
		assert.Empty(t, first(s.server.Deployment(s.deployment.ID)).DAGTarballVersion)
		assert.Equal(t, api.DeployTypeBundle, s.deploy.Type, "as AddDeploy returns it")
		assert.Equal(t, api.DeployTypeBundle, first(s.server.Deploy(created.ID)).Type)
	}, WithBundlesShownAs(api.DeployTypeDAGOnly))
}

// Without DAG deploys every type can be created, but only deploys without a tarball can be finalized.
func TestWithDAGDeploysCheckedAtFinalize(t *testing.T) {
	server := New(t, WithDAGDeploysCheckedAtFinalize(), WithAnyVersion())
	deployment := server.AddDeployment(Deployment{})
	path := server.URL + "/v1/organizations/" + deployment.OrganizationID + "/deployments/" + deployment.ID + "/deploys"
	post := func(path, body string) readResponse {
		return do(t, http.DefaultClient, storageRequest(t, http.MethodPost, path, body, "Authorization", "Bearer "+Token))
	}
	for _, row := range []struct {
		create, finalize string
		status           int
	}{
		{`{"type":"IMAGE_AND_DAG"}`, `{}`, 200},
		{`{"type":"IMAGE_ONLY"}`, `{}`, 200},
		{`{"type":"DAG_ONLY"}`, `{"dagTarballVersion":"v"}`, 400},
		{`{"type":"BUNDLE","bundleMountPath":"/mine","bundleType":"dbt"}`, `{"bundleTarballVersion":"v"}`, 400},
	} {
		response := post(path, row.create)
		require.Equal(t, 200, response.StatusCode, response.body)
		var created api.Deploy
		require.NoError(t, json.Unmarshal([]byte(response.body), &created))
		assert.False(t, created.IsDAGDeployEnabled)
		assert.Nil(t, created.DAGsUploadURL)
		assert.Nil(t, created.BundleUploadURL)

		finalized := post(path+"/"+created.ID+"/finalize", row.finalize)
		assert.Equal(t, row.status, finalized.StatusCode, finalized.body)
		if row.status == 400 {
			assert.Contains(t, finalized.body, "needs DAG deploys")
		}
	}
	unknown := post(path, `{"type":"DAG"}`)
	assert.Equal(t, 400, unknown.StatusCode, unknown.body)
}

// An empty version deletes the DAGs by a deploy of type IMAGE_AND_DAG; no other type accepts it.
func TestWithEmptyDAGVersionAccepted(t *testing.T) {
	server := New(t, WithEmptyDAGVersionAccepted())
	deployment := server.AddDeployment(Deployment{DAGDeploys: true, DAGTarballVersion: "monday"})
	finalize := func(deployType api.DeployType, body string) (readResponse, api.Deploy) {
		id := server.AddDeploy(api.Deploy{DeploymentID: deployment.ID, Type: deployType}).ID
		path := server.URL + "/v1/organizations/" + deployment.OrganizationID + "/deployments/" + deployment.ID + "/deploys/" + id + "/finalize"
		response := do(t, http.DefaultClient, storageRequest(t, http.MethodPost, path, body, "Authorization", "Bearer "+Token))
		return response, first(server.Deploy(id))
	}
	const empty = `{"dagTarballVersion":""}`
	for _, refused := range []struct {
		deployType api.DeployType
		body       string
	}{
		{api.DeployTypeDAGOnly, empty},
		{api.DeployTypeImageAndDAG, "{}"},
		{api.DeployTypeImageAndDAG, `{"dagTarballVersion":null}`},
		{api.DeployTypeImageAndDAG, `{"dagTarballVersion":"not uploaded"}`},
	} {
		response, deploy := finalize(refused.deployType, refused.body)
		assert.Equal(t, 400, response.StatusCode, "%v %s", refused, response.body)
		assert.Equal(t, api.DeployStatusInitialized, deploy.Status)
		assert.Equal(t, "monday", first(server.Deployment(deployment.ID)).DAGTarballVersion)
	}
	response, deploy := finalize(api.DeployTypeImageAndDAG, empty)
	require.Equal(t, 200, response.StatusCode, response.body)
	assert.Equal(t, api.DeployStatusDeployed, deploy.Status)
	assert.Equal(t, "", *deploy.DAGTarballVersion)
	assert.Empty(t, first(server.Deployment(deployment.ID)).DAGTarballVersion)
}

// With a proxy that has a path of its own, every URL goes through the proxy.
func TestWithPublicURL(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	behind := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: listener.Addr().String()})
	var through atomic.Int32
	front := httptest.NewServer(http.StripPrefix("/astro", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		through.Add(1)
		behind.ServeHTTP(w, r)
	})))
	defer front.Close()
	server := NewServer(WithListener(listener), WithPublicURL(front.URL+"/astro/"))
	defer server.Close()
	assert.Equal(t, front.URL+"/astro", server.URL)

	deployment := server.AddDeployment(Deployment{DAGDeploys: true})
	deploy := server.AddDeploy(api.Deploy{DeploymentID: deployment.ID, Type: api.DeployTypeBundle})
	var version string
	for _, address := range []string{deploy.DAGsUploadURL.Reveal(), deploy.BundleUploadURL.Reveal()} {
		require.True(t, strings.HasPrefix(address, server.URL+"/storage/"), address)
		stored := put(t, address, "tarball")
		require.Equal(t, 201, stored.StatusCode, stored.body)
		version = stored.version()
	}
	finalized := do(t, http.DefaultClient, storageRequest(t, http.MethodPost, server.URL+"/v1/organizations/"+deployment.OrganizationID+"/deployments/"+deployment.ID+"/deploys/"+deploy.ID+"/finalize",
		`{"bundleTarballVersion":"`+version+`"}`, "Authorization", "Bearer "+Token))
	assert.Equal(t, 200, finalized.StatusCode, finalized.body)
	assert.EqualValues(t, 3, through.Load())
}

func TestWithDeployedAfter(t *testing.T) {
	inBubble(t, func(s fixture) {
		assert.Equal(t, "INITIALIZED", state(s.get(s.deploy)), "reads before the finalize do not count")
		assert.Equal(t, "INITIALIZED v", state(s.finalize(s.deploy, `{"bundleTarballVersion":"v"}`)))
		assert.Equal(t, "INITIALIZED v", state(s.get(s.deploy)))
		assert.Equal(t, "INITIALIZED w", state(s.finalize(s.deploy, `{"bundleTarballVersion":"w"}`)), "another finalize does not restart the count")
		assert.Equal(t, "INITIALIZED w", state(s.list()[0]), "a list does not count")
		assert.Equal(t, "INITIALIZED w", state(s.get(s.deploy)))
		assert.Equal(t, "DEPLOYED w", state(first(s.server.Deploy(s.deploy.ID))))
		assert.Equal(t, "DEPLOYED w", state(s.get(s.deploy)))
		assert.Equal(t, "DEPLOYED x", state(s.finalize(s.deploy, `{"bundleTarballVersion":"x"}`)), "the status remains")

		dags := s.add(api.DeployTypeDAGOnly)
		finalized := s.server.Finalize(dags.ID, api.FinalizeDeployRequest{DAGTarballVersion: ptr("v")})
		assert.Equal(t, api.DeployStatusInitialized, finalized.Status)
		assert.Equal(t, "v", *finalized.DAGTarballVersion)
		assert.Equal(t, "v", *s.get(dags).DAGTarballVersion)
	}, WithDeployedAfter(2))
}

// Zero or fewer reads mean no delay.
func TestWithDeployedAfterZeroReads(t *testing.T) {
	for _, reads := range []int{0, -1} {
		inBubble(t, func(s fixture) {
			assert.Equal(t, "DEPLOYED v", state(s.finalize(s.deploy, `{"bundleTarballVersion":"v"}`)))
		}, WithDeployedAfter(reads), WithLag(reads, -time.Second))
	}
}

// The delay applies to any status.
func TestWithDeployedAfterAndAnotherStatus(t *testing.T) {
	inBubble(t, func(s fixture) {
		assert.Equal(t, "INITIALIZED", state(s.finalize(s.deploy, `{"bundleTarballVersion":"v"}`)))
		assert.Equal(t, "INITIALIZED", state(s.get(s.deploy)))
		assert.Equal(t, "FAILED", state(s.get(s.deploy)))
	}, WithDeployedAfter(1), WithFinalizedStatus(api.DeployStatusFailed))
}
