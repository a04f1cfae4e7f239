package astrotest_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"time"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// read reads a deploy with the program's client and prints its status.
func read(client *wrapper.Client, target wrapper.Target) {
	deploy, err := client.GetDeploy(context.Background(), target)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("read:", deploy.Status)
}

// finalizeAndRead prints the status in the response to a finalize and in the two reads after it.
func finalizeAndRead(server *astrotest.Server) {
	client, target := newClient(server, astrotest.Token), add(server, api.DeployTypeImageOnly)
	deploy, err := client.Finalize(context.Background(), target, wrapper.ImageOnly())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("finalize:", deploy.Status)
	read(client, target)
	read(client, target)
}

// The first read shows the deploy as it was before the finalize.
func ExampleWithLag() {
	server := astrotest.NewServer(astrotest.WithLag(1, 0))
	defer server.Close()
	finalizeAndRead(server)
	// Output:
	// finalize: DEPLOYED
	// read: INITIALIZED
	// read: DEPLOYED
}

// Reads lag until the test ends the lag.
func ExampleServer_SetLag() {
	server := astrotest.NewServer()
	defer server.Close()
	client, target := newClient(server, astrotest.Token), add(server, api.DeployTypeImageOnly)
	server.SetLag(0, time.Hour)
	server.Finalize(target.DeployID, api.FinalizeDeployRequest{})
	read(client, target)
	server.SetLag(0, 0)
	read(client, target)
	// Output:
	// read: INITIALIZED
	// read: DEPLOYED
}

// Another client finalizes the deploy first.
func ExampleServer_Finalize() {
	server := astrotest.NewServer()
	defer server.Close()
	client, target := newClient(server, astrotest.Token), add(server, api.DeployTypeDAGOnly)
	theirs := server.AddTarball([]byte("theirs"))
	server.Finalize(target.DeployID, api.FinalizeDeployRequest{DAGTarballVersion: &theirs})

	deploy, err := client.GetDeploy(context.Background(), target)
	fmt.Println(err, deploy.Status, *deploy.DAGTarballVersion == theirs, len(server.Requests()))
	// Output: <nil> DEPLOYED true 1
}

// Another client rolls back to the earlier deploy.
func ExampleServer_Rollback() {
	server := astrotest.NewServer()
	defer server.Close()
	deployment := server.AddDeployment(astrotest.Deployment{DAGDeploys: true})
	var deploys []api.Deploy
	for _, content := range []string{"monday", "tuesday"} {
		version := server.AddTarball([]byte(content))
		deploy := server.AddDeploy(api.Deploy{DeploymentID: deployment.ID, Type: api.DeployTypeDAGOnly})
		deploys = append(deploys, server.Finalize(deploy.ID, api.FinalizeDeployRequest{DAGTarballVersion: &version}))
	}

	rollback := server.Rollback(deploys[0].ID)
	now, _ := server.Deployment(deployment.ID)
	tarball, _ := server.Tarball(now.DAGTarballVersion)
	fmt.Println(rollback.Status, *rollback.RollbackFromID == deploys[0].ID, string(tarball))
	// Output: DEPLOYED true monday
}

// Another client's bundle replaces that of the program under test.
func ExampleServer_Mount() {
	server := astrotest.NewServer()
	defer server.Close()
	client, target := newClient(server, astrotest.Token), add(server, api.DeployTypeBundle)
	version := server.AddTarball([]byte("bundle"))
	deploy, err := client.Finalize(context.Background(), target, wrapper.BundleTarball(version))
	if err != nil {
		fmt.Println(err)
		return
	}
	theirs := server.Mount(target.DeploymentID, api.Bundle{MountPath: *deploy.BundleMountPath})

	deployment, _ := server.Deployment(target.DeploymentID)
	fmt.Println(len(deployment.Bundles), deployment.Bundles[0].DeployID == theirs.DeployID)
	// Output: 1 true
}

func ExampleWithBundlesShownAs() {
	server := astrotest.NewServer(astrotest.WithBundlesShownAs(api.DeployTypeDAGOnly))
	defer server.Close()
	client := newClient(server, astrotest.Token)
	deployment := server.AddDeployment(astrotest.Deployment{DAGDeploys: true})
	added := server.AddDeploy(api.Deploy{DeploymentID: deployment.ID, Type: api.DeployTypeBundle})
	target := wrapper.Target{OrganizationID: deployment.OrganizationID, DeploymentID: deployment.ID, DeployID: added.ID}
	deploy, err := client.GetDeploy(context.Background(), target)
	fmt.Println(err, added.Type, deploy.Type)
	// Output: <nil> BUNDLE DAG_ONLY
}

// A deploy is created that no tarball can be uploaded for.
func ExampleWithDAGDeploysCheckedAtFinalize() {
	server := astrotest.NewServer(astrotest.WithDAGDeploysCheckedAtFinalize())
	defer server.Close()
	deployment := server.AddDeployment(astrotest.Deployment{DAGDeploys: false})
	to := wrapper.Deployment{OrganizationID: deployment.OrganizationID, DeploymentID: deployment.ID}
	deploy, err := newClient(server, astrotest.Token).CreateDeploy(context.Background(), to, api.CreateDeployRequest{Type: api.DeployTypeDAGOnly})
	fmt.Println(err, deploy.Type, deploy.IsDAGDeployEnabled, deploy.DAGsUploadURL)
	// Output: <nil> DAG_ONLY false <nil>
}

// Another client deploys an image and deletes the DAGs, as the vendor's CLI does.
func ExampleWithEmptyDAGVersionAccepted() {
	server := astrotest.NewServer(astrotest.WithEmptyDAGVersionAccepted())
	defer server.Close()
	deployment := server.AddDeployment(astrotest.Deployment{DAGDeploys: true, DAGTarballVersion: "monday"})
	deploy := server.AddDeploy(api.Deploy{DeploymentID: deployment.ID, Type: api.DeployTypeImageAndDAG})
	empty := ""
	finalized := server.Finalize(deploy.ID, api.FinalizeDeployRequest{DAGTarballVersion: &empty})
	deployment, _ = server.Deployment(deployment.ID)
	fmt.Printf("%s %q\n", finalized.Status, deployment.DAGTarballVersion)
	// Output: DEPLOYED ""
}

// API requests and uploads go through a proxy in front of the server.
func ExampleWithPublicURL() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	proxy := httptest.NewServer(httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: listener.Addr().String()}))
	defer proxy.Close()
	server := astrotest.NewServer(astrotest.WithListener(listener), astrotest.WithPublicURL(proxy.URL))
	defer server.Close()

	read(newClient(server, astrotest.Token), add(server, api.DeployTypeImageOnly))
	status, _ := upload(addUpload(server), "tarball")
	fmt.Println("uploaded:", status, server.URL == proxy.URL)
	// Output:
	// read: INITIALIZED
	// uploaded: 201 true
}

func ExampleWithDeployedAfter() {
	server := astrotest.NewServer(astrotest.WithDeployedAfter(1))
	defer server.Close()
	finalizeAndRead(server)
	// Output:
	// finalize: INITIALIZED
	// read: INITIALIZED
	// read: DEPLOYED
}

// The response is lost, but the finalize took effect once.
func ExampleServer_Commits() {
	server := astrotest.NewServer()
	defer server.Close()
	target := add(server, api.DeployTypeImageOnly)
	server.Inject(astrotest.CutConnection().AfterCommit())
	_, err := newClient(server, astrotest.Token).Finalize(context.Background(), target, wrapper.ImageOnly())
	fmt.Println(err != nil, server.Commits(target.DeployID))
	// Output: true 1
}

func ExampleServer_Creates() {
	server := astrotest.NewServer()
	defer server.Close()
	deployment := server.AddDeployment(astrotest.Deployment{DAGDeploys: true})
	server.Inject(astrotest.BadGateway().AfterCommit())
	to := wrapper.Deployment{OrganizationID: deployment.OrganizationID, DeploymentID: deployment.ID}
	_, err := newClient(server, astrotest.Token).CreateDeploy(context.Background(), to, api.CreateDeployRequest{Type: api.DeployTypeDAGOnly})
	fmt.Println(err != nil, server.Creates(deployment.ID))
	// Output: true 1
}

// A program that pins v1beta1 gets an error after the version is removed. One that pins v1 does not.
func ExampleServer_RetireV1Beta1() {
	server := astrotest.NewServer()
	defer server.Close()
	target := add(server, api.DeployTypeImageOnly)
	server.RetireV1Beta1(http.StatusGone)
	for _, version := range []wrapper.APIVersion{"v1beta1", wrapper.V1} {
		client := newClient(server, astrotest.Token, wrapper.WithAPIVersion(version))
		_, err := client.GetDeploy(context.Background(), target)
		var refused *wrapper.APIError
		fmt.Println(err == nil, errors.As(err, &refused) && refused.StatusCode == http.StatusGone)
	}
	// Output:
	// false true
	// true false
}
