package astrotest

import (
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
