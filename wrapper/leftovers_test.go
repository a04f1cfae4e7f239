package wrapper_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

var megabytes = strings.Repeat("a", 3<<20)

// Values that shells, jq, templates and CI leave unexpanded, and what the error says about each.
var (
	leftovers = map[string]string{
		`"value"`: `'"'`, "'value'": `"'"`, "`value`": "\"`\"", "$NAME": `"$"`, "${NAME}": `"$"`, "$(value)": `"$"`, "{{ value }}": `"{"`,
		"%NAME%": `"%"`, "<value>": `"<"`, "[object Object]": `"["`, "***": `"*"`, "null": `"null"`, "undefined": `"undefined"`,
		"None": `"None"`, "<nil>": `"<"`, "\ufeffvalue": "U+FEFF", "value\u200b": "U+200B", `a\nb`: `"\"`, megabytes: "at most",
	}
	tokenLeftovers   = map[string]string{"value;": `";"`, "a,b": `","`, "ASTRO_API_TOKEN=value": `"="`, "value value": "a space"}
	versionLeftovers = map[string]string{"x-ms-version-id: value": "header's value", "value\r": "U+000D", "https://storage.example/a": "a URL", "": "must not be empty"}
)

// None of them is sent, however it gets into the client.
func TestLeftoversAreNotSent(t *testing.T) {
	var requests atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		requests.Add(1)
		w.WriteHeader(http.StatusNotFound)
	}))
	defer server.Close()
	newClient := func(options ...wrapper.Option) (*wrapper.Client, error) {
		return wrapper.NewClient(append([]wrapper.Option{wrapper.WithBaseURL(server.URL), wrapper.WithAPIVersion(wrapper.V1), wrapper.WithRetry(wrapper.Retry{MaxAttempts: 1}), wrapper.WithoutLookUp()}, options...)...)
	}
	client, err := newClient(wrapper.WithToken(astrotest.Token))
	require.NoError(t, err)
	refused := func(err error, field, value, hint string) {
		t.Helper()
		invalid := (*wrapper.ValidationError)(nil)
		if assert.ErrorAs(t, err, &invalid, "%s %.40q", field, value) {
			assert.Equal(t, field, invalid.Field)
			assert.Contains(t, invalid.Rule, hint, "%.40q", value)
			assert.Less(t, len(err.Error()), 400)
		}
	}
	ids, to := wrapper.Target{OrganizationID: "o", DeploymentID: "d", DeployID: "p"}, wrapper.Deployment{OrganizationID: "o", DeploymentID: "d"}

	for _, values := range []map[string]string{leftovers, tokenLeftovers} {
		for value, hint := range values {
			_, err := newClient(wrapper.WithToken(value))
			refused(err, "token", value, hint)
			if !strings.Contains(hint, `"`+value+`"`) { // words such as null are quoted whole
				assert.NotContains(t, err.Error(), value)
			}
			t.Setenv("ASTRO_API_TOKEN", value)
			_, err = newClient()
			refused(err, "token", value, hint)
			fromSource, err := newClient(wrapper.WithTokenSource(func(context.Context) (string, error) { return value, nil }))
			require.NoError(t, err)
			_, err = fromSource.Finalize(t.Context(), ids, wrapper.ImageOnly())
			refused(err, "token", value, hint)
			_, err = fromSource.API().GetDeploy(t.Context(), "o", "d", "p")
			refused(err, "token", value, hint)
		}
	}

	for value, hint := range leftovers {
		for field, set := range map[string]func(*wrapper.Target){
			"organizationId": func(target *wrapper.Target) { target.OrganizationID = value },
			"deploymentId":   func(target *wrapper.Target) { target.DeploymentID = value },
			"deployId":       func(target *wrapper.Target) { target.DeployID = value },
		} {
			changed := ids
			set(&changed)
			_, err := client.Finalize(t.Context(), changed, wrapper.ImageOnly())
			refused(err, field, value, hint)
			_, err = client.GetDeploy(t.Context(), changed)
			refused(err, field, value, hint)
			_, err = client.Wait(t.Context(), changed)
			refused(err, field, value, hint)
			if field == "deployId" {
				continue
			}
			in := wrapper.Deployment{OrganizationID: changed.OrganizationID, DeploymentID: changed.DeploymentID}
			_, err = client.CreateDeploy(t.Context(), in, api.CreateDeployRequest{Type: api.DeployTypeDAGOnly})
			refused(err, field, value, hint)
			for _, err := range client.ListDeploys(t.Context(), in) {
				refused(err, field, value, hint)
			}
		}
	}

	for _, values := range []map[string]string{leftovers, versionLeftovers} {
		for value, hint := range values {
			for _, call := range []struct {
				field   string
				content wrapper.Content
				request api.FinalizeDeployRequest
			}{
				{"dagTarballVersion", wrapper.DAGTarball(value), api.FinalizeDeployRequest{DAGTarballVersion: &value}},
				{"bundleTarballVersion", wrapper.BundleTarball(value), api.FinalizeDeployRequest{BundleTarballVersion: &value}},
			} {
				for _, content := range []wrapper.Content{call.content, wrapper.Request(call.request)} {
					_, err := client.Finalize(t.Context(), ids, content)
					refused(err, call.field, value, hint)
				}
				refused(wrapper.CheckFinalize("", wrapper.DAGDeploysUnknown, call.request), call.field, value, hint)
			}
		}
	}

	dbt, path := "dbt", "/usr/local/airflow/dbt/shop"
	for field, request := range map[string]api.CreateDeployRequest{
		"bundleMountPath": {Type: api.DeployTypeBundle, BundleMountPath: ptr("/dbt/${NAME}"), BundleType: &dbt},
		"bundleType":      {Type: api.DeployTypeBundle, BundleMountPath: &path, BundleType: ptr("$TYPE")},
		"git.commitSha":   {Type: api.DeployTypeDAGOnly, Git: &api.DeployGit{Provider: api.GitProviderGeneric, CommitSHA: "$GITHUB_SHA", RemoteURL: ptr("https://git.example/x")}},
	} {
		_, err := client.CreateDeploy(t.Context(), to, request)
		refused(err, field, "", `"$"`)
	}
	for field, request := range map[string]api.CreateDeployRequest{
		"bundleMountPath": {Type: api.DeployTypeBundle, BundleMountPath: ptr("/" + megabytes), BundleType: &dbt},
		"bundleType":      {Type: api.DeployTypeBundle, BundleMountPath: &path, BundleType: &megabytes},
		"git.commitSha":   {Type: api.DeployTypeDAGOnly, Git: &api.DeployGit{Provider: api.GitProviderGeneric, CommitSHA: megabytes, RemoteURL: ptr("https://git.example/x")}},
		"description":     {Type: api.DeployTypeDAGOnly, Description: &megabytes},
	} {
		_, err := client.CreateDeploy(t.Context(), to, request)
		refused(err, field, "", "at most")
	}
	_, err = newClient(wrapper.WithToken(astrotest.Token), wrapper.WithUserAgent(megabytes))
	refused(err, "userAgent", megabytes, "at most")
	assert.Zero(t, requests.Load())
}

// Upload rejects a version that Finalize would reject: the storage, or a proxy before it, is at fault.
func TestUploadRejectsLeftoversAsVersion(t *testing.T) {
	for _, version := range []string{"null", "${version}", `"v"`, megabytes[:2<<10]} {
		storage := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.Header().Set("Content-Md5", r.Header.Get("Content-Md5"))
			w.Header().Set("X-Ms-Version-Id", version)
			w.WriteHeader(http.StatusCreated)
		}))
		client, err := wrapper.NewClient(wrapper.WithBaseURL(storage.URL), wrapper.WithToken(astrotest.Token))
		require.NoError(t, err)
		secret := api.NewSecret(storage.URL + "/blob?sig=signature")
		_, err = client.Upload(t.Context(), &secret, bytes.NewReader(gzipped(100)))
		storage.Close()
		storageErr := (*wrapper.StorageError)(nil)
		require.ErrorAs(t, err, &storageErr)
		assert.ErrorContains(t, err, "x-ms-version-id must")
	}
}
