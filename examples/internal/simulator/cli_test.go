package simulator

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// recorded is a request of the vendor's CLI, version 1.45, as the simulator received it. {deploy}
// and the like stand for what earlier responses contained.
type recorded struct{ method, path, body string }

const (
	cliDeployments = "/v1/organizations/{organization}/deployments"
	cliDeploys     = cliDeployments + "/{deployment}/deploys"
	cliBlocks      = "{upload}&comp=block&blockid="
)

var (
	cliBegin        = recorded{"GET", "/v1/organizations?limit=100&offset=0", ""} // of every command
	cliList         = recorded{"GET", cliDeployments + "?limit=1000&offset=0&workspaceIds={workspace}", ""}
	cliGet          = recorded{"GET", cliDeployments + "/{deployment}", ""}
	cliFinalizeDAGs = recorded{"POST", cliDeploys + "/{deploy}/finalize", `{"dagTarballVersion":"{version}"}`}
	cliCreateBundle = recorded{"POST", cliDeploys, `{"bundleMountPath":"/usr/local/airflow/dbt/shop","bundleType":"dbt","description":"","type":"BUNDLE"}`}

	cliBlock     = "aIT+Btp2SLpn3Q7NkM9YgQ" + strings.Repeat("A", 64) + "=="
	cliNextBlock = "aIT+Btp2SLpn3Q7NkM9YgQAAAAE" + strings.Repeat("A", 59) + "=="

	cliHeader = http.Header{
		"Accept-Encoding": {"gzip"}, "User-Agent": {"astro-cli/"}, "X-Astro-Client-Identifier": {"cli"},
		"X-Astro-Client-Version": {""}, "X-Client-Os-Identifier": {"linux-amd64"},
	}
	cliUploadHeader = http.Header{
		"Accept": {"application/xml"}, "Accept-Encoding": {"gzip"}, "Content-Type": {"application/octet-stream"},
		"User-Agent": {"azsdk-go-azblob/v1.7.0 (go1.26.8; linux)"}, "X-Ms-Version": {"2026-04-06"},
	}
)

// cliCommands are the commands that were recorded, in their order, with the DAGs and the bundles that
// the Deployment has after each.
var cliCommands = []struct {
	args          string
	requests      []recorded
	dags, bundles string
}{
	{"deployment list", []recorded{cliBegin, cliList}, "", ""},
	{"deployment list --all", []recorded{cliBegin, {"GET", cliDeployments + "?limit=1000&offset=0", ""}}, "", ""},
	{"deploy DEPLOYMENT --dags -f, in a folder without a repository", []recorded{
		cliBegin, cliGet,
		{"POST", cliDeploys, `{"description":"","type":"DAG_ONLY"}`},
		{"PUT", "{upload}", "\x1f\x8b\b\x00\x00\x00\x00\x00\x00\xff"},
		cliFinalizeDAGs,
	}, "{version}", ""},
	{"deploy --dags, in a repository of GitHub", []recorded{
		cliBegin, cliList, cliGet, cliGet,
		{"POST", cliDeploys, `{"description":"The first DAG","git":{"account":"acme","authorName":"Jane","branch":"main","commitSha":"8e990a8bdf4cea8a5a97f60469c2d694fabf4e58","commitUrl":"https://github.com/acme/dags/commit/8e990a8bdf4cea8a5a97f60469c2d694fabf4e58","provider":"GITHUB","repo":"dags"},"type":"DAG_ONLY"}`},
		{"PUT", "{upload}", "\x1f\x8b\b\x00\x00\x00\x00\x00\x00\xff"},
		cliFinalizeDAGs,
	}, "{version}", ""},
	{"deploy DEPLOYMENT --dags, of more than 1 MiB, in another repository", []recorded{
		cliBegin, cliGet,
		{"POST", cliDeploys, `{"description":"The first DAG","git":{"authorName":"Jane","branch":"main","commitSha":"8e990a8bdf4cea8a5a97f60469c2d694fabf4e58","provider":"GENERIC","remoteUrl":"https://git.example/acme/dags.git"},"type":"DAG_ONLY"}`},
		{"PUT", cliBlocks + url.QueryEscape(cliBlock), strings.Repeat("\x1f", 1<<20)},
		{"PUT", cliBlocks + url.QueryEscape(cliNextBlock), "\x8b"},
		{"PUT", "{upload}&comp=blocklist", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<BlockList><Latest>" + cliBlock + "</Latest><Latest>" + cliNextBlock + "</Latest></BlockList>"},
		cliFinalizeDAGs,
	}, "{version}", ""},
	{"deploy DEPLOYMENT --image -f", []recorded{
		cliBegin, cliGet,
		{"POST", cliDeploys, `{"description":"","type":"IMAGE_ONLY"}`},
		{"GET", "/v1/organizations/{organization}/deployment-options", ""},
		{"POST", cliDeploys + "/{deploy}/finalize", `{"dagTarballVersion":""}`},
	}, "{version}", ""},
	{"dbt deploy DEPLOYMENT", []recorded{
		cliBegin, cliGet, cliCreateBundle,
		{"PUT", "{upload}", "\x1f\x8b\b\x00\x00\x00\x00\x00\x00\xff"},
		{"POST", cliDeploys + "/{deploy}/finalize", `{"bundleTarballVersion":"{version}"}`},
	}, "{dags}", "/usr/local/airflow/dbt/shop {version}"},
	{"dbt delete DEPLOYMENT", []recorded{
		cliBegin, cliCreateBundle,
		{"POST", cliDeploys + "/{deploy}/finalize", `{"bundleTarballVersion":""}`},
	}, "{dags}", ""},
}

func TestReplayOfTheCLI(t *testing.T) {
	s := start(t)
	defer s.stop()
	known := map[string]string{"organization": s.exports["ASTRO_ORGANIZATION_ID"], "deployment": s.exports["ASTRO_DEPLOYMENT_ID"]}
	fill := func(text string) string {
		for name, value := range known {
			text = strings.ReplaceAll(text, "{"+name+"}", value)
		}
		return text
	}
	_, deployments := s.ask(t, fill("/{organization}/deployments"), s.exports["ASTRO_API_TOKEN"])
	known["workspace"] = deployments.Deployments[0].WorkspaceID
	for _, command := range cliCommands {
		for _, request := range command.requests {
			s.replay(t, request, fill, known)
		}
		now, bundles := s.state(t, fill)
		assert.Equal(t, fill(command.dags), now.DAGTarballVersion, command.args)
		assert.Equal(t, fill(command.bundles), bundles, command.args)
		known["dags"] = now.DAGTarballVersion
	}
}

// replay makes the request, and adds to known what the CLI takes from the response.
func (s simulator) replay(t *testing.T, request recorded, fill func(string) string, known map[string]string) {
	header, address, want := cliHeader.Clone(), s.exports["ASTRO_API_URL"]+fill(request.path), 200
	if request.method == http.MethodPut {
		header, address, want = cliUploadHeader.Clone(), fill(request.path), 201
		if request.path == "{upload}" {
			header.Set("X-Ms-Blob-Type", "BlockBlob")
		}
	} else {
		header.Set("Authorization", "Bearer "+s.exports["ASTRO_API_TOKEN"])
	}
	if request.method == http.MethodPost {
		header.Set("Content-Type", "application/json")
	}
	response, body := s.send(t, request.method, address, fill(request.body), header)
	require.Equal(t, want, response.StatusCode, "%s %s: %s", request.method, request.path, body)
	if version := response.Header.Get("X-Ms-Version-Id"); version != "" {
		known["version"] = version
	}
	if request.method == http.MethodPost && request.path == cliDeploys {
		var created api.Deploy
		require.NoError(t, json.Unmarshal([]byte(body), &created), body)
		known["deploy"] = created.ID
		known["upload"] = created.DAGsUploadURL.Reveal()
		if created.BundleUploadURL != nil {
			known["upload"] = created.BundleUploadURL.Reveal()
		}
	}
}

// state returns the Deployment, and the mount paths and versions of its bundles.
func (s simulator) state(t *testing.T, fill func(string) string) (deployment, string) {
	token := s.exports["ASTRO_API_TOKEN"]
	_, read := s.ask(t, fill("/{organization}/deployments/{deployment}"), token)
	_, body := s.send(t, http.MethodGet, s.exports["ASTRO_API_URL"]+fill(cliDeploys), "", http.Header{"Authorization": {"Bearer " + token}})
	var deploys api.DeploysPaginated
	require.NoError(t, json.Unmarshal([]byte(body), &deploys), body)
	var bundles []string
	if len(deploys.Deploys) > 0 {
		for _, bundle := range deploys.Deploys[0].Bundles {
			bundles = append(bundles, bundle.MountPath+" "+*bundle.CurrentVersion)
		}
	}
	return read.deployment, strings.Join(bundles, ", ")
}
