package astrofinalize_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	astrofinalize "github.com/astro-finalize/astro-finalize-go"
	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// These tests use the library as a caller does. Each is named after the promise of the design
// that it checks, and runs against the fake under both base paths.

const version = "2024-01-12T18:32:20.5898930Z"

// once limits a client to a single attempt: no retry, no read-back, no rate limit.
var once = []wrapper.Option{
	wrapper.WithRetry(wrapper.Retry{MaxAttempts: 1}),
	wrapper.WithoutLookUp(),
	wrapper.WithLimiter(http.MethodPost, nil),
	wrapper.WithLimiter(http.MethodGet, nil),
}

// world is a fake service with one Deployment that has DAG deploys on, and a client for it.
type world struct {
	*testing.T
	server     *astrotest.Server
	deployment astrotest.Deployment
	client     *wrapper.Client
}

// ASTRO_API_URL in the environment must not redirect the tests.
func init() { _ = os.Unsetenv("ASTRO_API_URL") }

// inBothVersions runs test under each of the API's base paths.
func inBothVersions(t *testing.T, test func(w world)) {
	for _, apiVersion := range []wrapper.APIVersion{"v1beta1", wrapper.V1} {
		t.Run(string(apiVersion), func(t *testing.T) { test(newWorld(t, nil, wrapper.WithAPIVersion(apiVersion))) })
	}
}

func newWorld(t *testing.T, serverOptions []astrotest.Option, options ...wrapper.Option) world {
	server := astrotest.NewServer(append(serverOptions, astrotest.WithAnyVersion())...)
	t.Cleanup(server.Close)
	options = append(slices.Concat([]wrapper.Option{wrapper.WithBaseURL(server.URL), wrapper.WithToken(astrotest.Token), wrapper.WithPollInterval(time.Millisecond)}, once), options...)
	client, err := wrapper.NewClient(options...)
	require.NoError(t, err)
	return world{t, server, server.AddDeployment(astrotest.Deployment{DAGDeploys: true}), client}
}

// add adds a deploy of the given type and returns a target with its IDs only.
func (w world) add(deployType api.DeployType) wrapper.Target {
	deploy := w.server.AddDeploy(api.Deploy{DeploymentID: w.deployment.ID, Type: deployType})
	return wrapper.Target{OrganizationID: w.deployment.OrganizationID, DeploymentID: w.deployment.ID, DeployID: deploy.ID}
}

// status returns the status of a deploy on the service.
func (w world) status(target wrapper.Target) api.DeployStatus {
	deploy, found := w.server.Deploy(target.DeployID)
	require.True(w, found)
	return deploy.Status
}

// The bodies are those that the vendor's own clients were recorded sending.
func TestFinalizeSendsWhatTheServiceExpects(t *testing.T) {
	other := "2024-01-12T18:35:00.1234567Z"
	for _, row := range []struct {
		name       string
		deployType api.DeployType
		content    wrapper.Content
		body       string
	}{
		{"DAGs", api.DeployTypeDAGOnly, wrapper.DAGTarball(version), `{"dagTarballVersion":"` + version + `"}`},
		{"image and DAGs", api.DeployTypeImageAndDAG, wrapper.DAGTarball(version), `{"dagTarballVersion":"` + version + `"}`},
		{"bundle", api.DeployTypeBundle, wrapper.BundleTarball(version), `{"bundleTarballVersion":"` + version + `"}`},
		{"bundle removed", api.DeployTypeBundle, wrapper.RemoveBundle(), `{"bundleTarballVersion":""}`},
		{"image", api.DeployTypeImageOnly, wrapper.ImageOnly(), `{}`},
		{"request with both", api.DeployTypeImageAndDAG, wrapper.Request(api.FinalizeDeployRequest{DAGTarballVersion: ptr(version), BundleTarballVersion: &other}), `{"bundleTarballVersion":"` + other + `","dagTarballVersion":"` + version + `"}`},
		{"request with neither", api.DeployTypeImageOnly, wrapper.Request(api.FinalizeDeployRequest{}), `{}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			inBothVersions(t, func(w world) {
				target := w.add(row.deployType)
				deploy, err := w.client.Finalize(w.Context(), target, row.content)
				require.NoError(w, err)
				assert.Equal(w, api.DeployStatusDeployed, deploy.Status)
				assert.Equal(w, target.DeployID, deploy.ID)

				requests := w.server.Requests()
				require.Len(w, requests, 1)
				sent := requests[0]
				assert.Equal(w, http.MethodPost, sent.Method)
				assert.Regexp(w, `^(/platform/v1beta1|/v1)/organizations/`+target.OrganizationID+`/deployments/`+target.DeploymentID+`/deploys/`+target.DeployID+`/finalize$`, sent.Path)
				assert.Equal(w, row.body, string(sent.Body))
				assert.Equal(w, "application/json", sent.Header.Get("Content-Type"))
				assert.Regexp(w, `^astro-finalize-go/`, sent.Header.Get("User-Agent"))
				require.Len(w, sent.Authorization, 1)
				assert.Equal(w, "Bearer "+astrotest.Token, sent.Authorization[0].Reveal())
			})
		})
	}
}

func TestPromise1InvalidCallsSendNothing(t *testing.T) {
	type call struct {
		field   string
		target  func(*wrapper.Target)
		content wrapper.Content
	}
	known := func(deployType api.DeployType) func(*wrapper.Target) {
		return func(target *wrapper.Target) { target.Type, target.DAGDeploys = deployType, wrapper.DAGDeploysOn }
	}
	calls := []call{
		{"content", nil, wrapper.Content{}},
		{"dagTarballVersion", nil, wrapper.DAGTarball("")},
		{"dagTarballVersion", nil, wrapper.DAGTarball(version + "\r")},
		{"bundleTarballVersion", nil, wrapper.BundleTarball(version + "\n")},
		{"dagTarballVersion", known(api.DeployTypeDAGOnly), wrapper.ImageOnly()},
		{"dagTarballVersion", known(api.DeployTypeImageAndDAG), wrapper.BundleTarball(version)},
		{"dagTarballVersion", known(api.DeployTypeDAGOnly), wrapper.RemoveBundle()},
		{"content", known(api.DeployTypeImageOnly), wrapper.RemoveBundle()},
		{"bundleTarballVersion", known(api.DeployTypeBundle), wrapper.DAGTarball(version)},
		{"bundleTarballVersion", known(api.DeployTypeBundle), wrapper.Request(api.FinalizeDeployRequest{})},
	}
	for _, id := range []string{"", ".", "..", "a/b", "a?b", "a#b", "a b", "a\r", "%2e%2e"} {
		calls = append(calls,
			call{"organizationId", func(target *wrapper.Target) { target.OrganizationID = id }, wrapper.ImageOnly()},
			call{"deploymentId", func(target *wrapper.Target) { target.DeploymentID = id }, wrapper.ImageOnly()},
			call{"deployId", func(target *wrapper.Target) { target.DeployID = id }, wrapper.ImageOnly()},
		)
	}
	inBothVersions(t, func(w world) {
		for _, call := range calls {
			target := w.add(api.DeployTypeImageOnly)
			if call.target != nil {
				call.target(&target)
			}
			deploy, err := w.client.Finalize(w.Context(), target, call.content)
			var invalid *wrapper.ValidationError
			require.ErrorAs(w, err, &invalid, "%+v", call)
			assert.Equal(w, call.field, invalid.Field)
			assert.NotEmpty(w, invalid.Rule)
			assert.Nil(w, deploy)
			if strings.HasSuffix(call.field, "Id") {
				_, err = w.client.GetDeploy(w.Context(), target)
				assert.ErrorAs(w, err, &invalid)
				description := "new"
				_, err = w.client.UpdateDeploy(w.Context(), target, api.UpdateDeployRequest{Description: &description})
				assert.ErrorAs(w, err, &invalid)
				_, err = w.client.RollbackDeploy(w.Context(), target, api.DeployRollbackRequest{})
				assert.ErrorAs(w, err, &invalid)
			}
		}
		var none context.Context
		_, err := w.client.Finalize(none, w.add(api.DeployTypeImageOnly), wrapper.ImageOnly())
		assert.Error(w, err)
		_, err = (&wrapper.Client{}).Finalize(w.Context(), w.add(api.DeployTypeImageOnly), wrapper.ImageOnly())
		assert.Error(w, err)
		_, err = (*wrapper.Client)(nil).GetDeploy(w.Context(), w.add(api.DeployTypeImageOnly))
		assert.Error(w, err)
		assert.Empty(w, w.server.Requests())
	})
}

// The service decides about everything that the contract does not forbid.
func TestPromise1CallsTheContractAllowsAreSent(t *testing.T) {
	inBothVersions(t, func(w world) {
		for _, target := range []wrapper.Target{
			{Type: api.DeployTypeImageOnly, DAGDeploys: wrapper.DAGDeploysOn},
			{Type: api.DeployTypeImageAndDAG, DAGDeploys: wrapper.DAGDeploysOff},
			{Type: "SOMETHING_NEW", DAGDeploys: wrapper.DAGDeploysOn},
		} {
			ids := w.add(api.DeployTypeImageOnly)
			target.OrganizationID, target.DeploymentID, target.DeployID = ids.OrganizationID, ids.DeploymentID, ids.DeployID
			_, err := w.client.Finalize(w.Context(), target, wrapper.DAGTarball(version))
			require.NoError(w, err, "%+v", target)
		}
		assert.Len(w, w.server.Requests(), 3)
	})
}

func TestPromise2ARemovalIsOnlyEverDeliberate(t *testing.T) {
	inBothVersions(t, func(w world) {
		finalize := func(content wrapper.Content) error {
			deploy := w.server.AddDeploy(api.Deploy{DeploymentID: w.deployment.ID, Type: api.DeployTypeBundle, BundleMountPath: ptr("/bundle")})
			_, err := w.client.Finalize(w.Context(), wrapper.TargetOf(w.deployment.OrganizationID, &deploy), content)
			return err
		}
		bundles := func() int {
			deployment, _ := w.server.Deployment(w.deployment.ID)
			return len(deployment.Bundles)
		}
		require.NoError(w, finalize(wrapper.BundleTarball(version)))
		require.Equal(w, 1, bundles())
		for _, accident := range []wrapper.Content{
			{},
			wrapper.ImageOnly(),
			wrapper.BundleTarball(""),
			wrapper.BundleTarball(" "),
			wrapper.DAGTarball(""),
			wrapper.Request(api.FinalizeDeployRequest{}),
			wrapper.Request(api.FinalizeDeployRequest{BundleTarballVersion: new(string)}),
			wrapper.Request(api.FinalizeDeployRequest{BundleTarballVersion: new(string), DAGTarballVersion: ptr(version)}),
		} {
			var invalid *wrapper.ValidationError
			require.ErrorAs(w, finalize(accident), &invalid)
		}
		assert.Len(w, w.server.Requests(), 1)
		assert.Equal(w, 1, bundles())

		require.NoError(w, finalize(wrapper.RemoveBundle()))
		assert.Zero(w, bundles())
	})
}

// Request copies the caller's request, so a later change cannot slip an empty version past the check.
func TestPromise2ChangingTheRequestLaterRemovesNothing(t *testing.T) {
	inBothVersions(t, func(w world) {
		changing := version
		content := wrapper.Request(api.FinalizeDeployRequest{BundleTarballVersion: &changing})
		changing = ""
		_, err := w.client.Finalize(w.Context(), w.add(api.DeployTypeBundle), content)
		require.NoError(w, err)
		assert.Equal(w, `{"bundleTarballVersion":"`+version+`"}`, string(w.server.Requests()[0].Body))
	})
}

// A field that is not evidence cannot turn a finalize that took effect into an error.
func TestPromise3MalformedInformationalFieldsAreIgnored(t *testing.T) {
	for field, value := range map[string]any{
		"description": 5, "createdBySubject": "x", "imageTag": 12, "isDagDeployEnabled": "yes", "createdAt": "yesterday",
		"git": []int{}, "rollbackFromId": 1, "bundleMountPath": true, "dagsUploadUrl": 7,
	} {
		t.Run(field, func(t *testing.T) {
			inBothVersions(t, func(w world) {
				target := w.add(api.DeployTypeDAGOnly)
				w.server.Inject(astrotest.EditDeploy(func(deploy map[string]any) { deploy[field] = value }))
				deploy, err := w.client.Finalize(w.Context(), target, wrapper.DAGTarball(version))
				require.NoError(w, err)
				assert.Equal(w, api.DeployStatusDeployed, deploy.Status)
				assert.Equal(w, version, *deploy.DAGTarballVersion)
			})
		})
	}
}

func TestPromise3EveryResponseBecomesTheDeployOrAnError(t *testing.T) {
	set := func(field string, value any) astrotest.Fault {
		return astrotest.EditDeploy(func(deploy map[string]any) { deploy[field] = value })
	}
	for name, fault := range map[string]astrotest.Fault{
		"200 {}":                    astrotest.Respond(200, "application/json", "{}").AfterCommit(),
		"200 null":                  astrotest.Respond(200, "application/json", "null").AfterCommit(),
		"200 empty":                 astrotest.Respond(200, "application/json", "").AfterCommit(),
		"200 []":                    astrotest.Respond(200, "application/json", "[]").AfterCommit(),
		"200 HTML":                  astrotest.Respond(200, "text/html", "<html>sign in</html>"),
		"200 of another deploy":     set("id", "another"),
		"200 of another Deployment": set("deploymentId", "another"),
		"200 without status":        set("status", ""),
		"200 of the wrong shape":    set("dagTarballVersion", 5),
		"200 with a Status":         astrotest.EditDeploy(func(deploy map[string]any) { deploy["Status"] = deploy["status"]; delete(deploy, "status") }),
		"200 with an error's body":  astrotest.Respond(200, "application/json", `{"message":"no","requestId":"r","statusCode":500}`),
		"200 too long":              astrotest.LongResponse(100 << 20),
		"200 cut off":               astrotest.CutResponse(),
		"201":                       astrotest.Respond(201, "application/json", "{}").AfterCommit(),
		"202":                       astrotest.Respond(202, "text/plain", "").AfterCommit(),
		"204":                       astrotest.Respond(204, "", "").AfterCommit(),
		"301":                       redirect(301), "302": redirect(302), "303": redirect(303), "304": redirect(304), "307": redirect(307), "308": redirect(308),
		"400":                        astrotest.Error(400, "Invalid request"),
		"401":                        astrotest.Error(401, "Unauthorized"),
		"403":                        astrotest.Error(403, "Forbidden"),
		"404":                        astrotest.Error(404, "Not found"),
		"404 from a router":          astrotest.Respond(404, "text/plain", "404 page not found"),
		"409":                        astrotest.Error(409, "Conflict"),
		"418 with invalid JSON":      astrotest.Respond(418, "application/json", "<html>"),
		"429 as text":                astrotest.RateLimited(),
		"500 without body":           astrotest.Respond(500, "application/json", ""),
		"502 as HTML":                astrotest.BadGateway(),
		"503 of 100 MB":              astrotest.Respond(503, "text/html", strings.Repeat("x", 100<<20)),
		"no response, not committed": astrotest.CutConnection(),
		"no response, committed":     astrotest.CutConnection().AfterCommit(),
	} {
		t.Run(name, func(t *testing.T) {
			inBothVersions(t, func(w world) {
				target := w.add(api.DeployTypeDAGOnly)
				w.server.Inject(fault)
				deploy, err := w.client.Finalize(w.Context(), target, wrapper.DAGTarball(version))
				require.Error(w, err)
				assert.Nil(w, deploy)
				assert.Len(w, w.server.Requests(), 1, "no redirect is followed, nothing is retried")
				assert.Less(w, len(err.Error()), 1000)

				w.server.Inject(fault)
				deploy, err = w.client.GetDeploy(w.Context(), target)
				require.Error(w, err)
				assert.Nil(w, deploy)

				w.server.Inject(fault)
				description := "new"
				deploy, err = w.client.UpdateDeploy(w.Context(), target, api.UpdateDeployRequest{Description: &description})
				require.Error(w, err)
				assert.Nil(w, deploy)

				if name == "200 of another deploy" {
					return // the ID of a rollback is not known in advance
				}
				dags := version
				w.server.Finalize(target.DeployID, api.FinalizeDeployRequest{DAGTarballVersion: &dags})
				w.server.Inject(fault)
				deploy, err = w.client.RollbackDeploy(w.Context(), target, api.DeployRollbackRequest{})
				require.Error(w, err)
				assert.Nil(w, deploy)
				assert.Len(w, w.server.Requests(), 4)
			})
		})
	}
}

// The contract returns a deploy only with status 200.
func TestPromise3OnlyA200IsSuccess(t *testing.T) {
	for _, status := range []int{201, 202, 299, 302, 404, 500} {
		inBothVersions(t, func(w world) {
			target := w.add(api.DeployTypeImageOnly)
			deploy, err := w.client.GetDeploy(w.Context(), target)
			require.NoError(w, err)
			body, err := json.Marshal(deploy)
			require.NoError(w, err)
			w.server.Inject(astrotest.Respond(status, "application/json", string(body)))
			deploy, err = w.client.Finalize(w.Context(), target, wrapper.ImageOnly())
			var apiErr *wrapper.APIError
			require.ErrorAs(w, err, &apiErr)
			assert.Equal(w, status, apiErr.StatusCode)
			assert.Nil(w, deploy)
		})
	}
}

func TestPromise3HarmlessDeviationsAreAccepted(t *testing.T) {
	for name, edit := range map[string]func(deploy map[string]any){
		"unknown type":        func(deploy map[string]any) { deploy["type"] = "BASE_IMAGE" },
		"unknown field":       func(deploy map[string]any) { deploy["git"] = map[string]any{"branch": "main"} },
		"status INITIALIZED":  func(deploy map[string]any) { deploy["status"] = "INITIALIZED" },
		"malformed timestamp": func(deploy map[string]any) { deploy["createdAt"] = "2022-11-22 04:37:12" },
		"timestamp a number":  func(deploy map[string]any) { deploy["updatedAt"] = 1669091832 },
		"null where optional": func(deploy map[string]any) { deploy["description"], deploy["bundles"] = nil, nil },
		"no deploymentId":     func(deploy map[string]any) { delete(deploy, "deploymentId") },
	} {
		t.Run(name, func(t *testing.T) {
			inBothVersions(t, func(w world) {
				target := w.add(api.DeployTypeDAGOnly)
				w.server.Inject(astrotest.EditDeploy(edit))
				deploy, err := w.client.Finalize(w.Context(), target, wrapper.DAGTarball(version))
				require.NoError(w, err)
				assert.Equal(w, target.DeployID, deploy.ID)
				assert.Equal(w, version, *deploy.DAGTarballVersion)
			})
		})
	}
}

func TestPromise3FailedDeployIsAnErrorWithTheDeploy(t *testing.T) {
	w := newWorld(t, []astrotest.Option{astrotest.WithFinalizedStatus(api.DeployStatusFailed)})
	target := w.add(api.DeployTypeDAGOnly)
	deploy, err := w.client.Finalize(w.Context(), target, wrapper.DAGTarball(version))
	var failed *wrapper.DeployFailedError
	require.ErrorAs(t, err, &failed)
	assert.Equal(t, target.DeployID, failed.Deploy.ID)
	assert.Nil(t, deploy)

	deploy, err = w.client.GetDeploy(w.Context(), target)
	require.NoError(t, err, "reading a failed deploy succeeds")
	assert.Equal(t, api.DeployStatusFailed, deploy.Status)
}

func TestPromise4ErrorsLoseNothing(t *testing.T) {
	fieldErrors := `{"message":"Invalid request","requestId":"r-1","statusCode":400,"fieldErrors":[{"field":"dagTarballVersion","code":"required","message":"is required"}]}`
	for _, row := range []struct {
		name   string
		fault  astrotest.Fault
		kind   error
		status int
		text   []string
	}{
		{"400 with fieldErrors", astrotest.Respond(400, "application/json", fieldErrors), wrapper.ErrBadRequest, 400, []string{"Invalid request", "r-1", "dagTarballVersion: is required (required)"}},
		{"401", astrotest.Error(401, "Unauthorized"), wrapper.ErrUnauthorized, 401, []string{"ASTRO_API_TOKEN"}},
		{"403", astrotest.Error(403, "Forbidden"), wrapper.ErrForbidden, 403, []string{"deployment.deploys.update"}},
		{"404", astrotest.Error(404, "Not found"), wrapper.ErrNotFound, 404, []string{"Not found", "IDs"}},
		{"404 from a router", astrotest.Respond(404, "text/plain", "no such route"), wrapper.ErrNotFound, 404, []string{"no such route", "base URL"}},
		{"429 as text", astrotest.RateLimited(), wrapper.ErrRateLimited, 429, []string{"Too many requests", "10 POST"}},
		{"422 with invalid JSON", astrotest.Respond(422, "application/json", "<b>odd</b>"), nil, 422, []string{"<b>odd</b>"}},
		{"502 as HTML", astrotest.BadGateway(), wrapper.ErrServer, 502, []string{"502 Bad Gateway", "may have been finalized"}},
		{"400 with an unreadable body", astrotest.Respond(400, "text/plain", "not gzip at all").WithHeader("Content-Encoding", "gzip"), wrapper.ErrBadRequest, 400, []string{"gzip: invalid header"}},
		{"200 HTML", astrotest.Respond(200, "text/html", "<html>sign in"), wrapper.ErrUnexpectedResponse, 200, []string{"sign in", "may have been finalized"}},
		{"200 cut off", astrotest.CutResponse(), wrapper.ErrUnexpectedResponse, 200, []string{"unexpected EOF", "may have been finalized"}},
		{"204", astrotest.Respond(204, "", "").AfterCommit(), wrapper.ErrUnexpectedResponse, 204, []string{"may have been finalized"}},
		{"307", redirect(307), wrapper.ErrUnexpectedResponse, 307, []string{"https://elsewhere.example"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			inBothVersions(t, func(w world) {
				w.server.Inject(row.fault)
				_, err := w.client.Finalize(w.Context(), w.add(api.DeployTypeDAGOnly), wrapper.DAGTarball(version))
				var apiErr *wrapper.APIError
				require.ErrorAs(w, err, &apiErr)
				assert.Equal(w, row.status, apiErr.StatusCode)
				assert.Equal(w, "FinalizeDeploy", apiErr.Operation)
				assert.Equal(w, 1, apiErr.Attempts)
				if row.kind != nil {
					require.ErrorIs(w, err, row.kind)
				}
				for _, text := range row.text {
					assert.ErrorContains(w, err, text)
				}
			})
		})
	}
}

// On v1beta1 a missing route may mean that the version is gone.
func TestPromise4AMissingRouteNamesTheEndOfV1Beta1(t *testing.T) {
	w := newWorld(t, nil)
	client, err := wrapper.NewClient(wrapper.WithToken(astrotest.Token), wrapper.WithBaseURL(w.server.URL+"/no/such/base"), wrapper.WithAPIVersion("v1beta1"))
	require.NoError(t, err)
	_, err = client.Finalize(t.Context(), w.add(api.DeployTypeImageOnly), wrapper.ImageOnly())
	require.ErrorIs(t, err, wrapper.ErrNotFound)
	assert.ErrorContains(t, err, "check the base URL and any proxy; or v1beta1, whose support ends in January 2027, is gone")
}

func TestPromise4TransportErrorsIncludeTheirCause(t *testing.T) {
	w := newWorld(t, nil)
	target := w.add(api.DeployTypeImageOnly)
	w.server.Close()
	_, err := w.client.Finalize(w.Context(), target, wrapper.ImageOnly())
	var transportErr *wrapper.TransportError
	require.ErrorAs(t, err, &transportErr)
	assert.Equal(t, "FinalizeDeploy", transportErr.Operation)
	var refused *net.OpError
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, "dial", refused.Op)
}

// patient gives w a client that retries and reads back as by default, but without waiting.
func (w world) patient(apiVersion wrapper.APIVersion) world {
	client, err := wrapper.NewClient(
		wrapper.WithBaseURL(w.server.URL),
		wrapper.WithToken(astrotest.Token),
		wrapper.WithAPIVersion(apiVersion),
		wrapper.WithRetry(wrapper.Retry{Backoff: wrapper.ConstantBackoff(0)}),
		wrapper.WithPollInterval(time.Millisecond),
		wrapper.WithLimiter(http.MethodPost, nil),
	)
	require.NoError(w, err)
	w.client = client
	return w
}

// methods returns the methods of the requests that the server received, in order.
func (w world) methods() (methods string) {
	for _, request := range w.server.Requests() {
		methods += request.Method + " "
	}
	return strings.TrimSpace(methods)
}

func TestPromise5FaultsDoNotDecideTheOutcome(t *testing.T) {
	unreadable := slices.Repeat([]astrotest.Fault{astrotest.Error(403, "Forbidden").On("GetDeploy")}, 9)
	for _, row := range []struct {
		name    string
		faults  []astrotest.Fault
		err     error
		methods string
	}{
		{"busy", []astrotest.Fault{astrotest.Error(503, "Unavailable")}, nil, "POST GET GET POST"},
		{"rate limited", []astrotest.Fault{astrotest.RateLimited()}, nil, "POST POST"},
		{"response lost", []astrotest.Fault{astrotest.CutResponse()}, nil, "POST GET"},
		{"response without the deploy", []astrotest.Fault{astrotest.Respond(200, "application/json", "{}").AfterCommit()}, nil, "POST GET"},
		{"response lost, and the token may not read", append(unreadable, astrotest.CutResponse()), wrapper.ErrOutcomeUnknown, "POST" + strings.Repeat(" GET", 9)},
		{"refused", []astrotest.Fault{astrotest.Error(400, "Invalid")}, wrapper.ErrBadRequest, "POST GET"},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, apiVersion := range []wrapper.APIVersion{"v1beta1", wrapper.V1} {
				w := newWorld(t, nil).patient(apiVersion)
				target := w.add(api.DeployTypeDAGOnly)
				w.server.Inject(row.faults...)
				deploy, err := w.client.Finalize(t.Context(), target, wrapper.DAGTarball(version))
				assert.Equal(t, row.methods, w.methods())
				if row.err != nil {
					require.ErrorIs(t, err, row.err)
					continue
				}
				require.NoError(t, err)
				assert.Equal(t, version, *deploy.DAGTarballVersion)
				assert.Equal(t, api.DeployStatusDeployed, w.status(target))
			}
		})
	}
}

// A POST that is not known to be idempotent, such as creating a deploy, is retried only after a 429.
func TestPromise5CreateIsNeverReplayed(t *testing.T) {
	const cut = 0
	for _, apiVersion := range []wrapper.APIVersion{"v1beta1", wrapper.V1} {
		for _, final := range []int{cut, 408, 500, 502, 503, 504} {
			statuses := []int{429, final, 200}
			received := 0
			service := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, _ *http.Request) {
				received++
				if statuses[received-1] == cut {
					panic(http.ErrAbortHandler)
				}
				writer.WriteHeader(statuses[received-1])
			}))
			w := newWorld(t, nil)
			w.server.URL = service.URL
			generated := w.patient(apiVersion).client.API()
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, generated.Server+"organizations/o/deployments/d/deploys", strings.NewReader("{}"))
			require.NoError(t, err)
			response, err := generated.Client.Do(request)
			service.Close()
			if final == cut {
				require.ErrorIs(t, err, io.EOF)
			} else {
				require.NoError(t, err)
				assert.NoError(t, response.Body.Close())
				assert.Equal(t, final, response.StatusCode)
			}
			assert.Equal(t, 2, received, "retried after the 429, not after %d", final)
		}
	}
}

// Nothing that a call returns shows the token or an upload URL.
func TestPromise6SecretsStaySecret(t *testing.T) {
	const token, signature = "eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjF9.s3cretsignature", "astrotest-signature"
	echo := func(status int) astrotest.Fault {
		return astrotest.Respond(status, "text/html", "<pre>Authorization: Bearer "+token+"\nhttps://storage.example/?sig="+signature+"</pre>").AfterCommit()
	}
	other := func(deploy map[string]any) { deploy["id"] = "another" }
	inBothVersions(t, func(w world) {
		server := astrotest.NewServer(astrotest.WithTokens(token), astrotest.WithAnyVersion())
		defer server.Close()
		w.server, w.deployment = server, server.AddDeployment(astrotest.Deployment{DAGDeploys: true})
		client, err := wrapper.NewClient(append(once, wrapper.WithBaseURL(server.URL), wrapper.WithToken(token))...)
		require.NoError(w, err)

		target := w.add(api.DeployTypeBundle)
		deploy, err := client.Finalize(w.Context(), target, wrapper.BundleTarball(version))
		require.NoError(w, err)
		assert.Contains(w, deploy.BundleUploadURL.Reveal(), signature, "the caller can reveal it")
		assert.Contains(w, deploy.DAGsUploadURL.Reveal(), signature)
		shown := []any{client, *client, client.API(), deploy, *deploy, []*api.Deploy{deploy}, []api.Deploy{*deploy}, struct{ deploy api.Deploy }{*deploy}, wrapper.TargetOf("o", deploy), &wrapper.DeployFailedError{Deploy: deploy}, server.Requests()}
		response, err := client.API().GetDeploy(w.Context(), target.OrganizationID, target.DeploymentID, target.DeployID)
		require.NoError(w, err)
		shown = append(shown, response, response.Body, response.Request)
		for _, fault := range []astrotest.Fault{echo(200), echo(201), echo(400), echo(502), astrotest.EditDeploy(other), astrotest.CutResponse(), redirect(307)} {
			server.Inject(fault)
			_, err := client.Finalize(w.Context(), target, wrapper.BundleTarball(version))
			require.Error(w, err)
			for ; err != nil; err = errors.Unwrap(err) {
				shown = append(shown, err)
			}
		}
		for _, value := range shown {
			for _, text := range renderings(w, value) {
				assert.NotContains(w, text, token, "%T", value)
				assert.NotContains(w, text, signature, "%T", value)
			}
		}
	})
}

// renderings returns the value under every fmt verb and as slog logs it.
func renderings(t require.TestingT, value any) []string {
	var texts []string
	for _, verb := range "vsqxXdtbcoOeEfFgGUp" {
		for _, flags := range []string{"", "+", "#"} {
			texts = append(texts, fmt.Sprintf("%"+flags+string(verb), value))
		}
	}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("text", "value", value)
	if controlsItsLog(value) {
		slog.New(slog.NewJSONHandler(&log, nil)).Info("json", "value", value)
	}
	require.Contains(t, log.String(), "msg")
	return append(texts, log.String())
}

// controlsItsLog reports whether the value decides what slog's JSON handler shows of it. For a
// slice the handler writes the plain JSON, secrets included.
func controlsItsLog(value any) bool {
	switch value.(type) {
	case []api.Deploy, []*api.Deploy, []astrotest.Request:
		return false
	}
	return true
}

func TestPromise6JSONKeepsUploadURLs(t *testing.T) {
	w := newWorld(t, nil)
	deploy, err := w.client.GetDeploy(t.Context(), w.add(api.DeployTypeBundle))
	require.NoError(t, err)
	encoded, err := json.Marshal(deploy)
	require.NoError(t, err)
	var decoded api.Deploy
	require.NoError(t, json.Unmarshal(encoded, &decoded))
	assert.Equal(t, *deploy, decoded)
	assert.Contains(t, string(encoded), "astrotest-signature")
}

func TestPromise6TokenGoesToTheBaseURLOnly(t *testing.T) {
	elsewhere := astrotest.NewServer()
	defer elsewhere.Close()
	inBothVersions(t, func(w world) {
		target := w.add(api.DeployTypeImageOnly)
		for _, status := range []int{301, 302, 303, 307, 308} {
			w.server.Inject(astrotest.Respond(status, "text/plain", "").WithHeader("Location", elsewhere.URL+"/v1/x"))
			_, err := w.client.Finalize(w.Context(), target, wrapper.ImageOnly())
			require.ErrorIs(w, err, wrapper.ErrUnexpectedResponse)
		}
		generated := w.client.API()
		generated.Server = elsewhere.URL + "/v1/"
		_, err := generated.GetDeploy(w.Context(), target.OrganizationID, target.DeploymentID, target.DeployID)
		require.Error(w, err)
		_, err = w.client.API().GetDeploy(w.Context(), target.OrganizationID, "", target.DeployID)
		require.Error(w, err)
		assert.Empty(w, elsewhere.Requests())
		assert.Len(w, w.server.Requests(), 5)
	})
	for _, insecure := range []string{"http://api.astronomer.io", "http://192.168.0.1"} {
		_, err := wrapper.NewClient(wrapper.WithToken("token"), wrapper.WithBaseURL(insecure))
		assert.ErrorContains(t, err, "https")
	}
}

func TestPromise7CancelingTheContextEndsTheCallAtOnce(t *testing.T) {
	for name, fault := range map[string]astrotest.Fault{"before the response": astrotest.Hang(), "during the response": astrotest.HangInResponse()} {
		t.Run(name, func(t *testing.T) {
			inBothVersions(t, func(w world) {
				w.server.Inject(fault)
				target := w.add(api.DeployTypeImageOnly)
				ctx, cancel := context.WithCancel(w.Context())
				if name == "during the response" {
					ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotFirstResponseByte: cancel})
				} else {
					ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { cancel() }})
				}
				_, err := w.client.Finalize(ctx, target, wrapper.ImageOnly())
				require.ErrorIs(w, err, context.Canceled)
			})
		})
	}
	t.Run("before the request", func(t *testing.T) {
		inBothVersions(t, func(w world) {
			ctx, cancel := context.WithCancel(w.Context())
			cancel()
			_, err := w.client.Finalize(ctx, w.add(api.DeployTypeImageOnly), wrapper.ImageOnly())
			require.ErrorIs(w, err, context.Canceled)
			assert.Empty(w, w.server.Requests())
		})
	})
	t.Run("after a protocol switch", func(t *testing.T) {
		inBothVersions(t, func(w world) {
			w.server.Inject(astrotest.Respond(101, "", "").WithHeader("Connection", "Upgrade").WithHeader("Upgrade", "x"))
			_, err := w.client.Finalize(w.Context(), w.add(api.DeployTypeImageOnly), wrapper.ImageOnly())
			require.ErrorIs(w, err, wrapper.ErrUnexpectedResponse)
		})
	})
	t.Run("after the response", func(t *testing.T) {
		inBothVersions(t, func(w world) {
			ctx, cancel := context.WithCancel(w.Context())
			deploy, err := w.client.Finalize(ctx, w.add(api.DeployTypeImageOnly), wrapper.ImageOnly())
			cancel()
			require.NoError(w, err)
			assert.Equal(w, api.DeployStatusDeployed, deploy.Status)
		})
	})
}

func TestPromise7CallersHTTPClientIsNotModified(t *testing.T) {
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	callers := &http.Client{Transport: transport, Timeout: time.Minute}
	before := *callers
	w := newWorld(t, nil, wrapper.WithHTTPClient(callers))
	_, err := w.client.Finalize(t.Context(), w.add(api.DeployTypeImageOnly), wrapper.ImageOnly())
	require.NoError(t, err)
	assert.Equal(t, before.Timeout, callers.Timeout)
	assert.Nil(t, callers.CheckRedirect)
	assert.Nil(t, callers.Jar)
	assert.Same(t, transport, callers.Transport)

	generated := w.client.API()
	generated.Server, generated.Client, generated.RequestEditors = "", nil, nil
	_, err = w.client.GetDeploy(t.Context(), w.add(api.DeployTypeImageOnly))
	assert.NoError(t, err, "API returns a copy")
}

func TestPromise7ClientIsSafeForConcurrentUse(t *testing.T) {
	inBothVersions(t, func(w world) {
		before := runtime.NumGoroutine()
		transport := &http.Transport{}
		client, err := wrapper.NewClient(append(once, wrapper.WithBaseURL(w.server.URL), wrapper.WithToken(astrotest.Token), wrapper.WithHTTPClient(&http.Client{Transport: transport}))...)
		require.NoError(w, err)
		var calls sync.WaitGroup
		for range 64 {
			target := w.add(api.DeployTypeDAGOnly)
			calls.Go(func() {
				_, err := client.Finalize(w.Context(), target, wrapper.DAGTarball(version))
				assert.NoError(w, err)
				assert.Equal(w, api.DeployStatusDeployed, w.status(target))
			})
		}
		calls.Wait()
		transport.CloseIdleConnections()
		assert.Eventually(w, func() bool { return runtime.NumGoroutine() <= before+2 }, 10*time.Second, time.Millisecond, "no goroutine outlives the calls")
	})
}

func TestPromise8ContractMatchesTheClient(t *testing.T) {
	contract := astrofinalize.Contract()
	onDisk, err := os.ReadFile("openapi.yaml")
	require.NoError(t, err)
	assert.Equal(t, string(onDisk), contract)
	assert.Contains(t, contract, "openapi: 3.0.3")
	for _, apiVersion := range []wrapper.APIVersion{"v1beta1", wrapper.V1} {
		client, err := wrapper.NewClient(wrapper.WithToken("token"), wrapper.WithAPIVersion(apiVersion))
		require.NoError(t, err)
		assert.Contains(t, contract, "- url: "+strings.TrimSuffix(client.API().Server, "/")+"\n")
	}
}

// Checks which modules, and how many bytes, a program that imports the client has to vendor.
func TestPromise9DependenciesStayWithinBudget(t *testing.T) {
	library, err := os.Getwd()
	require.NoError(t, err)
	consumer := t.TempDir()
	write := func(name, content string) {
		require.NoError(t, os.WriteFile(filepath.Join(consumer, name), []byte(content), 0o600))
	}
	const module = "github.com/astro-finalize/astro-finalize-go"
	write("go.mod", "module consumer\n\ngo 1.25.0\n\nrequire "+module+" v0.0.0\n\nreplace "+module+" => "+strconv.Quote(filepath.ToSlash(library))+"\n")
	write("main.go", "package main\n\nimport \""+module+"/wrapper\"\n\nfunc main() { _, _ = wrapper.NewClient() }\n")
	goCommand(t, consumer, "mod tidy")
	goCommand(t, consumer, "mod vendor")
	read := func(name string) string {
		content, err := os.ReadFile(filepath.Join(consumer, name))
		require.NoError(t, err)
		return string(content)
	}
	var vendored []string
	for _, found := range regexp.MustCompile(`(?m)^# (\S+) v`).FindAllStringSubmatch(read("vendor/modules.txt"), -1) {
		vendored = append(vendored, found[1])
	}
	assert.ElementsMatch(t, []string{
		module,
		"github.com/oapi-codegen/runtime",
		"github.com/cenkalti/backoff/v5",
		"github.com/google/uuid",             // used by oapi-codegen/runtime
		"github.com/apapsch/go-jsonmerge/v2", // used by oapi-codegen/runtime
	}, vendored)
	vendor := filepath.Join(consumer, "vendor")
	bytes, own := int64(0), filepath.Join(vendor, filepath.FromSlash(module))
	require.NoError(t, filepath.WalkDir(vendor, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case path == own:
			return fs.SkipDir // the budget is for other modules
		case entry.IsDir() || entry.Name() == "modules.txt":
			return nil
		}
		info, err := entry.Info()
		if err == nil {
			bytes += info.Size()
		}
		return err
	}))
	assert.LessOrEqual(t, bytes, budget(t, "bytes"), "bytes of other modules in the vendor folder; the limit is in .ci/budget")
	assert.LessOrEqual(t, int64(strings.Count(read("go.sum"), "\n")), budget(t, "go.sum"), "lines of go.sum (four are for the tests of wrapper, which pack); the limit is in .ci/budget")
	assert.Contains(t, read("go.mod"), "\ngo 1.25.0\n")
	ours, err := os.ReadFile("go.mod")
	require.NoError(t, err)
	assert.Contains(t, string(ours), "\ngo 1.25.0\n")
	assert.NotContains(t, string(ours), "toolchain")
}

// budget returns a limit from .ci/budget.
func budget(t *testing.T, what string) int64 {
	budgets, err := os.ReadFile(".ci/budget")
	require.NoError(t, err)
	found := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(what) + ` (\d+) `).FindSubmatch(budgets)
	require.NotNil(t, found, what)
	limit, err := strconv.ParseInt(string(found[1]), 10, 64)
	require.NoError(t, err)
	return limit
}

func redirect(status int) astrotest.Fault {
	return astrotest.Respond(status, "text/plain", "").WithHeader("Location", "https://elsewhere.example/login?sig=astrotest-signature")
}

func ptr[T any](value T) *T { return &value }
