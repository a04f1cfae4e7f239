package wrapper_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/internal/chaostest"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// home starts a fake service with one Deployment and returns a client for it that never waits.
func home(t *testing.T, options ...wrapper.Option) (*astrotest.Server, *wrapper.Client, wrapper.Deployment) {
	t.Helper()
	server := astrotest.NewServer()
	t.Cleanup(server.Close)
	client, err := wrapper.NewClient(append([]wrapper.Option{
		wrapper.WithBaseURL(server.URL), wrapper.WithToken(astrotest.Token), wrapper.WithRetry(wrapper.Retry{Backoff: atOnce}),
		wrapper.WithLimiter(http.MethodPost, nil), wrapper.WithLimiter(http.MethodGet, nil),
	}, options...)...)
	require.NoError(t, err)
	return server, client, deploymentOn(server)
}

func deploymentOn(server *astrotest.Server) wrapper.Deployment {
	added := server.AddDeployment(astrotest.Deployment{DAGDeploys: true})
	return wrapper.Deployment{OrganizationID: added.OrganizationID, DeploymentID: added.ID}
}

func ptr[T any](value T) *T { return &value }

func TestCreateDeploySendsTheRequest(t *testing.T) {
	commit := api.DeployGit{Provider: api.GitProviderGitHub, CommitSHA: "5b1ee0d", Account: ptr("acme"), Repo: ptr("dags")}
	for name, row := range map[string]struct {
		version wrapper.APIVersion
		request api.CreateDeployRequest
		body    string
	}{
		"DAGs":             {wrapper.V1Beta1, api.CreateDeployRequest{Type: api.DeployTypeDAGOnly}, `{"type":"DAG_ONLY"}`},
		"image":            {wrapper.V1, api.CreateDeployRequest{Type: api.DeployTypeImageOnly, Description: ptr(strings.Repeat("é", 500))}, `{"description":"` + strings.Repeat("é", 500) + `","type":"IMAGE_ONLY"}`},
		"image and DAGs":   {wrapper.V1, api.CreateDeployRequest{Type: api.DeployTypeImageAndDAG, Git: &commit}, `{"git":{"account":"acme","commitSha":"5b1ee0d","provider":"GITHUB","repo":"dags"},"type":"IMAGE_AND_DAG"}`},
		"commit, v1beta1":  {wrapper.V1Beta1, api.CreateDeployRequest{Type: api.DeployTypeDAGOnly, Git: ptr(gitHub("", ""))}, `{"git":{"account":"acme","branch":"main","commitSha":"5b1ee0d","commitUrl":"https://github.com/acme/dags/commit/5b1ee0d","provider":"GITHUB","repo":"dags"},"type":"DAG_ONLY"}`},
		"bundle":           {wrapper.V1Beta1, api.CreateDeployRequest{Type: api.DeployTypeBundle, BundleMountPath: ptr("/a/b"), BundleType: ptr("dbt")}, `{"bundleMountPath":"/a/b","bundleType":"dbt","type":"BUNDLE"}`},
		"another provider": {wrapper.V1, api.CreateDeployRequest{Type: api.DeployTypeDAGOnly, Git: &api.DeployGit{Provider: "SOMETHING_NEW", CommitSHA: "5b1ee0d"}}, `{"git":{"commitSha":"5b1ee0d","provider":"SOMETHING_NEW"},"type":"DAG_ONLY"}`},
	} {
		t.Run(name, func(t *testing.T) {
			server, client, deployment := home(t, wrapper.WithAPIVersion(row.version))
			deploy, err := client.CreateDeploy(t.Context(), deployment, row.request)
			require.NoError(t, err)
			assert.Equal(t, api.DeployStatusInitialized, deploy.Status)
			assert.Equal(t, row.request.Type, deploy.Type)
			assert.NotEmpty(t, deploy.ID)
			require.Len(t, server.Requests(), 1)
			assert.Equal(t, row.body, string(server.Requests()[0].Body))
			assert.Equal(t, http.MethodPost, server.Requests()[0].Method)
			assert.Regexp(t, "/deployments/"+deployment.DeploymentID+"/deploys$", server.Requests()[0].Path)
		})
	}
}

func TestCreateDeployRejectsInvalidInput(t *testing.T) {
	bundle := func(mountPath, bundleType string) api.CreateDeployRequest {
		return api.CreateDeployRequest{Type: api.DeployTypeBundle, BundleMountPath: &mountPath, BundleType: &bundleType}
	}
	git := func(git api.DeployGit) api.CreateDeployRequest {
		return api.CreateDeployRequest{Type: api.DeployTypeDAGOnly, Git: &git}
	}
	for _, row := range []struct {
		version     wrapper.APIVersion
		request     api.CreateDeployRequest
		field, rule string
	}{
		{wrapper.V1, api.CreateDeployRequest{}, "type", "must not be empty"},
		{wrapper.V1, api.CreateDeployRequest{Type: api.DeployTypeBundle, BundleType: ptr("dbt")}, "bundleMountPath", "must not be empty"},
		{wrapper.V1, bundle("", "dbt"), "bundleMountPath", "such as /usr/local/airflow/dbt/my-project"},
		{wrapper.V1, bundle("usr/local", "dbt"), "bundleMountPath", "absolute path"},
		{wrapper.V1, bundle("/usr/../local", "dbt"), "bundleMountPath", "absolute path"},
		{wrapper.V1, bundle("/usr/local/", "dbt"), "bundleMountPath", "absolute path"},
		{wrapper.V1, bundle("/", "dbt"), "bundleMountPath", "absolute path"},
		{wrapper.V1, bundle(`\usr\local`, "dbt"), "bundleMountPath", `(got "\usr\local")`},
		{wrapper.V1, bundle("/usr\n", "dbt"), "bundleMountPath", "absolute path"},
		{wrapper.V1, bundle("/usr", ""), "bundleType", "such as dbt"},
		{wrapper.V1, bundle("/usr", " dbt"), "bundleType", "white space"},
		{wrapper.V1, api.CreateDeployRequest{Type: api.DeployTypeBundle, BundleMountPath: ptr("/usr")}, "bundleType", "must not be empty"},
		{wrapper.V1, api.CreateDeployRequest{Type: api.DeployTypeDAGOnly, Description: ptr(strings.Repeat("é", 501))}, "description", "at most 500 characters; this one has 501"},
		{wrapper.V1, api.CreateDeployRequest{Type: api.DeployTypeDAGOnly, Description: ptr("\xff")}, "description", "UTF-8"},
		{wrapper.V1Beta1, git(gitHub("remoteUrl", "https://x")), "git.remoteUrl", "must not be set for the provider GITHUB"},
		{wrapper.V1Beta1, git(gitHub("account", "")), "git.account", "is required for the provider GITHUB"},
		{wrapper.V1Beta1, git(gitHub("repo", "")), "git.repo", "is required for the provider GITHUB"},
		{wrapper.V1Beta1, git(gitHub("branch", "")), "git.branch", "in v1beta1; or use WithAPIVersion(V1)"},
		{wrapper.V1Beta1, git(gitHub("commitUrl", "")), "git.commitUrl", "in v1beta1; or use WithAPIVersion(V1)"},
		{wrapper.V1Beta1, git(gitHub("commitSha", "")), "git.commitSha", "hash of the commit"},
		{wrapper.V1Beta1, git(gitHub("provider", "GENERIC")), "git.provider", "WithAPIVersion(V1)"},
		{wrapper.V1Beta1, git(gitHub("provider", "SOMETHING_NEW")), "git.provider", "WithAPIVersion(V1)"},
		{wrapper.V1Beta1, git(gitHub("provider", "")), "git.provider", "GITHUB or GENERIC"},
		{wrapper.V1, git(gitHub("provider", "")), "git.provider", "GITHUB or GENERIC"},
		{wrapper.V1, git(gitHub("commitSha", "")), "git.commitSha", "hash of the commit"},
		{wrapper.V1, git(gitHub("account", "")), "git.account", "is required for the provider GITHUB"},
		{wrapper.V1, git(gitHub("repo", "")), "git.repo", "is required for the provider GITHUB"},
		{wrapper.V1, git(gitHub("remoteUrl", "https://x")), "git.remoteUrl", "must not be set for the provider GITHUB"},
		{wrapper.V1, git(api.DeployGit{Provider: api.GitProviderGeneric, CommitSHA: "a"}), "git.remoteUrl", "is required for the provider GENERIC"},
		{wrapper.V1, git(api.DeployGit{Provider: api.GitProviderGeneric, RemoteURL: ptr("https://x")}), "git.commitSha", "hash of the commit"},
		{wrapper.V1, git(api.DeployGit{Provider: api.GitProviderGeneric, CommitSHA: "a", RemoteURL: ptr("https://x"), Account: ptr("a")}), "git.account", "must not be set for the provider GENERIC"},
		{wrapper.V1, git(api.DeployGit{Provider: api.GitProviderGeneric, CommitSHA: "a", RemoteURL: ptr("https://x"), Repo: ptr("a")}), "git.repo", "must not be set for the provider GENERIC"},
		{wrapper.V1, git(api.DeployGit{Provider: "SOMETHING_NEW"}), "git.commitSha", "hash of the commit"},
	} {
		server, client, deployment := home(t, wrapper.WithAPIVersion(row.version))
		_, err := client.CreateDeploy(t.Context(), deployment, row.request)
		var invalid *wrapper.ValidationError
		require.ErrorAs(t, err, &invalid, "%+v", row.request)
		assert.Equal(t, row.field, invalid.Field)
		assert.Contains(t, err.Error(), row.rule)
		assert.Empty(t, server.Requests())
	}
	server, client, deployment := home(t)
	request := api.CreateDeployRequest{Type: api.DeployTypeDAGOnly}
	var none context.Context
	for field, create := range map[string]func() error{
		"organizationId": func() error {
			return second(client.CreateDeploy(t.Context(), wrapper.Deployment{OrganizationID: "..", DeploymentID: "d"}, request))
		},
		"deploymentId": func() error {
			return second(client.CreateDeploy(t.Context(), wrapper.Deployment{OrganizationID: "o"}, request))
		},
		"ctx":    func() error { return second(client.CreateDeploy(none, deployment, request)) },
		"client": func() error { return second((*wrapper.Client)(nil).CreateDeploy(t.Context(), deployment, request)) },
	} {
		var invalid *wrapper.ValidationError
		require.ErrorAs(t, create(), &invalid)
		assert.Equal(t, field, invalid.Field)
	}
	assert.Empty(t, server.Requests())
}

// gitHub returns a commit that both versions accept, with one field changed.
func gitHub(field, value string) api.DeployGit {
	fields := map[string]string{"provider": "GITHUB", "account": "acme", "repo": "dags", "branch": "main", "commitSha": "5b1ee0d", "commitUrl": "https://github.com/acme/dags/commit/5b1ee0d"}
	fields[field] = value
	git := api.DeployGit{Provider: api.GitProvider(fields["provider"]), CommitSHA: fields["commitSha"]}
	for name, set := range map[string]**string{"account": &git.Account, "repo": &git.Repo, "branch": &git.Branch, "commitUrl": &git.CommitURL, "remoteUrl": &git.RemoteURL} {
		if fields[name] != "" {
			*set = ptr(fields[name])
		}
	}
	return git
}

func second[T any](_ T, err error) error { return err }

// A create that may have been received is not retried, and its error says what it may have left behind. A
// create that was rate limited is retried.
func TestCreateDeployIsNotRetriedUnsafely(t *testing.T) {
	const left = "a deploy may have been created; it changes nothing until it is finalized"
	set := func(field string, value any) astrotest.Fault {
		return astrotest.EditDeploy(func(deploy map[string]any) { deploy[field] = value })
	}
	for name, row := range map[string]struct {
		fault   astrotest.Fault
		posts   int
		created int
		want    string // "" for success
	}{
		"response cut":          {astrotest.CutResponse(), 1, 1, left},
		"connection cut":        {astrotest.CutConnection(), 1, 0, left},
		"500":                   {astrotest.Error(500, "Internal"), 1, 0, left},
		"502":                   {astrotest.BadGateway().AfterCommit(), 1, 1, left},
		"200 {}":                {astrotest.Respond(200, "application/json", "{}").AfterCommit(), 1, 1, `the response contains no deploy: "{}"; a deploy may have`},
		"200 HTML":              {astrotest.Respond(200, "text/html", "<html>"), 1, 0, "this does not look like a response from Astro: check the base URL and any proxy; a deploy may have"},
		"204":                   {astrotest.Respond(204, "", "").AfterCommit(), 1, 1, left},
		"an ID with a slash":    {set("id", "../x"), 1, 1, left},
		"another Deployment":    {set("deploymentId", "another"), 1, 1, left},
		"another type":          {set("type", "IMAGE_ONLY"), 1, 1, "a deploy of type IMAGE_ONLY instead of DAG_ONLY"},
		"an unknown type":       {set("type", "DAG"), 1, 1, ""},
		"no status":             {set("status", ""), 1, 1, left},
		"400":                   {astrotest.Error(400, "no"), 1, 0, "400 Bad Request: no [request astrotest-request]"},
		"403":                   {astrotest.Error(403, "no"), 1, 0, "needs the permission deployment.deploys.create on this Deployment, and then deployment.deploys.update to finalize"},
		"404":                   {astrotest.Error(404, "no"), 1, 0, "check the IDs in the call"},
		"429":                   {astrotest.RateLimited(), 2, 1, ""},
		"a malformed timestamp": {set("createdAt", "yesterday"), 1, 1, ""},
		"an unknown field":      {set("new", 1), 1, 1, ""},
		"no Deployment":         {astrotest.EditDeploy(func(deploy map[string]any) { delete(deploy, "deploymentId") }), 1, 1, "the response lacks the deploy's deploymentId"},
	} {
		t.Run(name, func(t *testing.T) {
			server, client, deployment := home(t)
			server.Inject(row.fault)
			deploy, err := client.CreateDeploy(t.Context(), deployment, api.CreateDeployRequest{Type: api.DeployTypeDAGOnly})
			assert.Len(t, server.Requests(), row.posts)
			assert.Equal(t, row.created, countDeploys(t, server, client, deployment))
			if row.want == "" {
				require.NoError(t, err)
				assert.NotEmpty(t, deploy.ID)
				return
			}
			assert.Nil(t, deploy)
			assert.ErrorContains(t, err, row.want)
			if !strings.Contains(row.want, "may have") && row.created == 0 {
				assert.NotContains(t, err.Error(), "may have")
			}
			assert.Equal(t, strings.Contains(err.Error(), left), mayHaveTakenEffect(t, err), "the text and MayHaveTakenEffect agree")
		})
	}
}

// mayHaveTakenEffect returns MayHaveTakenEffect of the TransportError or APIError in err.
func mayHaveTakenEffect(t *testing.T, err error) bool {
	transportErr, apiErr := (*wrapper.TransportError)(nil), (*wrapper.APIError)(nil)
	if errors.As(err, &transportErr) {
		return transportErr.MayHaveTakenEffect
	}
	require.ErrorAs(t, err, &apiErr)
	return apiErr.MayHaveTakenEffect
}

// countDeploys returns how many deploys a Deployment has on the service.
func countDeploys(t *testing.T, server *astrotest.Server, client *wrapper.Client, in wrapper.Deployment) (count int) {
	for deploy, err := range client.ListDeploys(t.Context(), in) {
		require.NoError(t, err)
		stored, found := server.Deploy(deploy.ID)
		require.True(t, found)
		require.Equal(t, stored.Status, deploy.Status)
		count++
	}
	return count
}

// The upload URLs of a created deploy appear only in its JSON.
func TestCreateDeployReturnsTheUploadURLAsASecret(t *testing.T) {
	_, client, deployment := home(t)
	deploy, err := client.CreateDeploy(t.Context(), deployment, api.CreateDeployRequest{Type: api.DeployTypeDAGOnly})
	require.NoError(t, err)
	require.Contains(t, deploy.DAGsUploadURL.Reveal(), chaostest.Signature)
	chaostest.RequireNoSecret(t, deploy)
	encoded, err := json.Marshal(deploy)
	require.NoError(t, err)
	assert.Contains(t, string(encoded), chaostest.Signature)
}
