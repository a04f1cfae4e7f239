package wrapper_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/internal/chaostest"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// Each test runs a trap against both clients. The bare generated client, used as its methods suggest, must fall
// into it, or the trap no longer exists. Ours must not.

// outcome is what a caller gets from finalizing a deploy.
type outcome struct {
	deploy *api.Deploy
	status int // of the response; 0 if the caller cannot see it
	err    error
}

func bareClient(t *testing.T, server string) *api.ClientWithResponses {
	client, err := api.NewClientWithResponses(server+"/v1", api.WithRequestEditorFn(func(_ context.Context, request *http.Request) error {
		request.Header.Add("Authorization", "Bearer "+astrotest.Token)
		return nil
	}))
	require.NoError(t, err)
	return client
}

func finalizeBare(t *testing.T, server string, target wrapper.Target) outcome {
	version := "version"
	response, err := bareClient(t, server).FinalizeDeployWithResponse(t.Context(), target.OrganizationID, target.DeploymentID, target.DeployID, api.FinalizeDeployRequest{DAGTarballVersion: &version})
	if err != nil {
		return outcome{err: err}
	}
	return outcome{deploy: response.JSON200, status: response.StatusCode()}
}

func finalizeOurs(t *testing.T, server string, target wrapper.Target) outcome {
	client, err := wrapper.NewClient(wrapper.WithBaseURL(server), wrapper.WithAPIVersion(wrapper.V1), wrapper.WithToken(astrotest.Token), wrapper.WithRetry(wrapper.Retry{MaxAttempts: 1}), wrapper.WithoutLookUp())
	require.NoError(t, err)
	deploy, err := client.Finalize(t.Context(), target, wrapper.DAGTarball("version"))
	var apiErr *wrapper.APIError
	if errors.As(err, &apiErr) {
		return outcome{status: apiErr.StatusCode, err: err}
	}
	return outcome{deploy: deploy, err: err}
}

func TestTrapsOfTheGeneratedClient(t *testing.T) {
	type world struct {
		server *astrotest.Server
		target wrapper.Target
	}
	isError := func(_ world, got outcome) bool { return got.err != nil }
	isErrorWithStatus := func(status int) func(world, outcome) bool {
		return func(_ world, got outcome) bool { return got.err != nil && got.status == status }
	}
	nothingSent := func(w world, _ outcome) bool { return len(w.server.Requests()) == 0 }
	set := func(field string, value any) astrotest.Fault {
		return astrotest.EditDeploy(func(deploy map[string]any) { deploy[field] = value })
	}
	change := func(ids ...string) func(*wrapper.Target) {
		return func(target *wrapper.Target) {
			fields := []*string{&target.DeployID, &target.DeploymentID, &target.OrganizationID}
			for i, id := range ids {
				*fields[i] = id
			}
		}
	}
	for _, trap := range []struct {
		name      string
		fault     astrotest.Fault
		change    func(*wrapper.Target)
		isHandled func(world, outcome) bool
	}{
		{"deployId ..", astrotest.Fault{}, change(".."), nothingSent},
		{"three IDs ..", astrotest.Fault{}, change("..", "..", ".."), nothingSent},
		{"deployId empty", astrotest.Fault{}, change(""), nothingSent},
		{"deployId .", astrotest.Fault{}, change("."), nothingSent},
		{"400 with invalid JSON", astrotest.Respond(400, "application/json", "upstream says no"), nil, isErrorWithStatus(400)},
		{"500 with invalid JSON", astrotest.Respond(500, "application/json", "<html>"), nil, isErrorWithStatus(500)},
		{"200 HTML", astrotest.Respond(200, "text/html", "<html>sign in</html>"), nil, isErrorWithStatus(200)},
		{"201", astrotest.Respond(201, "application/json", "{}"), nil, isErrorWithStatus(201)},
		{"204", astrotest.Respond(204, "", ""), nil, isErrorWithStatus(204)},
		{"404 from a router", astrotest.Respond(404, "text/plain", "404 page not found"), nil, isErrorWithStatus(404)},
		{"429 as text", astrotest.RateLimited(), nil, isErrorWithStatus(429)},
		{"200 {}", astrotest.Respond(200, "application/json", "{}"), nil, isErrorWithStatus(200)},
		{"200 null", astrotest.Respond(200, "application/json", "null"), nil, isErrorWithStatus(200)},
		{"200 of another deploy", set("id", "another"), nil, isErrorWithStatus(200)},
		{"malformed timestamp", set("createdAt", "2022-11-22 04:37:12"), nil, func(w world, got outcome) bool {
			return got.err == nil && got.deploy.ID == w.target.DeployID
		}},
		{"status FAILED", set("status", "FAILED"), nil, isError},
		{"endless response", astrotest.LongResponse(11 << 20), nil, isError},
	} {
		t.Run(trap.name, func(t *testing.T) {
			run := func(finalize func(*testing.T, string, wrapper.Target) outcome) (world, outcome) {
				server, _, target := fake(api.DeployTypeDAGOnly)
				t.Cleanup(server.Close)
				server.Inject(trap.fault)
				if trap.change != nil {
					trap.change(&target)
				}
				return world{server, target}, finalize(t, server.URL, target)
			}
			assert.True(t, trap.isHandled(run(finalizeOurs)), "ours")
			assert.False(t, trap.isHandled(run(finalizeBare)), "the bare client no longer has this trap")
		})
	}
}

// A client that follows a redirect to the deploy itself mistakes it for success.
func TestTrapRedirectsAreFollowed(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		for name, finalize := range map[string]func(*testing.T, string, wrapper.Target) outcome{"ours": finalizeOurs, "bare": finalizeBare} {
			server, _, target := fake(api.DeployTypeDAGOnly)
			t.Cleanup(server.Close)
			deploy := "/v1/organizations/" + target.OrganizationID + "/deployments/" + target.DeploymentID + "/deploys/" + target.DeployID
			if status >= 307 {
				deploy += "/finalize"
			}
			server.Inject(astrotest.Respond(status, "text/plain", "").WithHeader("Location", deploy))
			got := finalize(t, server.URL, target)
			if name == "ours" {
				require.ErrorIs(t, got.err, wrapper.ErrUnexpectedResponse)
				assert.Len(t, server.Requests(), 1)
			} else {
				assert.NotNil(t, got.deploy, "the bare client no longer follows %d", status)
				assert.Len(t, server.Requests(), 2)
			}
		}
	}
}

// A client that follows a redirect mistakes the deploy as it was for the update.
func TestTrapRedirectsOfUpdatesAreFollowed(t *testing.T) {
	for _, status := range []int{301, 302, 303} {
		server, client, target := fake(api.DeployTypeDAGOnly, wrapper.WithAPIVersion(wrapper.V1))
		t.Cleanup(server.Close)
		deploy := "/v1/organizations/" + target.OrganizationID + "/deployments/" + target.DeploymentID + "/deploys/" + target.DeployID
		redirect := astrotest.Respond(status, "text/plain", "").WithHeader("Location", deploy)
		request := api.UpdateDeployRequest{Description: ptr("new")}

		server.Inject(redirect)
		require.ErrorIs(t, second(client.UpdateDeploy(t.Context(), target, request)), wrapper.ErrUnexpectedResponse)
		assert.Len(t, server.Requests(), 1)
		server.Inject(redirect)
		response, err := bareClient(t, server.URL).UpdateDeployWithResponse(t.Context(), target.OrganizationID, target.DeploymentID, target.DeployID, request)
		require.NoError(t, err)
		assert.NotNil(t, response.JSON200, "the bare client no longer follows %d", status)
	}
}

func TestTrapNoTimeout(t *testing.T) {
	bare, err := api.NewClient("https://api.example")
	require.NoError(t, err)
	assert.Zero(t, bare.Client.(*http.Client).Timeout, "the bare client now has a timeout")

	server, _, target := fake(api.DeployTypeImageOnly)
	defer server.Close()
	client, err := wrapper.NewClient(wrapper.WithBaseURL(server.URL), wrapper.WithToken(astrotest.Token), wrapper.WithAttemptTimeout(time.Millisecond), wrapper.WithRetry(wrapper.Retry{MaxAttempts: 1}), wrapper.WithoutLookUp())
	require.NoError(t, err)
	server.Inject(astrotest.Hang())
	_, err = client.Finalize(t.Context(), target, wrapper.ImageOnly())
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestTrapBaseURLs(t *testing.T) {
	request, err := api.NewGetDeployRequest("https://api.example/v1", "o", "d", "p")
	require.NoError(t, err)
	assert.False(t, strings.HasPrefix(request.URL.Path, "/v1/"), "the request builder no longer drops the base path")
	for _, baseURL := range []string{"", "api.astronomer.io", "http://api.astronomer.io"} {
		_, err := api.NewClient(baseURL)
		assert.NoError(t, err, "the bare client now rejects %q", baseURL)
		_, err = wrapper.NewClient(wrapper.WithToken("token"), wrapper.WithBaseURL(baseURL))
		var invalid *wrapper.ValidationError
		assert.ErrorAs(t, err, &invalid)
	}

	server, _, target := fake(api.DeployTypeImageOnly)
	defer server.Close()
	for _, slash := range []string{"", "/"} {
		client, err := wrapper.NewClient(wrapper.WithBaseURL(server.URL+slash), wrapper.WithToken(astrotest.Token))
		require.NoError(t, err)
		_, err = client.GetDeploy(t.Context(), target)
		require.NoError(t, err)
	}
}

// A request editor that adds the header runs for each call. Our client sends only one Authorization header.
func TestTrapAuthorizationTwice(t *testing.T) {
	server, client, target := fake(api.DeployTypeImageOnly)
	defer server.Close()
	add := func(_ context.Context, request *http.Request) error {
		request.Header.Add("Authorization", "Bearer of the editor")
		return nil
	}
	_, err := client.API().GetDeploy(t.Context(), target.OrganizationID, target.DeploymentID, target.DeployID, add)
	require.NoError(t, err)
	bare := bareClient(t, server.URL)
	_, err = bare.GetDeploy(t.Context(), target.OrganizationID, target.DeploymentID, target.DeployID, add)
	require.NoError(t, err)
	requests := server.Requests()
	require.Len(t, requests, 2)
	require.Len(t, requests[0].Authorization, 1)
	assert.Equal(t, "Bearer "+astrotest.Token, requests[0].Authorization[0].Reveal())
	assert.Len(t, requests[1].Authorization, 2, "the bare client no longer sends two")
}

// An editor puts a secret into the query, and the transport's error prints it.
func TestTrapErrorsPrintTheURL(t *testing.T) {
	server, client, target := fake(api.DeployTypeImageOnly, wrapper.WithRetry(wrapper.Retry{MaxAttempts: 1}))
	bare := bareClient(t, server.URL)
	server.Close()
	sign := func(_ context.Context, request *http.Request) error {
		request.URL.RawQuery = "sig=s1gned"
		return nil
	}
	_, err := client.API().GetDeploy(t.Context(), target.OrganizationID, target.DeploymentID, target.DeployID, sign)
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "s1gned")
	_, err = bare.GetDeploy(t.Context(), target.OrganizationID, target.DeploymentID, target.DeployID, sign)
	assert.ErrorContains(t, err, "s1gned", "the bare client now hides it")
}

// With retries in the Doer, a request editor's token is as old as the call. Our client gets a token for each
// attempt.
func TestTrapOneTokenForAllAttempts(t *testing.T) {
	server := astrotest.NewServer(astrotest.WithTokens("token-1", "token-2"))
	defer server.Close()
	target := add(server, api.DeployTypeImageOnly)
	rotation := 0
	rotate := func() string { rotation++; return "token-" + strconv.Itoa(rotation) }
	noWait := func() wrapper.Backoff { return &backoff.ZeroBackOff{} }

	client, err := wrapper.NewClient(wrapper.WithBaseURL(server.URL), wrapper.WithRetry(wrapper.Retry{Backoff: noWait}), wrapper.WithTokenSource(func(context.Context) (string, error) { return rotate(), nil }))
	require.NoError(t, err)
	server.Inject(astrotest.BadGateway())
	_, err = client.GetDeploy(t.Context(), target)
	require.NoError(t, err)

	rotation = 0
	twice := doer(func(request *http.Request) (*http.Response, error) {
		response, err := http.DefaultClient.Do(request)
		if err == nil && response.StatusCode == http.StatusBadGateway {
			_ = response.Body.Close()
			return http.DefaultClient.Do(request)
		}
		return response, err
	})
	bare, err := api.NewClientWithResponses(server.URL+"/v1", api.WithHTTPClient(twice), api.WithRequestEditorFn(func(_ context.Context, request *http.Request) error {
		request.Header.Set("Authorization", "Bearer "+rotate())
		return nil
	}))
	require.NoError(t, err)
	server.Inject(astrotest.BadGateway())
	_, err = bare.GetDeployWithResponse(t.Context(), target.OrganizationID, target.DeploymentID, target.DeployID)
	require.NoError(t, err)

	var tokens []string
	for _, request := range server.Requests() {
		tokens = append(tokens, request.Authorization[0].Reveal())
	}
	assert.Equal(t, []string{"Bearer token-1", "Bearer token-2", "Bearer token-1", "Bearer token-1"}, tokens, "ours twice, then the bare client twice")
}

type doer func(*http.Request) (*http.Response, error)

func (d doer) Do(request *http.Request) (*http.Response, error) { return d(request) }

// With retries in the transport, an http.Client's Timeout spans all attempts. Ours is per attempt.
func TestTrapOneTimeoutForAllAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client, closeAll := chaostest.InMemory(t, nil, wrapper.WithAttemptTimeout(10*time.Second))
		defer closeAll()
		target := add(server, api.DeployTypeImageOnly)
		server.Inject(astrotest.Hang(), astrotest.Hang(), astrotest.Hang())
		began := time.Now()
		_, err := client.GetDeploy(t.Context(), target)
		require.NoError(t, err)
		assert.Greater(t, time.Since(began), 30*time.Second, "three attempts hung for ten seconds each")
	})
}

// API returns complete responses without the token.
func TestAPIReturnsCompleteResponses(t *testing.T) {
	server, client, target := fake(api.DeployTypeImageOnly)
	defer server.Close()
	response, err := client.API().GetDeploy(t.Context(), target.OrganizationID, target.DeploymentID, target.DeployID)
	require.NoError(t, err)
	assert.Empty(t, response.Request.Header.Get("Authorization"))
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	assert.Contains(t, string(body), target.DeployID)

	typed := api.ClientWithResponses{ClientInterface: client.API()}
	decoded, err := typed.GetDeployWithResponse(t.Context(), target.OrganizationID, target.DeploymentID, target.DeployID)
	require.NoError(t, err)
	assert.Equal(t, target.DeployID, decoded.JSON200.ID)

	_, err = (*wrapper.Client)(nil).API().GetDeploy(t.Context(), "o", "d", "p")
	assert.ErrorContains(t, err, "NewClient")
}
