package wrapper_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing/fstest"
	"time"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/tarball"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// files stands for a project's DAGs; in production use tarball.Dir("./dags").
var files = fstest.MapFS{"hello.py": {Data: []byte("print('hello')\n")}}

// newFake starts a fake service with one Deployment and returns a client for it.
func newFake(options ...wrapper.Option) (*astrotest.Server, *wrapper.Client, wrapper.Deployment) {
	server := astrotest.NewServer()
	client, err := wrapper.NewClient(append(options, wrapper.WithBaseURL(server.URL), wrapper.WithToken(astrotest.Token))...)
	if err != nil {
		panic(err)
	}
	return server, client, deploymentOn(server)
}

// Push the image with your container tools between CreateDeploy and Finalize. If DAG deploys are on,
// upload the DAGs first, since the upload URL may expire during the push.
func ExampleClient_CreateDeploy() {
	server, client, deployment := newFake()
	defer server.Close()
	ctx := context.Background()

	dags, err := tarball.FS(files).Pack(ctx, "dags")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = dags.Close() }()
	deploy, err := client.CreateDeploy(ctx, deployment, api.CreateDeployRequest{Type: api.DeployTypeImageAndDAG})
	if err != nil {
		fmt.Println(err)
		return
	}
	version, err := client.Upload(ctx, deploy.DAGsUploadURL, dags)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("uploaded")
	push := func(repository, tag string) { fmt.Println("docker push", repository+":"+tag) }
	push(deploy.ImageRepository, deploy.ImageTag)

	deploy, err = client.Finalize(ctx, wrapper.TargetOf(deployment.OrganizationID, deploy), wrapper.DAGTarball(version))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(deploy.Type, "is", deploy.Status)
	// Output:
	// uploaded
	// docker push registry.example/clfake0000000000000000001:deploy-clfake0000000000000000003
	// IMAGE_AND_DAG is DEPLOYED
}

func ExampleClient_ListDeploys() {
	server, client, deployment := newFake()
	defer server.Close()
	for _, deployType := range []api.DeployType{api.DeployTypeDAGOnly, api.DeployTypeImageOnly} {
		server.AddDeploy(api.Deploy{DeploymentID: deployment.DeploymentID, Type: deployType})
	}

	for deploy, err := range client.ListDeploys(context.Background(), deployment) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(deploy.ID, deploy.Type, deploy.Status)
	}
	// Output:
	// clfake0000000000000000004 IMAGE_ONLY INITIALIZED
	// clfake0000000000000000003 DAG_ONLY INITIALIZED
}

// Upload reads a tarball from its start.
func ExampleClient_Upload() {
	server, client, deployment := newFake()
	defer server.Close()
	ctx := context.Background()
	deploy, err := client.CreateDeploy(ctx, deployment, api.CreateDeployRequest{Type: api.DeployTypeDAGOnly})
	if err != nil {
		fmt.Println(err)
		return
	}

	packed := gzipped(1000) // or an *os.File
	version, err := client.Upload(ctx, deploy.DAGsUploadURL, bytes.NewReader(packed))
	if err != nil {
		fmt.Println(err)
		return
	}
	stored, _ := server.Tarball(version)
	fmt.Println(bytes.Equal(stored, packed))
	// Output: true
}

func ExampleClient_Wait() {
	server, client, target := fake(api.DeployTypeDAGOnly)
	defer server.Close()
	if _, err := client.Finalize(context.Background(), target, wrapper.DAGTarball("v1")); err != nil {
		fmt.Println(err)
		return
	}

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	deploy, err := client.Wait(ctx, target)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(deploy.Status)
	// Output: DEPLOYED
}

func ExampleWithProgress() {
	server, client, deployment := newFake()
	defer server.Close()
	ctx := context.Background()
	deploy, err := client.CreateDeploy(ctx, deployment, api.CreateDeployRequest{Type: api.DeployTypeDAGOnly})
	if err != nil {
		fmt.Println(err)
		return
	}

	var done int64 // percent
	progress := wrapper.WithProgress(func(sent, total int64) { done = 100 * sent / total })
	_, err = client.Upload(ctx, deploy.DAGsUploadURL, bytes.NewReader(gzipped(100_000)), progress)
	fmt.Println(done, err)
	// Output: 100 <nil>
}

func ExampleWithStallTimeout() {
	server, client, deployment := newFake(wrapper.WithStallTimeout(50*time.Millisecond), wrapper.WithRetry(wrapper.Retry{MaxAttempts: 1}))
	defer server.Close()
	server.Inject(astrotest.Hang().On("PutBlob"))

	ctx := context.Background()
	deploy, err := client.CreateDeploy(ctx, deployment, api.CreateDeployRequest{Type: api.DeployTypeDAGOnly})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.Upload(ctx, deploy.DAGsUploadURL, bytes.NewReader(gzipped(100)))
	fmt.Println(strings.Contains(err.Error(), "no byte moved for 50ms"))
	// Output: true
}

// CheckCreate sends nothing: use it to check a configuration before building anything.
func ExampleClient_CheckCreate() {
	server, client, deployment := newFake()
	defer server.Close()

	err := client.CheckCreate(deployment, api.CreateDeployRequest{Type: api.DeployTypeBundle})
	fmt.Println(err)
	fmt.Println("requests:", len(server.Requests()))
	// Output:
	// bundleMountPath must not be empty: it is where the bundle is mounted, such as /usr/local/airflow/dbt/my-project
	// requests: 0
}
