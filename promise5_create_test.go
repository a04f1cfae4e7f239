package astrofinalize_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/deploys"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// create creates a DAG-only deploy.
func (w world) create() (*api.Deploy, error) {
	return w.client.CreateDeploy(w.Context(), w.home(), api.CreateDeployRequest{Type: api.DeployTypeDAGOnly})
}

// A create that may have been received is one request, at most one deploy, and an error that says so.
// Fails if creates are retried as if they were idempotent.
func TestPromise5fCreateIsSentOnce(t *testing.T) {
	faults := slices.Concat(losses(), []astrotest.Fault{
		astrotest.CutConnection(), astrotest.CutHeader(), astrotest.CutResponse(), astrotest.Hang(), astrotest.HangInResponse(), astrotest.DeadConnection(),
		astrotest.StopListening(), astrotest.Slow(31 * time.Second), astrotest.LongResponse(2 << 20), astrotest.BadGateway(),
		astrotest.Respond(200, "text/html", "<html>"), astrotest.Respond(200, "application/json", "{}"), astrotest.Respond(200, "application/json", "null"),
	})
	for _, status := range []int{201, 202, 204, 301, 302, 303, 307, 308, 408, 500, 501, 502, 503, 504, 520, 522, 524} {
		faults = append(faults, astrotest.Respond(status, "application/json", "").WithHeader("Retry-After", "1").WithHeader("Location", "/v1/x"))
	}
	for _, protocol := range protocols {
		for _, fault := range faults {
			for _, afterCommit := range []bool{false, true} {
				if afterCommit {
					fault = fault.AfterCommit()
				}
				t.Run(protocol.name+"/"+fault.String(), func(t *testing.T) {
					inBubble(t, protocol.options, func(w world) {
						w.always(map[string]astrotest.Fault{createDeploy: fault})
						deploy, err := w.create()
						require.Error(w, err)
						assert.Nil(w, deploy)
						assert.True(w, mayHaveTakenEffect(w.T, err), "%v", err)
						assert.Equal(w, 1, w.count(createDeploy))
						time.Sleep(time.Minute) // until late requests have arrived
						assert.LessOrEqual(w, w.server.Creates(w.deployment.ID), 1)
					})
				})
			}
		}
	}
}

// A refusal rules out any effect and is not retried.
func TestPromise5fRefusedCreateIsFinal(t *testing.T) {
	for _, status := range []int{400, 401, 403, 404, 409, 422} {
		inBubble(t, nil, func(w world) {
			w.server.Inject(astrotest.Error(status, "as injected"))
			_, err := w.create()
			require.Error(w, err)
			assert.False(w, mayHaveTakenEffect(w.T, err), "%d", status)
			assert.Equal(w, 1, w.count(createDeploy))
			assert.NotContains(w, err.Error(), "may have been created")
		})
	}
}

// After a 429 nothing was done, and without a connection nothing was sent: the create is retried until an
// attempt may have been received.
func TestPromise5fUnreceivedCreateIsRetried(t *testing.T) {
	for _, protocol := range protocols {
		t.Run(protocol.name, func(t *testing.T) {
			inBubble(t, protocol.options, func(w world) {
				w.server.Inject(astrotest.RateLimited(), astrotest.Error(429, ""), astrotest.RateLimited())
				_, err := w.create()
				require.NoError(w, err)
				assert.Equal(w, 4, w.count(createDeploy))
				assert.Equal(w, 1, w.server.Creates(w.deployment.ID))

				w.server.Inject(astrotest.RateLimited(), astrotest.CutConnection().AfterCommit())
				_, err = w.create()
				assert.True(w, mayHaveTakenEffect(w.T, err))
				assert.Equal(w, 6, w.count(createDeploy))
				assert.Equal(w, 2, w.server.Creates(w.deployment.ID))
			})
			inBubble(t, protocol.options, func(w world) {
				w.server.Inject(astrotest.RateLimited(), astrotest.RateLimited(), astrotest.RateLimited(), astrotest.RateLimited())
				_, err := w.create()
				require.ErrorIs(w, err, wrapper.ErrRateLimited)
				assert.False(w, mayHaveTakenEffect(w.T, err))
				assert.Zero(w, w.server.Creates(w.deployment.ID))
			})
			inBubble(t, protocol.options, func(w world) {
				network := w.server.Client().Transport.(*http.Transport).Clone()
				w.Cleanup(network.CloseIdleConnections)
				dial, dials := network.DialContext, 0
				network.DialContext = refusing(dial, func() bool { dials++; return dials < 4 })
				w.client = w.newClient(network)
				_, err := w.create()
				require.NoError(w, err)
				assert.Equal(w, 4, dials)
				assert.Equal(w, 1, w.count(createDeploy))
			})
		})
	}
}

// The deploy in a 200 must match the request, since finalizing it replaces or removes what it mounts. Fails
// if its ID is enough.
func TestPromise5fCreatedDeployMatchesTheRequest(t *testing.T) {
	for name, shown := range map[string]object{
		"another mount path":            {"bundleMountPath": "/b"},
		"a mount path below":            {"bundleMountPath": "/a/b"},
		"no mount path":                 {"bundleMountPath": nil},
		"an empty mount path":           {"bundleMountPath": ""},
		"a mount path that is a number": {"bundleMountPath": 7},
		"DEPLOYED":                      {"status": "DEPLOYED"},
		"an unknown status":             {"status": "CANCELED"},
		"no status":                     {"status": nil},
		"another Deployment":            {"deploymentId": "another"},
		"no Deployment":                 {"deploymentId": nil},
		"no ID":                         {"id": nil},
		"an ID with path segments":      {"id": "../.."},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, nil, func(w world) {
				w.server.Mount(w.deployment.ID, api.Bundle{MountPath: "/a", DesiredVersion: ptr("a")})
				w.server.Mount(w.deployment.ID, api.Bundle{MountPath: "/b", DesiredVersion: ptr("b")})
				w.always(map[string]astrotest.Fault{createDeploy: showing(shown)})
				deploy, err := w.client.CreateDeploy(w.Context(), w.home(), api.CreateDeployRequest{Type: api.DeployTypeBundle, BundleMountPath: ptr("/a"), BundleType: ptr("dbt")})
				require.ErrorIs(w, err, wrapper.ErrUnexpectedResponse)
				assert.Nil(w, deploy)
				assert.True(w, mayHaveTakenEffect(w.T, err))

				_, err = deploys.RemoveBundle(w.Context(), w.client, w.home(), deploys.Mount{Path: "/a", Type: "dbt"})
				require.Error(w, err)
				assert.Zero(w, w.count(finalizeDeploy))
				assert.Equal(w, map[string]string{"/a": "a", "/b": "b"}, w.bundles())
				assert.Equal(w, 2, w.count(createDeploy))
			})
		})
	}
	t.Run("another type", func(t *testing.T) {
		inBubble(t, nil, func(w world) {
			w.server.Inject(showing(object{"type": "IMAGE_ONLY"}))
			_, err := w.create()
			require.ErrorIs(w, err, wrapper.ErrUnexpectedResponse)
		})
	})
}

// The response to a create at /a shows another client's existing deploy at /b: neither bundle is removed.
// Fails if the deploy in a response is trusted.
func TestPromise5fRemovalDoesNotUseAnotherDeploy(t *testing.T) {
	for _, status := range []string{"INITIALIZED", "DEPLOYED"} {
		inBubble(t, nil, func(w world) {
			for _, path := range []string{"/a", "/b"} {
				w.server.Mount(w.deployment.ID, api.Bundle{MountPath: path, DesiredVersion: ptr(version)})
			}
			other := w.addBundle("/b")
			w.server.Inject(showing(object{"id": other.DeployID, "bundleMountPath": "/b", "status": status}).On(createDeploy))
			_, err := deploys.RemoveBundle(w.Context(), w.client, w.home(), deploys.Mount{Path: "/a", Type: "dbt"})
			require.Error(w, err)
			assert.Equal(w, map[string]string{"/a": version, "/b": version}, w.bundles())
			assert.Len(w, w.server.Requests(), 1)
		})
	}
}

func TestPromise5fCreatedDeployThatFailedIsAnError(t *testing.T) {
	inBubble(t, nil, func(w world) {
		w.server.Inject(showing(object{"status": "FAILED"}), showing(object{"status": "FAILED"}))
		var failed *wrapper.DeployFailedError
		deploy, err := w.create()
		require.ErrorAs(w, err, &failed)
		assert.Nil(w, deploy)
		assert.Equal(w, w.deployment.ID, failed.Deploy.DeploymentID)
		_, err = deploys.RemoveBundle(w.Context(), w.client, w.home(), deploys.Mount{Path: "/a", Type: "dbt"})
		require.ErrorAs(w, err, &failed)
		assert.Zero(w, w.count(finalizeDeploy))
	})
}

// A list must have as many deploys as its totalCount. Fails if an empty page ends the list, or is read again forever.
func TestPromise5fEmptyPageDoesNotEndTheList(t *testing.T) {
	page := func(deploys string, offset, total int) astrotest.Fault {
		return astrotest.Respond(http.StatusOK, "application/json", fmt.Sprintf(`{"deploys":[%s],"limit":100,"offset":%d,"totalCount":%d}`, deploys, offset, total))
	}
	inBubble(t, nil, func(w world) {
		one := func(id string) string {
			return `{"id":"` + id + `","deploymentId":"` + w.deployment.ID + `","type":"IMAGE_ONLY","status":"DEPLOYED"}`
		}
		for name, row := range map[string]struct {
			pages []astrotest.Fault
			seen  string
			fails bool
		}{
			"none":                       {[]astrotest.Fault{page("", 0, 0)}, "", false},
			"all of them":                {[]astrotest.Fault{page(one("a"), 0, 2), page(one("b"), 1, 2)}, "ab", false},
			"the first is empty":         {slices.Repeat([]astrotest.Fault{page("", 0, 2)}, 4), "", true},
			"the second is empty":        {append([]astrotest.Fault{page(one("a"), 0, 2)}, slices.Repeat([]astrotest.Fault{page("", 1, 2)}, 4)...), "a", true},
			"the second is the first":    {append([]astrotest.Fault{page(one("a"), 0, 2)}, slices.Repeat([]astrotest.Fault{page(one("a"), 0, 2)}, 4)...), "a", true},
			"the second has nothing new": {[]astrotest.Fault{page(one("a"), 0, 3), page(one("a"), 1, 3)}, "a", true},
		} {
			w.server.Inject(row.pages...)
			var seen strings.Builder
			var last error
			for deploy, err := range w.client.ListDeploys(w.Context(), w.home()) {
				if last = err; err == nil {
					seen.WriteString(deploy.ID)
				}
			}
			assert.Equal(w, row.seen, seen.String(), name)
			assert.Equal(w, row.fails, last != nil, "%s: %v", name, last)
			assert.Empty(w, w.server.Pending(), name)
		}
	})
}
