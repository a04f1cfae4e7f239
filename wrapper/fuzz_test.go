package wrapper_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/internal/chaostest"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// through returns a client that sends each request once, by transport.
func through(t require.TestingT, transport roundTripper) *wrapper.Client {
	client, err := wrapper.NewClient(
		wrapper.WithToken(chaostest.Token),
		wrapper.WithAPIVersion(wrapper.V1),
		wrapper.WithHTTPClient(&http.Client{Transport: transport}),
		wrapper.WithRetry(wrapper.Retry{MaxAttempts: 1}),
		wrapper.WithoutLookUp(),
		wrapper.WithLimiter(http.MethodPost, nil),
	)
	require.NoError(t, err)
	return client
}

// Whatever the response, the caller gets the requested deploy or an error without secrets.
func FuzzResponse(f *testing.F) {
	const deploy = `{"id":"deploy","deploymentId":"deployment","status":"DEPLOYED","type":"DAG_ONLY","createdAt":"2022-11-22T04:37:12Z","dagTarballVersion":"version"}`
	for _, status := range []int{101, 200, 201, 204, 302, 400, 401, 403, 404, 429, 500, 502, 999} {
		f.Add(status, "Content-Type", "application/json", []byte(deploy))
	}
	for _, body := range []string{
		"", "null", "{}", "[]", "<html>", deploy[:60],
		strings.Replace(deploy, `"deploy"`, `"another"`, 1),
		strings.Replace(deploy, "DEPLOYED", "FAILED", 1),
		strings.Replace(deploy, "2022-11-22T", "yesterday", 1),
		`{"message":"no","requestId":"r","statusCode":400,"fieldErrors":[{}]}`,
		`{"id":"deploy","ID":"another","status":"DEPLOYED"}`,
		"Bearer " + chaostest.Token + " https://storage.example/?sig=" + chaostest.Signature,
		chaostest.Token[:50] + "\x85" + chaostest.Token[50:],
	} {
		f.Add(200, "Content-Type", "application/json", []byte(body))
		f.Add(400, "Content-Type", "text/html", []byte(body))
	}
	f.Add(302, "Location", "https://elsewhere.example/?sig="+chaostest.Signature, []byte(nil))
	f.Add(302, "Location", "https://"+chaostest.Token+".example/", []byte(nil))
	f.Add(302, "Location", "/%zz", []byte(nil))
	f.Add(429, "Retry-After", "99999999999999999999", []byte("Too many requests"))
	f.Add(200, "Content-Length", "-1", []byte(deploy))

	f.Fuzz(func(t *testing.T, status int, name, value string, body []byte) {
		client := through(t, func(*http.Request) (*http.Response, error) {
			header := http.Header{}
			header.Set(name, value)
			return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(string(body))), ContentLength: int64(status % 100)}, nil
		})
		target := wrapper.Target{OrganizationID: "organization", DeploymentID: "deployment", DeployID: "deploy"}
		finalized, err := client.Finalize(t.Context(), target, wrapper.DAGTarball("version"))
		if err == nil {
			var response map[string]any // a map keeps the case of the names
			require.NoError(t, json.Unmarshal(body, &response))
			require.Equal(t, http.StatusOK, status)
			require.Equal(t, "deploy", response["id"])
			require.Equal(t, "deploy", finalized.ID)
			require.NotEmpty(t, response["status"])
			require.NotEqual(t, "FAILED", response["status"])
			return
		}
		require.Nil(t, finalized)
		var failed *wrapper.DeployFailedError
		var apiErr *wrapper.APIError
		switch {
		case errors.As(err, &failed):
			require.Equal(t, api.DeployStatusFailed, failed.Deploy.Status)
		case errors.As(err, &apiErr):
			require.Equal(t, status, apiErr.StatusCode)
			require.LessOrEqual(t, len(apiErr.Body), 2<<10)
		default:
			require.Fail(t, "an error of another type", "%T", err)
		}
		shown := err.Error()
		assert.NotContains(t, shown, chaostest.Token)
		assert.NotContains(t, shown, "sig="+chaostest.Signature)
		assert.NotContains(t, shown, "\n")
		assert.Less(t, len(shown), 20<<10)
	})
}

// Either a request has exactly the path of its IDs, or nothing is sent.
func FuzzPath(f *testing.F) {
	for _, id := range []string{"", ".", "..", "a/b", "a?b", "a#b", "%2e%2e", "a\\b", "a\r\nb", "ä", " ", "clvetru2w000201mowqwua63n", "-", "_"} {
		f.Add("o", "d", id)
		f.Add(id, "d", "p")
		f.Add(id, id, id)
	}
	f.Fuzz(func(t *testing.T, organization, deployment, deploy string) {
		var sent []*url.URL
		client := through(t, func(request *http.Request) (*http.Response, error) {
			sent = append(sent, request.URL)
			return nil, io.EOF
		})
		target := wrapper.Target{OrganizationID: organization, DeploymentID: deployment, DeployID: deploy}
		_, err := client.Finalize(t.Context(), target, wrapper.ImageOnly())
		require.Error(t, err)
		if len(sent) == 0 {
			require.ErrorAs(t, err, new(*wrapper.ValidationError))
			return
		}
		require.Equal(t, "https://api.astronomer.io/v1/organizations/"+organization+"/deployments/"+deployment+"/deploys/"+deploy+"/finalize", sent[0].String())
		for _, id := range []string{organization, deployment, deploy} {
			require.NotEmpty(t, id)
			require.Equal(t, url.PathEscape(id), id)
			require.NotContains(t, id, ".")
		}
	})
}

// Whatever the response, a caller gets the update or the rollback that was asked for, or an error.
func FuzzResponseToAnUpdateOrRollback(f *testing.F) {
	const deploy = `{"id":"deploy","deploymentId":"deployment","status":"DEPLOYED","type":"DAG_ONLY","description":"new","rollbackFromId":"earlier"}`
	for _, body := range []string{
		deploy, "", "null", "{}", "[]", deploy[:60],
		strings.Replace(deploy, `"new"`, `" new\n"`, 1),
		strings.Replace(deploy, `"new"`, `["new"]`, 1),
		strings.Replace(deploy, `"id":"deploy"`, `"id":"earlier"`, 1),
		strings.Replace(deploy, `"id":"deploy"`, `"id":"../deploy"`, 1),
		strings.Replace(deploy, `:"earlier"`, `:"another"`, 1),
		strings.Replace(deploy, `,"rollbackFromId":"earlier"`, "", 1),
		strings.Replace(deploy, "DEPLOYED", "FAILED", 1),
		strings.Replace(deploy, "DEPLOYED", "INITIALIZED", 1),
		strings.Replace(deploy, "DEPLOYED", "QUEUED", 1),
	} {
		f.Add(200, []byte(body))
		f.Add(400, []byte(body))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		client := through(t, func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(body)))}, nil
		})
		target := wrapper.Target{OrganizationID: "organization", DeploymentID: "deployment", DeployID: "deploy"}
		updated, err := client.UpdateDeploy(t.Context(), target, api.UpdateDeployRequest{Description: ptr("new")})
		require.Equal(t, err == nil, updated != nil)
		if err == nil {
			require.Equal(t, []any{200, "deploy", "new"}, []any{status, updated.ID, strings.TrimSpace(*updated.Description)})
		}
		target.DeployID = "earlier"
		created, err := client.RollbackDeploy(t.Context(), target, api.DeployRollbackRequest{})
		require.Equal(t, err == nil, created != nil)
		if err == nil {
			require.Equal(t, []any{200, "deployment"}, []any{status, created.DeploymentID})
			require.NotContains(t, []string{"", "earlier", "..", "."}, created.ID)
			require.Contains(t, []api.DeployStatus{api.DeployStatusDeployed, api.DeployStatusInitialized}, created.Status)
			require.True(t, created.RollbackFromID == nil || *created.RollbackFromID == "" || *created.RollbackFromID == "earlier")
		}
	})
}
