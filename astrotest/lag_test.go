package astrotest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// fixture is a server in memory that has a Deployment with a bundle deploy.
type fixture struct {
	*testing.T
	server     *Server
	client     *http.Client
	deployment Deployment
	deploy     api.Deploy
}

const shopPath = "/usr/local/airflow/dbt/shop"

// inBubble runs a test in a bubble.
func inBubble(t *testing.T, test func(s fixture), options ...Option) {
	synctest.Test(t, func(t *testing.T) {
		server, client, closeAll := inMemory(append(options, WithAnyVersion())...)
		defer closeAll()
		s := fixture{T: t, server: server, client: client, deployment: server.AddDeployment(Deployment{DAGDeploys: true})}
		s.deploy = s.add(api.DeployTypeBundle)
		test(s)
	})
}

func (s fixture) add(deployType api.DeployType) api.Deploy {
	deploy := api.Deploy{DeploymentID: s.deployment.ID, Type: deployType}
	if deployType == api.DeployTypeBundle {
		path := shopPath
		deploy.BundleMountPath = &path
	}
	return s.server.AddDeploy(deploy)
}

// request makes a request to a path under the Deployment's deploys, and decodes the 200 as T.
func request[T any](s fixture, method, path, body string) (read T) {
	s.Helper()
	address := s.server.URL + "/v1/organizations/" + s.deployment.OrganizationID + "/deployments/" + s.deployment.ID + "/deploys" + path
	response := do(s.T, s.client, storageRequest(s.T, method, address, body, "Authorization", "Bearer "+Token))
	require.Equal(s, 200, response.StatusCode, response.body)
	require.NoError(s, json.Unmarshal([]byte(response.body), &read), response.body)
	return read
}

func (s fixture) get(deploy api.Deploy) api.Deploy {
	s.Helper()
	return request[api.Deploy](s, http.MethodGet, "/"+deploy.ID, "")
}

func (s fixture) list() []api.Deploy {
	s.Helper()
	return request[api.DeploysPaginated](s, http.MethodGet, "", "").Deploys
}

func (s fixture) finalize(deploy api.Deploy, body string) api.Deploy {
	s.Helper()
	return request[api.Deploy](s, http.MethodPost, "/"+deploy.ID+"/finalize", body)
}

// state is the status of a deploy and the versions of its bundles.
func state(deploy api.Deploy) string {
	shown := string(deploy.Status)
	for _, bundle := range deploy.Bundles {
		shown += " " + *bundle.CurrentVersion
	}
	return shown
}

// Reads show a change of a deploy or its Deployment later, whoever makes it. The response to a POST
// shows it at once.
func TestLagByReads(t *testing.T) {
	version, empty := "v", ""
	for name, row := range map[string]struct {
		change  func(s fixture) api.Deploy
		status  string
		bundles string
	}{
		"a client's finalize": {func(s fixture) api.Deploy { return s.finalize(s.deploy, `{"bundleTarballVersion":"v"}`) }, "DEPLOYED", " v"},
		"a client's removal":  {func(s fixture) api.Deploy { return s.finalize(s.deploy, `{"bundleTarballVersion":""}`) }, "DEPLOYED", ""},
		"another's finalize": {func(s fixture) api.Deploy {
			return s.server.Finalize(s.deploy.ID, api.FinalizeDeployRequest{BundleTarballVersion: &version})
		}, "DEPLOYED", " v"},
		"another's removal": {func(s fixture) api.Deploy {
			return s.server.Finalize(s.deploy.ID, api.FinalizeDeployRequest{BundleTarballVersion: &empty})
		}, "DEPLOYED", ""},
		"another's bundle": {func(s fixture) api.Deploy {
			s.server.Mount(s.deployment.ID, api.Bundle{MountPath: shopPath, CurrentVersion: &version})
			return s.add(api.DeployTypeDAGOnly)
		}, "INITIALIZED", " v"},
		"the finalize of another deploy": {func(s fixture) api.Deploy {
			s.finalize(s.add(api.DeployTypeBundle), `{"bundleTarballVersion":"v"}`)
			return s.add(api.DeployTypeDAGOnly)
		}, "INITIALIZED", " v"},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(s fixture) {
				const before = "INITIALIZED before"
				old := "before"
				s.server.Mount(s.deployment.ID, api.Bundle{MountPath: shopPath, CurrentVersion: &old})
				s.server.SetLag(2, 0)
				other := s.add(api.DeployTypeDAGOnly)
				assert.Equal(t, before, state(s.get(s.deploy)), "without a change there is no lag")

				assert.Equal(t, row.status+row.bundles, state(row.change(s)), "a response to a POST")
				assert.Equal(t, row.status+row.bundles, state(first(s.server.Deploy(s.deploy.ID))))
				assert.Equal(t, before, state(s.get(s.deploy)))
				listed := s.list()
				assert.Equal(t, before, state(listed[len(listed)-1]), "a list counts as a read, too")
				assert.Equal(t, row.status+row.bundles, state(s.get(s.deploy)))

				assert.Equal(t, before, state(s.get(other)), "each deploy has its own count: the list and this read")
				assert.Equal(t, "INITIALIZED"+row.bundles, state(s.get(other)))
			})
		})
	}
}

func ptr[T any](value T) *T { return &value }

func first[T any](value T, _ bool) T { return value }

// Rollbacks and descriptions are changes, too. A new deploy is readable at once.
func TestLagOfOtherChanges(t *testing.T) {
	inBubble(t, func(s fixture) {
		monday := s.add(api.DeployTypeDAGOnly)
		s.server.Finalize(monday.ID, api.FinalizeDeployRequest{DAGTarballVersion: ptr("monday")})
		request[api.Deploy](s, http.MethodPost, "/"+monday.ID, `{"description":"first"}`)
		assert.Equal(t, "INITIALIZED", state(s.get(monday)))
		assert.Equal(t, "first", *s.get(monday).Description)
		request[api.Deploy](s, http.MethodPost, "/"+monday.ID, `{"description":"second"}`)
		assert.Equal(t, "first", *s.get(monday).Description)
		assert.Equal(t, "second", *s.get(monday).Description)

		s.server.Mount(s.deployment.ID, api.Bundle{MountPath: shopPath, CurrentVersion: ptr("v")})
		rollback := s.server.Rollback(monday.ID)
		assert.Equal(t, rollback, s.get(rollback))
		assert.Equal(t, "DEPLOYED", state(s.get(monday)))
		assert.Equal(t, "DEPLOYED v", state(s.get(monday)))
	}, WithLag(1, 0))
}

// Several changes become visible one after the other, each when it is old enough. A read shows the
// deploy and its bundles at the same point in time.
func TestLagByTime(t *testing.T) {
	inBubble(t, func(s fixture) {
		start := time.Now()
		for _, change := range []struct {
			at   time.Duration
			make func()
		}{
			{0, func() { s.server.Mount(s.deployment.ID, api.Bundle{MountPath: "/a", CurrentVersion: ptr("1")}) }},
			{3 * time.Second, func() { s.finalize(s.deploy, `{"bundleTarballVersion":"2"}`) }},
			{3 * time.Second, func() { s.server.Mount(s.deployment.ID, api.Bundle{MountPath: "/a", CurrentVersion: ptr("3")}) }},
			{7 * time.Second, func() { s.finalize(s.deploy, `{"bundleTarballVersion":""}`) }},
		} {
			time.Sleep(change.at - time.Since(start))
			change.make()
		}
		for _, read := range []struct {
			at   time.Duration
			want string
		}{
			{7 * time.Second, "INITIALIZED"},
			{10*time.Second - 1, "INITIALIZED"},
			{10 * time.Second, "INITIALIZED 1"},
			{13*time.Second - 1, "INITIALIZED 1"},
			{13 * time.Second, "DEPLOYED 2 3"},
			{17*time.Second - 1, "DEPLOYED 2 3"},
			{17 * time.Second, "DEPLOYED 3"},
			{time.Hour, "DEPLOYED 3"},
		} {
			time.Sleep(read.at - time.Since(start))
			assert.Equal(t, read.want, state(s.get(s.deploy)), read.at)
			assert.Equal(t, read.want, state(s.list()[0]), read.at)
		}
	}, WithLag(0, 10*time.Second))
}

// With both reads and time, compared with a model: a read shows the newest change for which both
// have passed.
func TestLagOfManyChanges(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		reads, d := random.IntN(4), time.Duration(random.IntN(4))*time.Second
		inBubble(t, func(s fixture) {
			type change struct {
				at    time.Time
				reads int
			}
			var changes []change
			for range 200 {
				switch random.IntN(4) {
				case 0:
					time.Sleep(time.Second)
				case 1:
					changes = append(changes, change{at: time.Now()})
					s.server.Mount(s.deployment.ID, api.Bundle{MountPath: shopPath, CurrentVersion: ptr(fmt.Sprint(len(changes)))})
				default:
					want := "INITIALIZED"
					for i := range changes {
						if changes[i].reads++; changes[i].reads > reads && time.Since(changes[i].at) >= d {
							want = fmt.Sprint("INITIALIZED ", i+1)
						}
					}
					require.Equal(t, want, state(s.get(s.deploy)), "%d reads, %s", reads, d)
				}
			}
		}, WithLag(reads, d))
	}
}

func TestSetLag(t *testing.T) {
	inBubble(t, func(s fixture) {
		mount := func(version string) {
			s.server.Mount(s.deployment.ID, api.Bundle{MountPath: shopPath, CurrentVersion: &version})
		}
		mount("1")
		s.server.SetLag(1000, time.Hour)
		assert.Equal(t, "INITIALIZED 1", state(s.get(s.deploy)), "earlier changes are visible")
		mount("2")
		assert.Equal(t, "INITIALIZED 1", state(s.get(s.deploy)))
		s.server.SetLag(1, 0)
		assert.Equal(t, "INITIALIZED 2", state(s.get(s.deploy)), "less lag applies to earlier changes")
		mount("3")
		s.server.SetLag(1000, time.Hour)
		assert.Equal(t, "INITIALIZED 2", state(s.get(s.deploy)), "a change that was shown remains visible")
		s.server.SetLag(0, 0)
		assert.Equal(t, "INITIALIZED 3", state(s.get(s.deploy)), "no lag")
		mount("4")
		s.server.SetLag(2, 0)
		assert.Equal(t, "INITIALIZED 4", state(s.get(s.deploy)))
	})
}

// For the race detector.
func TestSetLagDuringReads(t *testing.T) {
	inBubble(t, func(s fixture) {
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() { s.server.SetLag(i%3, time.Duration(i%2)) })
			all.Go(func() { s.server.Mount(s.deployment.ID, api.Bundle{MountPath: shopPath, CurrentVersion: ptr("v")}) })
			all.Go(func() { assert.NotPanics(t, func() { s.get(s.deploy); s.list() }) })
		}
		all.Wait()
		s.server.SetLag(0, 0)
		assert.Equal(t, "INITIALIZED v", state(s.get(s.deploy)))
	})
}
