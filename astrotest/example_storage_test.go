package astrotest_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// upload is a program under test that uploads a tarball. It returns the status of the response, or 0
// if there was none, and the tarball version.
func upload(url *api.Secret, tarball string) (status int, version string) {
	request, err := http.NewRequest(http.MethodPut, url.Reveal(), strings.NewReader(tarball))
	if err != nil {
		panic(err)
	}
	request.Header.Set("x-ms-blob-type", "BlockBlob")
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	response, err := http.DefaultClient.Do(request.WithContext(ctx))
	if err != nil {
		return 0, ""
	}
	_ = response.Body.Close()
	return response.StatusCode, response.Header.Get("x-ms-version-id")
}

// addUpload adds a deploy and returns the upload URL of its DAGs.
func addUpload(server *astrotest.Server) *api.Secret {
	deployment := server.AddDeployment(astrotest.Deployment{DAGDeploys: true})
	return server.AddDeploy(api.Deploy{DeploymentID: deployment.ID, Type: api.DeployTypeDAGOnly}).DAGsUploadURL
}

// uploadWith injects the fault, uploads a tarball and prints the response.
func uploadWith(fault astrotest.Fault) {
	server := astrotest.NewServer()
	defer server.Close()
	url := addUpload(server)
	server.Inject(fault)
	status, version := upload(url, "tarball")
	fmt.Printf("status: %d, version: %q\n", status, version)
}

// A whole deploy: create, upload, finalize.
func Example_deploy() {
	server := astrotest.NewServer()
	defer server.Close()
	deployment := server.AddDeployment(astrotest.Deployment{DAGDeploys: true})
	client, ctx := newClient(server, astrotest.Token), context.Background()

	response, err := client.API().CreateDeploy(ctx, deployment.OrganizationID, deployment.ID, api.CreateDeployRequest{Type: api.DeployTypeDAGOnly})
	if err != nil {
		fmt.Println(err)
		return
	}
	created, err := api.ParseCreateDeployResponse(response)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, version := upload(created.JSON200.DAGsUploadURL, "tarball")
	finalized, err := client.Finalize(ctx, wrapper.TargetOf(deployment.OrganizationID, created.JSON200), wrapper.DAGTarball(version))
	if err != nil {
		fmt.Println(err)
		return
	}

	now, _ := server.Deployment(deployment.ID)
	tarball, _ := server.Tarball(now.DAGTarballVersion)
	fmt.Println(finalized.Status, string(tarball))
	// Output: DEPLOYED tarball
}

func ExampleServer_Tarball() {
	server := astrotest.NewServer()
	defer server.Close()
	_, version := upload(addUpload(server), "tarball")
	tarball, found := server.Tarball(version)
	fmt.Println(string(tarball), found)
	// Output: tarball true
}

func ExampleWithoutRecording() {
	server := astrotest.NewServer(astrotest.WithoutRecording())
	defer server.Close()
	_, version := upload(addUpload(server), "tarball")
	tarball, found := server.Tarball(version)
	fmt.Println(len(tarball), found, len(server.Requests()))
	// Output: 0 true 0
}

func ExampleWithUploadURLsValidFor() {
	server := astrotest.NewServer(astrotest.WithUploadURLsValidFor(0))
	defer server.Close()
	status, _ := upload(addUpload(server), "tarball")
	fmt.Println(status)
	// Output: 403
}

func ExampleWithUploadURLsValidFrom() {
	server := astrotest.NewServer(astrotest.WithUploadURLsValidFrom(time.Hour))
	defer server.Close()
	status, _ := upload(addUpload(server), "tarball")
	fmt.Println(status)
	// Output: 403
}

func ExampleWithAnyVersion() {
	for _, options := range [][]astrotest.Option{nil, {astrotest.WithAnyVersion()}} {
		server := astrotest.NewServer(options...)
		_, err := newClient(server, astrotest.Token).Finalize(context.Background(), add(server, api.DeployTypeDAGOnly), wrapper.DAGTarball("made up"))
		fmt.Println(errors.Is(err, wrapper.ErrBadRequest))
		server.Close()
	}
	// Output:
	// true
	// false
}

// A test that only finalizes needs no upload.
func ExampleServer_AddTarball() {
	server := astrotest.NewServer()
	defer server.Close()
	version := server.AddTarball([]byte("tarball"))
	deploy, err := newClient(server, astrotest.Token).Finalize(context.Background(), add(server, api.DeployTypeDAGOnly), wrapper.DAGTarball(version))
	fmt.Println(err, *deploy.DAGTarballVersion == version)
	// Output: <nil> true
}

func ExampleWithLogger() {
	constant := func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey || a.Key == "duration" {
			return slog.Attr{}
		}
		return a
	}
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: constant}))
	server := astrotest.NewServer(astrotest.WithLogger(logger))
	upload(addUpload(server), "tarball")
	server.Close()
	// Output: level=INFO msg=request operation=PutBlob method=PUT path=/storage/dags/clfake0000000000000000001 status=201 bytes=7
}

func ExampleStorageError() {
	uploadWith(astrotest.StorageError(http.StatusServiceUnavailable, "ServerBusy", "The server is busy."))
	// Output: status: 503, version: ""
}

func ExampleExpiredUploadURL() {
	uploadWith(astrotest.ExpiredUploadURL())
	// Output: status: 403, version: ""
}

func ExampleUploadURLNotYetValid() {
	uploadWith(astrotest.UploadURLNotYetValid(time.Second))
	// Output: status: 403, version: ""
}

func ExampleCutUpload() {
	uploadWith(astrotest.CutUpload(3))
	// Output: status: 0, version: ""
}

func ExampleStallUpload() {
	server := astrotest.NewServer()
	defer server.Close()
	url := addUpload(server)
	server.Inject(astrotest.StallUpload(3))
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPut, url.Reveal(), strings.NewReader("tarball"))
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = http.DefaultClient.Do(request)
	fmt.Println(ctx.Err(), err != nil)
	// Output: context deadline exceeded true
}

func ExampleFault_WithoutHeader() {
	uploadWith(astrotest.Slow(0).WithoutHeader("x-ms-version-id"))
	// Output: status: 201, version: ""
}
