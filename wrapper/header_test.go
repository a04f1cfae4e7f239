package wrapper_test

import (
	"bytes"
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

const identifier = "X-Astro-Client-Identifier"

// Every request to the API has the header: each attempt, look-ups, requests after the move to v1, and those
// of API(). An upload has not.
func TestHeaderIsOfEveryRequestToTheAPI(t *testing.T) {
	server, client, deployment := home(t, wrapper.WithHeader(identifier, "before"), wrapper.WithHeader("x-astro-client-identifier", "sdk"), wrapper.WithHeader("X-API-Version", "1.0"))
	deploy, err := client.CreateDeploy(t.Context(), deployment, api.CreateDeployRequest{Type: api.DeployTypeDAGOnly})
	require.NoError(t, err)
	version, err := client.Upload(t.Context(), deploy.DAGsUploadURL, bytes.NewReader(gzipped(100)))
	require.NoError(t, err)
	server.Inject(astrotest.BadGateway().On(read), astrotest.CutResponse().On(finalize))
	target := wrapper.TargetOf(deployment.OrganizationID, deploy)
	require.NoError(t, second(client.GetDeploy(t.Context(), target)))
	server.RetireV1Beta1(404)
	require.NoError(t, second(client.Finalize(t.Context(), target, wrapper.DAGTarball(version))))
	require.NoError(t, second(client.API().GetDeploy(t.Context(), target.OrganizationID, target.DeploymentID, target.DeployID)))

	var operations []string
	for _, request := range server.Requests() {
		operations = append(operations, request.Operation)
		if request.Operation == "PutBlob" {
			assert.NotContains(t, request.Header, identifier)
			assert.NotContains(t, request.Header, "X-Api-Version")
			continue
		}
		assert.Equal(t, []string{"sdk"}, request.Header.Values(identifier), request.Operation)
		assert.Equal(t, []string{"1.0"}, request.Header.Values("X-API-Version"), request.Operation)
		assert.Equal(t, "application/json", request.Header.Get("Accept"))
	}
	assert.Equal(t, []string{"CreateDeploy", "PutBlob", read, read, finalize, finalize, read, read}, operations)
}

// A request made through API() can have its own value, in any spelling, or none.
func TestHeaderOfARequestWins(t *testing.T) {
	server, client, target := fake(api.DeployTypeImageOnly, wrapper.WithHeader(identifier, "client"))
	defer server.Close()
	for want, set := range map[string]func(http.Header){
		"request": func(header http.Header) { header.Set(identifier, "request") },
		"raw":     func(header http.Header) { header["x-astro-client-identifier"] = []string{"raw"} },
		"":        func(header http.Header) { header[identifier] = nil },
		"client":  func(header http.Header) { header.Set("X-Other", "x") },
	} {
		_, err := client.API().GetDeploy(t.Context(), target.OrganizationID, target.DeploymentID, target.DeployID, func(_ context.Context, request *http.Request) error {
			set(request.Header)
			return nil
		})
		require.NoError(t, err)
		requests := server.Requests()
		sent := requests[len(requests)-1].Header.Values(identifier)
		assert.LessOrEqual(t, len(sent), 1, want)
		assert.Equal(t, want, append(sent, "")[0])
	}
}

// A header that is refused sends nothing, and the error does not show its value.
func TestHeaderThatIsRefused(t *testing.T) {
	for _, row := range []struct{ name, value, text string }{
		{"authorization", "Bearer s3cret", `header must not be set by WithHeader: use WithToken or WithTokenSource (got "authorization")`},
		{"X-Name", "s3cret\n", `header must have a value without white space around it (got "X-Name")`},
		{"X-Name", "", `header must not have an empty value: omit the option, or check that its variable is set (got "X-Name")`},
		{"s3cret token", "X-Name", "header must have a name of letters, digits and - (RFC 9110), such as X-Astro-Client-Identifier"},
	} {
		client, err := wrapper.NewClient(wrapper.WithToken("token"), wrapper.WithHeader(row.name, row.value))
		require.ErrorAs(t, err, new(*wrapper.ValidationError))
		require.EqualError(t, err, row.text)
		assert.Nil(t, client)
	}
}
