package astrotest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
)

// call makes a request and returns the status, the body as T if the status is 200, and the text.
func call[T any](t *testing.T, server *astrotest.Server, method, path, body string) (status int, decoded T, text string) {
	t.Helper()
	status, text = send(t, server, method, path, body)
	if status == http.StatusOK {
		require.NoError(t, json.Unmarshal([]byte(text), &decoded), text)
	}
	return status, decoded, text
}

func deploysPath(version string, deployment astrotest.Deployment) string {
	return version + "/organizations/" + deployment.OrganizationID + "/deployments/" + deployment.ID + "/deploys"
}

func TestCreateDeploy(t *testing.T) {
	long := strings.Repeat("ü", 500)
	for _, row := range []struct {
		body    string
		on, off string // the refusal where DAG deploys are on and off; "" is none
	}{
		{`{"type":"IMAGE_AND_DAG"}`, "", ""},
		{`{"type":"IMAGE_AND_DAG","description":"mine"}`, "", ""},
		{`{"type":"IMAGE_AND_DAG","description":"` + long + `"}`, "", ""},
		{`{"type":"IMAGE_AND_DAG","description":"` + long + `x"}`, "description must have at most 500 characters", "description must have"},
		{`{"type":"IMAGE_AND_DAG","unknownField":"x"}`, "", ""},
		{`{"type":"IMAGE_ONLY"}`, "", "IMAGE_ONLY needs DAG deploys"},
		{`{"type":"DAG_ONLY"}`, "", "DAG_ONLY needs DAG deploys"},
		{`{"type":"BUNDLE","bundleMountPath":"/mine","bundleType":"other"}`, "", "BUNDLE needs DAG deploys"},
		{`{"type":"BUNDLE","bundleType":"dbt"}`, "bundleMountPath is required", "BUNDLE needs DAG deploys"},
		{`{"type":"BUNDLE","bundleMountPath":"","bundleType":"dbt"}`, "bundleMountPath is required", "BUNDLE needs DAG deploys"},
		{`{"type":"BUNDLE","bundleMountPath":"/mine"}`, "bundleType is required", "BUNDLE needs DAG deploys"},
		{`{"type":"BUNDLE","bundleMountPath":"/mine","bundleType":""}`, "bundleType is required", "BUNDLE needs DAG deploys"},
		{`{"type":"DAG"}`, `type must be`, "type must be"},
		{`{}`, "type is required", "type is required"},
		{`null`, "type is required", "type is required"},
		{`{"type":1}`, "can't decode JSON body", "can't decode JSON body"},
	} {
		for dagDeploys, refusal := range map[bool]string{true: row.on, false: row.off} {
			server := astrotest.NewServer()
			t.Cleanup(server.Close)
			deployment := server.AddDeployment(astrotest.Deployment{DAGDeploys: dagDeploys})
			status, created, text := call[api.Deploy](t, server, http.MethodPost, deploysPath("/v1", deployment), row.body)
			if refusal != "" {
				assert.Equal(t, 400, status, row.body)
				assert.Contains(t, text, `"message":"Invalid request: `)
				assert.Contains(t, text, refusal)
				continue
			}
			require.Equal(t, 200, status, text)
			var asked api.CreateDeployRequest
			require.NoError(t, json.Unmarshal([]byte(row.body), &asked))
			isBundle := asked.Type == api.DeployTypeBundle
			assert.Equal(t, api.DeployStatusInitialized, created.Status)
			assert.Equal(t, asked.Type, created.Type)
			assert.Equal(t, deployment.ID, created.DeploymentID)
			assert.Equal(t, asked.Description, created.Description)
			assert.Equal(t, dagDeploys, created.IsDAGDeployEnabled)
			assert.Equal(t, dagDeploys, created.DAGsUploadURL != nil)
			assert.Equal(t, isBundle, created.BundleUploadURL != nil)
			assert.Equal(t, asked.BundleMountPath, created.BundleMountPath)
			assert.NotEmpty(t, created.ImageRepository)
			assert.NotEmpty(t, created.CreatedBySubject.ID)
			stored, found := server.Deploy(created.ID)
			assert.True(t, found)
			assert.Equal(t, created, stored)
		}
	}
}

// A Deployment shows the bundle type that its bundle was created with.
func TestDeploymentShowsTheBundleType(t *testing.T) {
	server := astrotest.NewServer(astrotest.WithAnyVersion())
	defer server.Close()
	deployment := server.AddDeployment(astrotest.Deployment{DAGDeploys: true})
	path := deploysPath("/v1", deployment)
	_, created, _ := call[api.Deploy](t, server, http.MethodPost, path, `{"type":"BUNDLE","bundleMountPath":"/mine","bundleType":"other"}`)
	seeded := server.AddDeploy(api.Deploy{DeploymentID: deployment.ID, Type: api.DeployTypeBundle})
	types := map[string]string{}
	for _, id := range []string{created.ID, seeded.ID} {
		status, _ := send(t, server, http.MethodPost, path+"/"+id+"/finalize", `{"bundleTarballVersion":"v"}`)
		require.Equal(t, 200, status)
	}
	for _, bundle := range must(server.Deployment(deployment.ID)).Bundles {
		types[bundle.DeployID] = bundle.BundleType
	}
	assert.Equal(t, map[string]string{created.ID: "other", seeded.ID: "dbt"}, types)
}

// Responses of v1 show the git of a deploy, whichever version created it; those of v1beta1 do not.
func TestOnlyResponsesOfV1ShowGit(t *testing.T) {
	server := astrotest.NewServer(astrotest.WithAnyVersion())
	defer server.Close()
	deployment := server.AddDeployment(astrotest.Deployment{DAGDeploys: true})
	body := `{"type":"DAG_ONLY","git":` + gitOf("remoteUrl", "") + `}`
	versions := []string{"/v1", "/platform/v1beta1"}
	for _, createdIn := range versions {
		for _, readIn := range versions {
			path := deploysPath(readIn, deployment)
			status, created, text := call[api.Deploy](t, server, http.MethodPost, deploysPath(createdIn, deployment), body)
			require.Equal(t, 200, status, text)
			assert.Equal(t, createdIn == "/v1", created.Git != nil, createdIn)
			_, read, _ := call[api.Deploy](t, server, http.MethodGet, path+"/"+created.ID, "")
			_, list, _ := call[api.DeploysPaginated](t, server, http.MethodGet, path+"?limit=1", "")
			_, updated, _ := call[api.Deploy](t, server, http.MethodPost, path+"/"+created.ID, "{}")
			_, finalized, _ := call[api.Deploy](t, server, http.MethodPost, path+"/"+created.ID+"/finalize", `{"dagTarballVersion":"v"}`)
			for _, seen := range []api.Deploy{read, list.Deploys[0], updated, finalized} {
				require.Equal(t, created.ID, seen.ID)
				require.Equal(t, readIn == "/v1", seen.Git != nil, "created in %s, read in %s", createdIn, readIn)
				if seen.Git != nil {
					assert.Equal(t, "5b1ee0d", seen.Git.CommitSHA)
				}
			}
		}
	}
}

// gitOf returns a git that both versions accept, with changes: pairs of a field and its value. The
// value "" removes the field.
func gitOf(changes ...string) string {
	git := map[string]string{
		"provider": "GITHUB", "commitSha": "5b1ee0d", "account": "acme", "repo": "dags",
		"branch": "main", "commitUrl": "https://github.com/acme/dags/commit/5b1ee0d",
	}
	for i := 0; i < len(changes); i += 2 {
		git[changes[i]] = changes[i+1]
		if changes[i+1] == "" {
			delete(git, changes[i])
		}
	}
	encoded, err := json.Marshal(git)
	if err != nil {
		panic(err)
	}
	return string(encoded)
}

func TestCreateDeployChecksGit(t *testing.T) {
	const url = "https://git.example/dags"
	generic := func(changes ...string) string {
		return gitOf(append([]string{"provider", "GENERIC", "account", "", "repo", "", "remoteUrl", url}, changes...)...)
	}
	for _, row := range []struct {
		git         string
		v1, v1Beta1 string // the refusal; "" is none
	}{
		{"null", "", ""},
		{gitOf(), "", ""},
		{gitOf("authorName", "Jane", "unknownField", "x"), "", ""},
		{gitOf("branch", "", "commitUrl", ""), "", "git.branch is required"},
		{gitOf("commitUrl", ""), "", "git.commitUrl is required"},
		{gitOf("provider", ""), "git.provider is required", "git.provider is required"},
		{gitOf("commitSha", ""), "git.commitSha is required", "git.commitSha is required"},
		{gitOf("account", ""), "git.account is required", "git.account is required"},
		{gitOf("repo", ""), "git.repo is required", "git.repo is required"},
		{gitOf("remoteUrl", url), "git.remoteUrl must be empty for the provider GITHUB", ""},
		{strings.Replace(gitOf("repo", "EMPTY"), "EMPTY", "", 1), "git.repo is required", "git.repo is required"},
		{generic(), "", "git.account is required"},
		{generic("branch", "", "commitUrl", ""), "", "git.account is required"},
		{generic("commitSha", ""), "git.commitSha is required", "git.commitSha is required"},
		{generic("remoteUrl", ""), "git.remoteUrl is required", "git.account is required"},
		{generic("account", "acme"), "git.account must be empty for the provider GENERIC", "git.repo is required"},
		{generic("repo", "dags"), "git.repo must be empty for the provider GENERIC", "git.account is required"},
		{gitOf("provider", "GENERIC"), "git.remoteUrl is required", `git.provider must be GITHUB, and is \"GENERIC\"`},
		{gitOf("provider", "SOMETHING_NEW"), "", `git.provider must be GITHUB, and is \"SOMETHING_NEW\"`},
	} {
		for version, refusal := range map[string]string{"/v1": row.v1, "/platform/v1beta1": row.v1Beta1} {
			server := astrotest.NewServer()
			t.Cleanup(server.Close)
			deployment := server.AddDeployment(astrotest.Deployment{DAGDeploys: true})
			status, created, text := call[api.Deploy](t, server, http.MethodPost, deploysPath(version, deployment), `{"type":"DAG_ONLY","git":`+row.git+`}`)
			if refusal != "" {
				assert.Equal(t, 400, status, "%s %s", version, row.git)
				assert.Contains(t, text, `"message":"Invalid request: `+refusal+`"`, "%s %s", version, row.git)
				assert.Contains(t, text, `"statusCode":400`)
				assert.Zero(t, server.Creates(deployment.ID))
				continue
			}
			require.Equal(t, 200, status, "%s %s %s", version, row.git, text)
			stored := must(server.Deploy(created.ID)).Git
			if version == "/v1" || row.git == "null" {
				assert.Equal(t, created.Git, stored)
				continue
			}
			assert.Equal(t, "acme", *stored.Account)
			assert.Nil(t, stored.RemoteURL, "v1beta1 ignores it")
		}
	}
}

func TestListDeploys(t *testing.T) {
	server := astrotest.NewServer()
	defer server.Close()
	deployment := server.AddDeployment(astrotest.Deployment{DAGDeploys: true})
	path := deploysPath("/v1", deployment)
	status, text := send(t, server, http.MethodGet, path, "")
	assert.Equal(t, 200, status)
	assert.JSONEq(t, `{"deploys":[],"limit":20,"offset":0,"totalCount":0}`, text)

	var newestFirst []string
	for i := range 25 {
		id := server.AddDeploy(api.Deploy{DeploymentID: deployment.ID, ID: fmt.Sprint("deploy-", i)}).ID
		newestFirst = append([]string{id}, newestFirst...)
	}
	old := server.AddDeploy(api.Deploy{DeploymentID: deployment.ID, CreatedAt: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)})
	asOld := server.AddDeploy(api.Deploy{DeploymentID: deployment.ID, CreatedAt: old.CreatedAt})
	newestFirst = append(newestFirst, asOld.ID, old.ID)
	server.AddDeploy(api.Deploy{DeploymentID: server.AddDeployment(astrotest.Deployment{}).ID}) // on another Deployment

	for query, want := range map[string]struct{ offset, limit, from, to int }{
		"":                     {0, 20, 0, 20},
		"?limit=0":             {0, 20, 0, 20},
		"?limit=1":             {0, 1, 0, 1},
		"?limit=1000":          {0, 1000, 0, 27},
		"?offset=20":           {20, 20, 20, 27},
		"?offset=2&limit=3":    {2, 3, 2, 5},
		"?offset=26&limit=5":   {26, 5, 26, 27},
		"?offset=27":           {27, 20, 27, 27},
		"?offset=99999":        {99999, 20, 27, 27},
		"?offset=0&unknown=it": {0, 20, 0, 20},
	} {
		status, page, text := call[api.DeploysPaginated](t, server, http.MethodGet, path+query, "")
		require.Equal(t, 200, status, text)
		ids := []string{}
		for _, deploy := range page.Deploys {
			ids = append(ids, deploy.ID)
		}
		assert.Equal(t, newestFirst[want.from:want.to], ids, query)
		assert.Equal(t, []int{want.offset, want.limit, 27}, []int{page.Offset, page.Limit, page.TotalCount}, query)
	}
	for _, query := range []string{"?limit=-1", "?limit=1001", "?offset=-1", "?limit=many", "?offset="} {
		status, text := send(t, server, http.MethodGet, path+query, "")
		assert.Equal(t, 400, status, query)
		assert.Contains(t, text, `"statusCode":400`)
	}
}

func TestUpdateDeploy(t *testing.T) {
	server := astrotest.NewServer()
	defer server.Close()
	deployment := server.AddDeployment(astrotest.Deployment{DAGDeploys: true})
	id := server.AddDeploy(api.Deploy{DeploymentID: deployment.ID}).ID
	for _, row := range []struct {
		body   string
		status int
		after  string
	}{
		{`{"description":"first"}`, 200, "first"},
		{`{"description":"` + strings.Repeat("ü", 501) + `"}`, 400, "first"},
		{`{}`, 200, "first"},
		{`{"description":""}`, 200, ""},
		{`{"description":"second","type":"BUNDLE"}`, 200, "second"},
	} {
		status, updated, text := call[api.Deploy](t, server, http.MethodPost, deploysPath("/v1", deployment)+"/"+id, row.body)
		assert.Equal(t, row.status, status, text)
		now := must(server.Deploy(id))
		assert.Equal(t, row.after, *now.Description, row.body)
		assert.Equal(t, api.DeployTypeImageAndDAG, now.Type)
		assert.Equal(t, api.DeployStatusInitialized, now.Status)
		if status == 200 {
			assert.Equal(t, now, updated)
			assert.NotNil(t, updated.UpdatedAt)
		}
	}
}

func TestDeployRollback(t *testing.T) {
	server := astrotest.NewServer(astrotest.WithAnyVersion())
	defer server.Close()
	deployment := server.AddDeployment(astrotest.Deployment{DAGDeploys: true})
	path := deploysPath("/v1", deployment)
	finalize := func(version string) api.Deploy {
		deploy := server.AddDeploy(api.Deploy{DeploymentID: deployment.ID, Type: api.DeployTypeDAGOnly})
		status, finalized, text := call[api.Deploy](t, server, http.MethodPost, path+"/"+deploy.ID+"/finalize", `{"dagTarballVersion":"`+version+`"}`)
		require.Equal(t, 200, status, text)
		return finalized
	}
	rollBack := func(deploy api.Deploy, body string) (int, api.Deploy, string) {
		return call[api.Deploy](t, server, http.MethodPost, path+"/"+deploy.ID+"/rollback", body)
	}
	monday, tuesday := finalize("monday"), finalize("tuesday")
	initialized := server.AddDeploy(api.Deploy{DeploymentID: deployment.ID})
	failed := server.AddDeploy(api.Deploy{DeploymentID: deployment.ID, Status: api.DeployStatusFailed})

	for _, refused := range []api.Deploy{initialized, failed} {
		status, _, text := rollBack(refused, "{}")
		assert.Equal(t, 400, status)
		assert.Contains(t, text, "Cannot roll back")
	}
	status, _, text := rollBack(monday, `{"description":"`+strings.Repeat("x", 501)+`"}`)
	assert.Equal(t, 400, status)
	assert.Contains(t, text, "description must have")
	assert.Equal(t, "tuesday", must(server.Deployment(deployment.ID)).DAGTarballVersion)

	status, rollback, text := rollBack(monday, `{"description":"back to monday"}`)
	require.Equal(t, 200, status, text)
	assert.Equal(t, api.DeployStatusDeployed, rollback.Status)
	assert.Equal(t, monday.Type, rollback.Type)
	assert.Equal(t, monday.ID, *rollback.RollbackFromID)
	assert.Equal(t, "monday", *rollback.DAGTarballVersion)
	assert.Equal(t, "back to monday", *rollback.Description)
	assert.Equal(t, monday.ImageTag, rollback.ImageTag)
	assert.NotContains(t, []string{monday.ID, tuesday.ID}, rollback.ID)
	assert.Equal(t, "monday", must(server.Deployment(deployment.ID)).DAGTarballVersion)
	assert.Equal(t, rollback, must(server.Deploy(rollback.ID)))
	assert.Nil(t, must(server.Deploy(monday.ID)).RollbackFromID)

	// Rolling back to a deploy without DAGs does not change the DAGs. A rollback can be rolled back to.
	imageOnly := server.AddDeploy(api.Deploy{DeploymentID: deployment.ID, Type: api.DeployTypeImageOnly, Status: api.DeployStatusDeployed})
	for _, row := range []struct {
		to   api.Deploy
		dags string
	}{{imageOnly, "monday"}, {tuesday, "tuesday"}, {rollback, "monday"}} {
		status, _, text := rollBack(row.to, "{}")
		require.Equal(t, 200, status, text)
		assert.Equal(t, row.dags, must(server.Deployment(deployment.ID)).DAGTarballVersion)
	}
}

// No operation finds a deploy under another organization or Deployment.
func TestDeploysAreFoundOnlyOnTheirDeployment(t *testing.T) {
	server := astrotest.NewServer()
	defer server.Close()
	mine := server.AddDeployment(astrotest.Deployment{DAGDeploys: true})
	another := server.AddDeployment(astrotest.Deployment{DAGDeploys: true})
	id := server.AddDeploy(api.Deploy{DeploymentID: mine.ID, Status: api.DeployStatusDeployed, Type: api.DeployTypeImageOnly}).ID
	for _, operation := range []struct{ method, path, body string }{
		{http.MethodGet, "", ""},
		{http.MethodPost, "", `{"type":"DAG_ONLY"}`},
		{http.MethodGet, "/" + id, ""},
		{http.MethodPost, "/" + id, "{}"},
		{http.MethodPost, "/" + id + "/rollback", "{}"},
		{http.MethodPost, "/" + id + "/finalize", "{}"},
	} {
		for _, version := range []string{"/v1", "/platform/v1beta1"} {
			path := deploysPath(version, mine) + operation.path
			paths := []string{strings.Replace(path, mine.OrganizationID, another.OrganizationID, 1), strings.Replace(path, mine.ID, "none", 1)}
			if operation.path != "" {
				paths = append(paths, strings.Replace(path, id, "none", 1), deploysPath(version, astrotest.Deployment{ID: another.ID, OrganizationID: another.OrganizationID})+operation.path)
			}
			for _, elsewhere := range paths {
				status, text := send(t, server, operation.method, elsewhere, operation.body)
				assert.Equal(t, 404, status, "%s %s", operation.method, elsewhere)
				assert.Contains(t, text, `not found","requestId"`)
			}
			status, text := send(t, server, operation.method, path, operation.body)
			assert.Equal(t, 200, status, text)
		}
	}
}
