package astrotest_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
)

// sendOnce makes a request without a token, and returns the response without following a redirect.
func sendOnce(t *testing.T, server *astrotest.Server, method, path, body string) (response *http.Response, text string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, strings.NewReader(body))
	require.NoError(t, err)
	client := *server.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	response, err = client.Do(request)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	read, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response, string(read)
}

func TestRetireV1Beta1(t *testing.T) {
	for _, row := range []struct {
		status int
		text   string // "" for a redirect
	}{
		{http.StatusNotFound, "404 page not found\n"},
		{http.StatusGone, "410 gone\n"},
		{http.StatusMovedPermanently, ""},
		{http.StatusFound, ""},
		{http.StatusTemporaryRedirect, ""},
		{http.StatusPermanentRedirect, ""},
	} {
		t.Run(fmt.Sprint(row.status), func(t *testing.T) {
			server := astrotest.NewServer()
			defer server.Close()
			target := add(server, api.DeployTypeImageOnly)
			deploys := deploysPath("", must(server.Deployment(target.DeploymentID)))
			deploy := deploys + "/" + target.DeployID
			server.RetireV1Beta1(row.status)

			for _, request := range []struct{ method, path, body, operation string }{
				{http.MethodPost, deploys, `{"type":"IMAGE_ONLY"}`, "CreateDeploy"},
				{http.MethodPost, deploy + "/finalize", "{}", "FinalizeDeploy"},
				{http.MethodPost, deploy, `{"description":"x"}`, "UpdateDeploy"},
				{http.MethodGet, deploy, "", "GetDeploy"},
				{http.MethodGet, deploys + "?limit=1&offset=2", "", "ListDeploys"},
				{http.MethodGet, deploys + "/a%2Fb%20c", "", "GetDeploy"},
				{http.MethodGet, "/clusters", "", ""},
				{http.MethodGet, "", "", ""},
			} {
				response, text := sendOnce(t, server, request.method, "/platform/v1beta1"+request.path, request.body)
				assert.Equal(t, row.status, response.StatusCode, request)
				if row.text == "" {
					assert.Equal(t, server.URL+"/v1"+request.path, response.Header.Get("Location"))
				} else {
					assert.Empty(t, response.Header.Get("Location"))
					assert.Equal(t, row.text, text)
					assert.Contains(t, response.Header.Get("Content-Type"), "text/plain")
				}
				recorded := server.Requests()
				last := recorded[len(recorded)-1]
				assert.Equal(t, request.operation, last.Operation)
				assert.Equal(t, "/platform/v1beta1"+request.path, last.Path)
				assert.Equal(t, request.body, string(last.Body))
			}
			assert.Zero(t, server.Commits(target.DeployID))
			assert.Zero(t, server.Creates(target.DeploymentID))
			unchanged := must(server.Deploy(target.DeployID))
			assert.Equal(t, api.DeployStatusInitialized, unchanged.Status)
			assert.Nil(t, unchanged.UpdatedAt)

			status, text := send(t, server, http.MethodPost, "/v1"+deploy+"/finalize", "{}")
			assert.Equal(t, 200, status, text)
			assert.Equal(t, 1, server.Commits(target.DeployID))
			response, _ := sendOnce(t, server, http.MethodGet, "/platform/v1beta10/clusters", "")
			assert.Equal(t, 404, response.StatusCode)
			assert.Empty(t, response.Header.Get("Location"), "v1beta10 is another version")
		})
	}
}

func TestRetireV1Beta1ChangesNothingUntilItIsCalled(t *testing.T) {
	server := astrotest.NewServer()
	defer server.Close()
	path := "/platform/v1beta1" + deploysPath("", server.AddDeployment(astrotest.Deployment{}))
	status, text := send(t, server, http.MethodGet, path, "")
	assert.Equal(t, 200, status, text)
	for _, retired := range []int{404, 410} { // the later call replaces the earlier
		server.RetireV1Beta1(retired)
		status, _ := send(t, server, http.MethodGet, path, "")
		assert.Equal(t, retired, status)
	}
}

func TestRetireV1Beta1PanicsForAnyOtherStatus(t *testing.T) {
	server := astrotest.NewServer()
	defer server.Close()
	path := "/platform/v1beta1" + deploysPath("", server.AddDeployment(astrotest.Deployment{}))
	for _, status := range []int{0, 200, 303, 304, 400, 500} {
		assert.PanicsWithValue(t, fmt.Sprintf("astrotest: RetireV1Beta1(%d); the status must be 301, 302, 307, 308, 404 or 410", status), func() { server.RetireV1Beta1(status) })
	}
	status, text := send(t, server, http.MethodGet, path, "")
	assert.Equal(t, 200, status, text)
}

func TestFaultsSkipRequestsToARetiredVersion(t *testing.T) {
	server := astrotest.NewServer(astrotest.WithRateLimit(http.MethodGet, 2))
	defer server.Close()
	path := deploysPath("", server.AddDeployment(astrotest.Deployment{}))
	statuses := func(versions ...string) (seen []int) {
		for _, version := range versions {
			status, _ := send(t, server, http.MethodGet, version+path, "")
			seen = append(seen, status)
		}
		return seen
	}
	server.Inject(astrotest.Error(500, "before"), astrotest.Error(503, "after"))
	assert.Equal(t, []int{500}, statuses("/platform/v1beta1"))
	server.RetireV1Beta1(410)
	assert.Equal(t, []int{410, 410, 503}, statuses("/platform/v1beta1", "/platform/v1beta1", "/v1"))
}

func TestTheLogNamesTheOperationOfARetiredVersion(t *testing.T) {
	var log bytes.Buffer
	server := astrotest.NewServer(astrotest.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	target := add(server, api.DeployTypeImageOnly)
	server.RetireV1Beta1(410)
	send(t, server, http.MethodPost, "/platform/v1beta1"+strings.TrimPrefix(finalizePath(target), "/v1"), "{}")
	server.Close()
	assert.Contains(t, log.String(), "operation=FinalizeDeploy")
	assert.Contains(t, log.String(), "status=410")
}

func TestRedirectsOfARetiredVersionUseThePublicURL(t *testing.T) {
	server := astrotest.NewServer(astrotest.InMemory(), astrotest.WithPublicURL("https://proxy.example/astro/"))
	defer server.Close()
	server.RetireV1Beta1(308)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://listener.example/platform/v1beta1/organizations?limit=1", nil)
	require.NoError(t, err)
	response, err := server.Client().Transport.RoundTrip(request)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	assert.Equal(t, "https://proxy.example/astro/v1/organizations?limit=1", response.Header.Get("Location"))
}
