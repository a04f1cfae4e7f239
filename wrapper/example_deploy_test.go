package wrapper_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing/fstest"
	"time"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/tarball"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// files stands for the folder of a project; in production it is tarball.Dir("./dags").
var files = fstest.MapFS{"hello.py": {Data: []byte("print('hello')\n")}}

// newFake starts a fake of the service that has one Deployment, and returns a client for it.
func newFake(options ...wrapper.Option) (*astrotest.Server, *wrapper.Client, wrapper.Deployment) {
	server := astrotest.NewServer()
	client, err := wrapper.NewClient(append(options, wrapper.WithBaseURL(server.URL), wrapper.WithToken(astrotest.Token))...)
	if err != nil {
		panic(err)
	}
	return server, client, deploymentOn(server)
}

func ExampleClient_DeployDAGs() {
	server, client, deployment := newFake()
	defer server.Close()

	result, err := client.DeployDAGs(context.Background(), deployment, tarball.FS(files))
	if err != nil {
		fmt.Println(err)
		return
	}
	now, _ := server.Deployment(deployment.DeploymentID)
	fmt.Println(result.Status, now.DAGTarballVersion == result.TarballVersion)
	// Output: DEPLOYED true
}

// An error says what is on the service now, and what calling again does.
func ExampleDeployError() {
	server, client, deployment := newFake()
	defer server.Close()
	server.Inject(astrotest.ExpiredUploadURL().On("PutBlob"))

	_, err := client.DeployDAGs(context.Background(), deployment, tarball.FS(files))
	var deploying *wrapper.DeployError
	if errors.As(err, &deploying) {
		_, state, _ := strings.Cut(err.Error(), "a new one; ")
		fmt.Println(deploying.Stage, "failed:", state)
	}
	fmt.Println(errors.Is(err, wrapper.ErrUploadURLExpired))
	// Output:
	// upload failed: deploy clfake0000000000000000003 was created and not finalized, so nothing that runs was changed; calling again creates another
	// true
}

func ExampleClient_DeployBundle() {
	server, client, deployment := newFake()
	defer server.Close()

	bundle := wrapper.Bundle{MountPath: "/usr/local/airflow/dbt/shop", Type: "dbt"}
	result, err := client.DeployBundle(context.Background(), deployment, bundle, tarball.FS(files))
	if err != nil {
		fmt.Println(err)
		return
	}
	now, _ := server.Deployment(deployment.DeploymentID)
	fmt.Println(result.Status, now.Bundles[0].MountPath)
	// Output: DEPLOYED /usr/local/airflow/dbt/shop
}

func ExampleClient_RemoveBundle() {
	server, client, deployment := newFake()
	defer server.Close()
	bundle := wrapper.Bundle{MountPath: "/usr/local/airflow/dbt/shop", Type: "dbt"}
	if _, err := client.DeployBundle(context.Background(), deployment, bundle, tarball.FS(files)); err != nil {
		fmt.Println(err)
		return
	}

	result, err := client.RemoveBundle(context.Background(), deployment, bundle)
	if err != nil {
		fmt.Println(err)
		return
	}
	now, _ := server.Deployment(deployment.DeploymentID)
	fmt.Println(result.Status, len(now.Bundles))
	// Output: DEPLOYED 0
}

// An image is pushed by the tools of images, between the two halves of its deploy. Where DAG
// deploys are on, the DAGs are uploaded, too.
func ExampleClient_CreateDeploy() {
	server, client, deployment := newFake()
	defer server.Close()
	ctx := context.Background()

	deploy, err := client.CreateDeploy(ctx, deployment, api.CreateDeployRequest{Type: api.DeployTypeImageAndDAG})
	if err != nil {
		fmt.Println(err)
		return
	}
	push := func(repository, tag string) { fmt.Println("docker push", repository+":"+tag) }
	push(deploy.ImageRepository, deploy.ImageTag)

	dags, err := tarball.FS(files).Pack(ctx, "dags")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = dags.Close() }()
	version, err := client.Upload(ctx, deploy.DAGsUploadURL, dags)
	if err != nil {
		fmt.Println(err)
		return
	}
	deploy, err = client.Finalize(ctx, wrapper.TargetOf(deployment.OrganizationID, deploy), wrapper.DAGTarball(version))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(deploy.Type, "is", deploy.Status)
	// Output:
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

// A tarball that was made elsewhere is read from its beginning, whatever it is.
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

	var done int64 // in percent
	progress := wrapper.WithProgress(func(sent, total int64) { done = 100 * sent / total })
	_, err := client.DeployDAGs(context.Background(), deployment, tarball.FS(files), progress)
	fmt.Println(done, err)
	// Output: 100 <nil>
}

func ExampleWithDescription() {
	server, client, deployment := newFake()
	defer server.Close()

	result, err := client.DeployDAGs(context.Background(), deployment, tarball.FS(files), wrapper.WithDescription("Monday's DAGs"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(*result.Deploy.Description)
	// Output: Monday's DAGs
}

func ExampleWithGit() {
	server, client, deployment := newFake(wrapper.WithAPIVersion(wrapper.V1))
	defer server.Close()

	account, repo := "my-company", "my-dags"
	commit := api.DeployGit{Provider: api.GitProviderGitHub, Account: &account, Repo: &repo, CommitSHA: "5b1ee0d2c4c7a2a1a7c1e8f3f1c0a9d2b3e4f5a6"}
	result, err := client.DeployDAGs(context.Background(), deployment, tarball.FS(files), wrapper.WithGit(commit))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(result.Deploy.Git.CommitSHA)
	// Output: 5b1ee0d2c4c7a2a1a7c1e8f3f1c0a9d2b3e4f5a6
}

func ExampleWithStallTimeout() {
	server, client, deployment := newFake(wrapper.WithStallTimeout(50*time.Millisecond), wrapper.WithRetry(wrapper.Retry{MaxAttempts: 1}))
	defer server.Close()
	server.Inject(astrotest.Hang().On("PutBlob"))

	_, err := client.DeployDAGs(context.Background(), deployment, tarball.FS(files))
	fmt.Println(strings.Contains(err.Error(), "no byte moved for 50ms"))
	// Output: true
}

// The result of a deploy as JSON, for what reads logs.
func ExampleDeployResult() {
	server, client, deployment := newFake()
	defer server.Close()

	result, err := client.RemoveBundle(context.Background(), deployment, wrapper.Bundle{MountPath: "/usr/local/airflow/dbt/shop", Type: "dbt"})
	if err != nil {
		fmt.Println(err)
		return
	}
	result.Timings = wrapper.DeployTimings{} // which differ from run to run
	encoded, err := json.MarshalIndent(result, "", "  ")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(string(encoded))
	// Output:
	// {
	//   "organizationId": "clfake0000000000000000002",
	//   "deploymentId": "clfake0000000000000000001",
	//   "deployId": "clfake0000000000000000003",
	//   "type": "BUNDLE",
	//   "status": "DEPLOYED",
	//   "timings": {
	//     "packSeconds": 0,
	//     "createSeconds": 0,
	//     "uploadSeconds": 0,
	//     "finalizeSeconds": 0,
	//     "waitSeconds": 0,
	//     "totalSeconds": 0
	//   }
	// }
}
