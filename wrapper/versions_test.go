package wrapper_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// versionsOf returns the versions that requests went to, such as "v1beta1 v1".
func versionsOf(requests []astrotest.Request) string {
	var versions []string
	for _, request := range requests {
		version := "v1"
		if strings.HasPrefix(request.Path, "/platform/v1beta1/") {
			version = "v1beta1"
		}
		versions = append(versions, version)
	}
	return strings.Join(versions, " ")
}

var retired = []int{301, 302, 307, 308, 404, 410}

// Every operation moves to v1. The client remembers that and logs it once.
func TestVersionMovesOnceV1Beta1IsGone(t *testing.T) {
	for _, status := range retired {
		for name, call := range map[string]func(t *testing.T, client *wrapper.Client, target wrapper.Target) error{
			"Finalize": func(t *testing.T, client *wrapper.Client, target wrapper.Target) error {
				return second(client.Finalize(t.Context(), target, wrapper.ImageOnly()))
			},
			"CreateDeploy": func(t *testing.T, client *wrapper.Client, target wrapper.Target) error {
				in := wrapper.Deployment{OrganizationID: target.OrganizationID, DeploymentID: target.DeploymentID}
				return second(client.CreateDeploy(t.Context(), in, api.CreateDeployRequest{Type: api.DeployTypeDAGOnly}))
			},
			"GetDeploy": func(t *testing.T, client *wrapper.Client, target wrapper.Target) error {
				return second(client.GetDeploy(t.Context(), target))
			},
			"ListDeploys": func(t *testing.T, client *wrapper.Client, target wrapper.Target) error {
				in := wrapper.Deployment{OrganizationID: target.OrganizationID, DeploymentID: target.DeploymentID}
				for _, err := range client.ListDeploys(t.Context(), in) {
					return err
				}
				return nil
			},
			"API": func(t *testing.T, client *wrapper.Client, target wrapper.Target) error {
				response, err := client.API().FinalizeDeploy(t.Context(), target.OrganizationID, target.DeploymentID, target.DeployID, api.FinalizeDeployRequest{})
				if err == nil && response.StatusCode != http.StatusOK {
					err = fmt.Errorf("status %d", response.StatusCode)
				}
				return err
			},
		} {
			t.Run(fmt.Sprint(status, name), func(t *testing.T) {
				var log bytes.Buffer
				server, client, target := fake(api.DeployTypeImageOnly, wrapper.WithLogger(textLog(&log, slog.LevelInfo)))
				defer server.Close()
				server.RetireV1Beta1(status)
				require.NoError(t, call(t, client, target))
				assert.Equal(t, "v1beta1 v1", versionsOf(server.Requests()))
				require.NoError(t, call(t, client, target))
				require.NoError(t, second(client.GetDeploy(t.Context(), target)))
				assert.Equal(t, "v1beta1 v1 v1 v1", versionsOf(server.Requests()))
				assert.Equal(t, "level=WARN msg=\"astro: /platform/v1beta1 is gone, so this client uses /v1 from now on\"\n", log.String())
			})
		}
	}
}

func TestPinnedVersionStays(t *testing.T) {
	for _, status := range retired {
		server, client, target := fake(api.DeployTypeImageOnly, wrapper.WithAPIVersion(wrapper.V1Beta1), wrapper.WithoutLookUp())
		server.RetireV1Beta1(status)
		_, err := client.Finalize(t.Context(), target, wrapper.ImageOnly())
		require.Error(t, err, status)
		assert.Equal(t, "v1beta1", versionsOf(server.Requests()), status)
		assert.ErrorContains(t, err, "is gone: use WithAPIVersion(V1)", status)
		server.Close()
	}
	server, client, target := fake(api.DeployTypeImageOnly, wrapper.WithAPIVersion(wrapper.V1))
	defer server.Close()
	server.Inject(astrotest.Respond(404, "text/plain", "no"))
	_, err := client.Finalize(t.Context(), target, wrapper.ImageOnly())
	require.ErrorIs(t, err, wrapper.ErrNotFound)
	assert.Equal(t, "v1", versionsOf(server.Requests()))
}

// If a proxy responds 404 to both versions, the call fails, and the next one starts with v1beta1 again.
func TestVersionStaysWhenBothAreMissing(t *testing.T) {
	var log bytes.Buffer
	server, client, target := fake(api.DeployTypeImageOnly, wrapper.WithLogger(textLog(&log, slog.LevelInfo)))
	defer server.Close()
	notFound := astrotest.Respond(404, "text/html", "<html>")
	server.Inject(notFound, notFound)
	_, err := client.Finalize(t.Context(), target, wrapper.ImageOnly())
	require.ErrorIs(t, err, wrapper.ErrNotFound)
	require.ErrorContains(t, err, "this does not look like a response from Astro")
	var apiErr *wrapper.APIError
	require.ErrorAs(t, err, &apiErr)
	assert.False(t, apiErr.MayHaveTakenEffect)
	assert.Equal(t, 2, apiErr.Attempts)
	assert.Equal(t, "v1beta1 v1", versionsOf(server.Requests()))
	require.NoError(t, second(client.Finalize(t.Context(), target, wrapper.ImageOnly())))
	assert.Equal(t, "v1beta1 v1 v1beta1", versionsOf(server.Requests()))
	assert.Empty(t, log.String())
}

// Responses that do not show that v1beta1 is gone, or that follow an attempt that may have taken effect.
func TestVersionStaysOtherwise(t *testing.T) {
	for name, row := range map[string]struct {
		faults   []astrotest.Fault
		versions string
	}{
		"404 from the service": {[]astrotest.Fault{astrotest.Error(404, "No such deploy")}, "v1beta1"},
		"500":                  {[]astrotest.Fault{astrotest.Error(500, "Internal")}, "v1beta1"},
		"503":                  {[]astrotest.Fault{astrotest.Error(503, "Unavailable")}, "v1beta1"},
		"401 from a proxy":     {[]astrotest.Fault{astrotest.Respond(401, "text/html", "<html>")}, "v1beta1"},
		"303":                  {[]astrotest.Fault{astrotest.Respond(303, "", "").WithHeader("Location", "/v1/")}, "v1beta1"},
		"302 to a login":       {[]astrotest.Fault{astrotest.Respond(302, "", "").WithHeader("Location", "https://login.example/")}, "v1beta1"},
		"404 after 502":        {[]astrotest.Fault{astrotest.BadGateway(), astrotest.Respond(404, "", "")}, "v1beta1 v1beta1"},
		"410 after a cut":      {[]astrotest.Fault{astrotest.CutConnection(), astrotest.Respond(410, "", "")}, "v1beta1 v1beta1"},
	} {
		t.Run(name, func(t *testing.T) {
			server, client, target := fake(api.DeployTypeImageOnly, wrapper.WithoutLookUp(), wrapper.WithRetry(wrapper.Retry{MaxAttempts: len(row.faults), Backoff: atOnce}))
			defer server.Close()
			server.Inject(row.faults...)
			require.Error(t, second(client.Finalize(t.Context(), target, wrapper.ImageOnly())))
			assert.Equal(t, row.versions, versionsOf(server.Requests()))
		})
	}
}

// v1beta1 is retired during a call whose first attempt may have taken effect: the outcome is unknown, and no
// POST goes to v1.
func TestVersionStaysAfterAnAttemptThatMayHaveTakenEffect(t *testing.T) {
	server, client, target := fake(api.DeployTypeImageOnly, wrapper.WithRetry(wrapper.Retry{Backoff: atOnce}))
	defer server.Close()
	server.Inject(astrotest.CutConnection().Then(func() { server.RetireV1Beta1(404) }))
	_, err := client.Finalize(t.Context(), target, wrapper.ImageOnly())
	require.ErrorIs(t, err, wrapper.ErrOutcomeUnknown)
	for _, request := range server.Requests() {
		assert.Contains(t, request.Path, "/platform/v1beta1/")
	}
}

// After the move the rules of v1 apply to the git field.
func TestVersionMoveChangesTheRulesForGit(t *testing.T) {
	server, client, deployment := home(t)
	request := api.CreateDeployRequest{Type: api.DeployTypeDAGOnly, Git: &api.DeployGit{Provider: api.GitProviderGeneric, CommitSHA: "5b1ee0d", RemoteURL: ptr("https://git.example/dags")}}
	require.ErrorContains(t, client.CheckCreate(deployment, request), "git.provider")
	server.RetireV1Beta1(410)
	for range client.ListDeploys(t.Context(), deployment) {
	}
	require.NoError(t, second(client.CreateDeploy(t.Context(), deployment, request)))
}

// A finalize whose response is lost after the move is read back from v1.
func TestVersionMoveAppliesToReadBacks(t *testing.T) {
	server, client, target := fake(api.DeployTypeImageOnly)
	defer server.Close()
	server.RetireV1Beta1(404)
	server.Inject(astrotest.CutConnection().AfterCommit())
	require.NoError(t, second(client.Finalize(t.Context(), target, wrapper.ImageOnly())))
	require.NoError(t, second(client.GetDeploy(t.Context(), target)))
	assert.Equal(t, "v1beta1 v1 v1 v1", versionsOf(server.Requests()))
}
