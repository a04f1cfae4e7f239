package astrotest_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
)

func TestFinalizeRequiresAStoredVersion(t *testing.T) {
	for _, row := range []struct {
		deployType api.DeployType
		body       string // %s is a version
		options    []astrotest.Option
		unknown    int
	}{
		{api.DeployTypeDAGOnly, `{"dagTarballVersion":"%s"}`, nil, 400},
		{api.DeployTypeImageAndDAG, `{"dagTarballVersion":"%s"}`, nil, 400},
		{api.DeployTypeBundle, `{"bundleTarballVersion":"%s"}`, nil, 400},
		{api.DeployTypeImageOnly, `{"dagTarballVersion":"%s"}`, nil, 200}, // needs no version
		{api.DeployTypeDAGOnly, `{"dagTarballVersion":"%s"}`, []astrotest.Option{astrotest.WithAnyVersion()}, 200},
		{api.DeployTypeBundle, `{"bundleTarballVersion":"%s"}`, []astrotest.Option{astrotest.WithAnyVersion()}, 200},
	} {
		server := astrotest.NewServer(row.options...)
		t.Cleanup(server.Close)
		deployment := server.AddDeployment(astrotest.Deployment{DAGDeploys: true})
		finalize := func(version string) int {
			id := server.AddDeploy(api.Deploy{DeploymentID: deployment.ID, Type: row.deployType}).ID
			status, _ := send(t, server, http.MethodPost, deploysPath("/v1", deployment)+"/"+id+"/finalize", strings.Replace(row.body, "%s", version, 1))
			return status
		}
		_, version := upload(server.AddDeploy(api.Deploy{DeploymentID: deployment.ID}).DAGsUploadURL, "tarball")
		assert.Equal(t, 200, finalize(version), row)
		assert.Equal(t, 200, finalize(server.AddTarball([]byte("tarball"))), row)
		assert.Equal(t, row.unknown, finalize("unknown"), row)
		if row.deployType == api.DeployTypeBundle {
			assert.Equal(t, 200, finalize(""), "a removal has no version")
		}
	}
}

func TestAddTarball(t *testing.T) {
	server := astrotest.NewServer()
	defer server.Close()
	content := []byte("tarball")
	version, other := server.AddTarball(content), server.AddTarball(nil)
	assert.Greater(t, other, version)
	content[0] = 'X'
	assert.Equal(t, "tarball", string(must(server.Tarball(version))))
	assert.Empty(t, must(server.Tarball(other)))
}

// Uploads are recorded without their bodies, and do not count for the API's rate limits.
func TestUploadsAreRecordedAndNotCounted(t *testing.T) {
	server := astrotest.NewServer(astrotest.WithRateLimit(http.MethodPut, 1))
	defer server.Close()
	url := server.AddDeploy(api.Deploy{DeploymentID: server.AddDeployment(astrotest.Deployment{DAGDeploys: true}).ID}).DAGsUploadURL
	for range 3 {
		status, _ := upload(url, "tarball")
		require.Equal(t, 201, status)
	}
	leak, err := http.NewRequestWithContext(t.Context(), http.MethodPut, url.Reveal(), strings.NewReader("tarball"))
	require.NoError(t, err)
	leak.Header.Set("Authorization", "Bearer "+astrotest.Token)
	response, err := http.DefaultClient.Do(leak)
	require.NoError(t, err)
	_ = response.Body.Close()
	assert.Equal(t, 400, response.StatusCode)

	requests := server.Requests()
	require.Len(t, requests, 4)
	for _, request := range requests {
		assert.Equal(t, strings.TrimPrefix(url.Reveal(), server.URL), request.Path)
		assert.Equal(t, http.MethodPut, request.Method)
		assert.Nil(t, request.Body)
	}
	assert.Equal(t, "BlockBlob", requests[0].Header.Get("x-ms-blob-type"))
	assert.Empty(t, requests[0].Authorization)
	assert.Equal(t, []api.Secret{api.NewSecret("Bearer " + astrotest.Token)}, requests[3].Authorization, "a leaked token is recorded")
}

// Every request has one line, and no line has a secret.
func TestLog(t *testing.T) {
	var log bytes.Buffer
	handler := slog.NewTextHandler(&log, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}})
	server := astrotest.NewServer(astrotest.WithAnyVersion(), astrotest.WithLogger(slog.New(handler)))
	deployment := server.AddDeployment(astrotest.Deployment{DAGDeploys: true})
	path := deploysPath("/v1", deployment)
	deploy := server.AddDeploy(api.Deploy{DeploymentID: deployment.ID, Type: api.DeployTypeDAGOnly})
	upload(deploy.DAGsUploadURL, "tarball")
	send(t, server, http.MethodGet, path+"?limit=5", "")
	send(t, server, http.MethodPost, path+"/"+deploy.ID+"/finalize", `{"dagTarballVersion":"v"}`)
	send(t, server, http.MethodGet, "/v3/x?sig=astrotest-signature", "")
	send(t, server, http.MethodGet, strings.TrimPrefix(deploy.DAGsUploadURL.Reveal(), server.URL), "")
	server.Inject(astrotest.CutConnection(), astrotest.BadGateway(), astrotest.CutHeader())
	for range 3 {
		upload(deploy.DAGsUploadURL, "tarball")
	}
	server.Close() // a line may be written after the response

	blob := "/storage/dags/" + deployment.ID
	var lines []string
	for line := range strings.Lines(log.String()) {
		line, duration, found := strings.Cut(line, " duration=")
		assert.True(t, found)
		assert.Regexp(t, `^[\d.]+[nµm]?s\n$`, duration)
		lines = append(lines, strings.TrimPrefix(line, "level=INFO msg=request "))
	}
	assert.ElementsMatch(t, []string{
		"operation=PutBlob method=PUT path=" + blob + " status=201 bytes=7",
		"operation=ListDeploys method=GET path=" + path + " status=200 bytes=0",
		"operation=FinalizeDeploy method=POST path=" + path + "/" + deploy.ID + "/finalize status=200 bytes=25",
		"operation=none method=GET path=/v3/x status=404 bytes=0",
		"operation=none method=GET path=" + blob + " status=400 bytes=0",
		"operation=PutBlob method=PUT path=" + blob + " status=0 bytes=0",
		"operation=PutBlob method=PUT path=" + blob + " status=502 bytes=7",
		"operation=PutBlob method=PUT path=" + blob + " status=0 bytes=7",
	}, lines)
	for _, secret := range []string{astrotest.Token, "sig"} {
		assert.NotContains(t, log.String(), secret)
	}

	silent := astrotest.NewServer(astrotest.WithLogger(nil))
	defer silent.Close()
	send(t, silent, http.MethodGet, "/v1/x", "")
}
