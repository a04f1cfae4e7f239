package astrotest

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// A second actor has the effect of a request, but nothing is recorded, counted or injected.
func TestASecondActorSendsNoRequest(t *testing.T) {
	inBubble(t, func(s fixture) {
		s.server.Inject(BadGateway().On("FinalizeDeploy"), BadGateway().On("DeployRollback"))
		monday, tuesday := s.add(api.DeployTypeDAGOnly), s.add(api.DeployTypeDAGOnly)
		finalized := s.server.Finalize(monday.ID, api.FinalizeDeployRequest{DAGTarballVersion: ptr("monday")})
		assert.Equal(t, api.DeployStatusDeployed, finalized.Status)
		assert.Equal(t, "monday", *finalized.DAGTarballVersion)
		assert.NotNil(t, finalized.UpdatedAt)
		s.server.Finalize(tuesday.ID, api.FinalizeDeployRequest{DAGTarballVersion: ptr("tuesday")})

		rollback := s.server.Rollback(monday.ID)
		assert.Equal(t, monday.ID, *rollback.RollbackFromID)
		assert.Equal(t, api.DeployStatusDeployed, rollback.Status)
		assert.Equal(t, "monday", first(s.server.Deployment(s.deployment.ID)).DAGTarballVersion)
		assert.Empty(t, s.server.Requests())
		assert.Zero(t, s.server.Commits(monday.ID))
		assert.Zero(t, s.server.Creates(s.deployment.ID))

		assert.Equal(t, finalized, s.get(monday))
		assert.Equal(t, rollback, s.list()[0])
	})
}

// The bundle at a mount path names the deploy that mounted it.
func TestMount(t *testing.T) {
	inBubble(t, func(s fixture) {
		bundles := func() []api.Bundle { return s.get(s.deploy).Bundles }
		s.finalize(s.deploy, `{"bundleTarballVersion":"mine"}`)
		assert.Equal(t, []api.Bundle{{MountPath: shopPath, BundleType: "dbt", DeployID: s.deploy.ID, CurrentVersion: ptr("mine"), DesiredVersion: ptr("mine")}}, bundles())

		version := "theirs"
		mounted := s.server.Mount(s.deployment.ID, api.Bundle{MountPath: shopPath, DesiredVersion: &version})
		version = "changed"
		assert.Equal(t, "dbt", mounted.BundleType)
		assert.NotEmpty(t, mounted.DeployID)
		assert.NotEqual(t, s.deploy.ID, mounted.DeployID)
		_, found := s.server.Deploy(mounted.DeployID)
		assert.False(t, found, "Mount adds no deploy")
		assert.Equal(t, []api.Bundle{{MountPath: shopPath, BundleType: "dbt", DeployID: mounted.DeployID, DesiredVersion: ptr("theirs")}}, bundles())

		other := s.server.Mount(s.deployment.ID, api.Bundle{MountPath: "/other", BundleType: "docs", DeployID: "deploy"})
		assert.Equal(t, []api.Bundle{{MountPath: "/other", BundleType: "docs", DeployID: "deploy"}}, bundles()[1:])
		assert.Equal(t, other, bundles()[1])

		again := s.add(api.DeployTypeBundle)
		s.finalize(again, `{"bundleTarballVersion":"mine"}`)
		assert.Equal(t, []string{"deploy", again.ID}, []string{bundles()[0].DeployID, bundles()[1].DeployID})
		removal := s.add(api.DeployTypeBundle)
		s.server.Finalize(removal.ID, api.FinalizeDeployRequest{BundleTarballVersion: ptr("")})
		assert.Equal(t, []api.Bundle{other}, bundles())
	})
}

// A test whose second actor is refused would prove nothing.
func TestASecondActorPanicsWhenRefused(t *testing.T) {
	server := NewServer(WithRefinalizeRefused())
	defer server.Close()
	deployment := server.AddDeployment(Deployment{DAGDeploys: true})
	deploy := server.AddDeploy(api.Deploy{DeploymentID: deployment.ID, Type: api.DeployTypeDAGOnly})
	for message, act := range map[string]func(){
		`astrotest: deploy "another" does not exist; add it with AddDeploy`:                                 func() { server.Finalize("another", api.FinalizeDeployRequest{}) },
		"astrotest: finalizing deploy " + deploy.ID + ": No DAG tarball version ID provided for DAG deploy": func() { server.Finalize(deploy.ID, api.FinalizeDeployRequest{}) },
		"astrotest: finalizing deploy " + deploy.ID + `: No DAG tarball has the version "v": upload one (in a Go test, Server.AddTarball adds one)`: func() {
			server.Finalize(deploy.ID, api.FinalizeDeployRequest{DAGTarballVersion: ptr("v")})
		},
		"astrotest: rolling back to deploy " + deploy.ID + ": Cannot roll back to a deploy that was never finalized, or failed": func() { server.Rollback(deploy.ID) },
		`astrotest: mounting a bundle at "/a": Deployment "another" does not exist, or the mount path is empty`:                 func() { server.Mount("another", api.Bundle{MountPath: "/a"}) },
		`astrotest: mounting a bundle at "": Deployment "` + deployment.ID + `" does not exist, or the mount path is empty`:     func() { server.Mount(deployment.ID, api.Bundle{}) },
	} {
		assert.PanicsWithValue(t, message, act)
	}
	assert.Equal(t, deploy, first(server.Deploy(deploy.ID)), "nothing changed, and the lock is released")
}

// A second actor may act while a request is in flight, where it does the most harm.
func TestASecondActorActsDuringARequest(t *testing.T) {
	inBubble(t, func(s fixture) {
		s.server.InjectFunc(func(operation string) (Fault, bool) {
			s.server.Mount(s.deployment.ID, api.Bundle{MountPath: shopPath, CurrentVersion: ptr(operation)})
			return Fault{}, false
		})
		assert.Equal(t, "INITIALIZED GetDeploy", state(s.get(s.deploy)))
	})
}

// A request that took effect counts, even if the client got no response.
func TestCommitsAndCreates(t *testing.T) {
	server := NewServer()
	defer server.Close()
	deployment := server.AddDeployment(Deployment{DAGDeploys: true})
	deploy := server.AddDeploy(api.Deploy{DeploymentID: deployment.ID, Type: api.DeployTypeImageOnly})
	path := server.URL + "/v1/organizations/" + deployment.OrganizationID + "/deployments/" + deployment.ID + "/deploys"
	post := func(path, body string, fault Fault) {
		server.Inject(fault)
		response, err := http.DefaultClient.Do(storageRequest(t, http.MethodPost, path, body, "Authorization", "Bearer "+Token))
		if err == nil {
			_ = response.Body.Close()
		}
	}
	finalize, create := path+"/"+deploy.ID+"/finalize", `{"type":"IMAGE_ONLY"}`
	for i, row := range []struct {
		fault Fault
		count int
	}{
		{Slow(0), 1},
		{CutConnection(), 1},
		{CutConnection().AfterCommit(), 2},
		{BadGateway(), 2},
		{BadGateway().AfterCommit(), 3},
	} {
		post(finalize, "{}", row.fault)
		assert.Equal(t, row.count, server.Commits(deploy.ID), i)
		post(path, create, row.fault)
		assert.Equal(t, row.count, server.Creates(deployment.ID), i)
	}
	post(finalize, "no JSON", Slow(0))
	post(path, "{}", Slow(0))
	post(path+"/"+deploy.ID+"/rollback", "{}", Slow(0))
	server.Finalize(deploy.ID, api.FinalizeDeployRequest{})
	assert.Equal(t, []int{3, 3}, []int{server.Commits(deploy.ID), server.Creates(deployment.ID)}, "refused requests, a rollback and Server.Finalize do not count")
	assert.Equal(t, []int{0, 0}, []int{server.Commits("another"), server.Creates("another")})

	failing := NewServer(WithFinalizedStatus(api.DeployStatusFailed), WithAnyVersion())
	defer failing.Close()
	server = failing
	deployment = server.AddDeployment(Deployment{DAGDeploys: true})
	deploy = server.AddDeploy(api.Deploy{DeploymentID: deployment.ID, Type: api.DeployTypeImageOnly})
	post(server.URL+"/v1/organizations/"+deployment.OrganizationID+"/deployments/"+deployment.ID+"/deploys/"+deploy.ID+"/finalize", "{}", Slow(0))
	require.Equal(t, api.DeployStatusFailed, first(server.Deploy(deploy.ID)).Status)
	assert.Equal(t, 1, server.Commits(deploy.ID), "a FAILED deploy was finalized, too")
}
