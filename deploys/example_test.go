package deploys_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing/fstest"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/deploys"
	"github.com/astro-finalize/astro-finalize-go/tarball"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// files stands for a folder of DAGs. In production, use tarball.Dir("./dags").
var files = fstest.MapFS{"hello.py": {Data: []byte("print('hello')\n")}}

// newFake starts a fake service with one Deployment, and returns a client for it.
func newFake(options ...wrapper.Option) (*astrotest.Server, *wrapper.Client, wrapper.Deployment) {
	server := astrotest.NewServer()
	client, err := wrapper.NewClient(append(options, wrapper.WithBaseURL(server.URL), wrapper.WithToken(astrotest.Token))...)
	if err != nil {
		panic(err)
	}
	return server, client, deploymentOn(server)
}

func ExampleDAGs() {
	server, client, deployment := newFake()
	defer server.Close()

	result, err := deploys.DAGs(context.Background(), client, deployment, tarball.FS(files))
	if err != nil {
		fmt.Println(err)
		return
	}
	now, _ := server.Deployment(deployment.DeploymentID)
	fmt.Println(result.Status, now.DAGTarballVersion == result.TarballVersion)
	// Output: DEPLOYED true
}

// An error says what exists on the service now, and what calling again does.
func ExampleError() {
	server, client, deployment := newFake()
	defer server.Close()
	server.Inject(astrotest.ExpiredUploadURL().On("PutBlob"))

	_, err := deploys.DAGs(context.Background(), client, deployment, tarball.FS(files))
	var deploying *deploys.Error
	if errors.As(err, &deploying) {
		_, state, _ := strings.Cut(err.Error(), "which has a new one; ")
		fmt.Println(deploying.Stage, "failed:", state)
	}
	fmt.Println(errors.Is(err, wrapper.ErrUploadURLExpired))
	// Output:
	// upload failed: deploy clfake0000000000000000003 was created but not finalized, so the Deployment is unchanged; calling again creates another deploy
	// true
}

func ExampleBundle() {
	server, client, deployment := newFake()
	defer server.Close()

	at := deploys.Mount{Path: "/usr/local/airflow/dbt/shop", Type: "dbt"}
	result, err := deploys.Bundle(context.Background(), client, deployment, at, tarball.FS(files))
	if err != nil {
		fmt.Println(err)
		return
	}
	now, _ := server.Deployment(deployment.DeploymentID)
	fmt.Println(result.Status, now.Bundles[0].MountPath)
	// Output: DEPLOYED /usr/local/airflow/dbt/shop
}

func ExampleRemoveBundle() {
	server, client, deployment := newFake()
	defer server.Close()
	at := deploys.Mount{Path: "/usr/local/airflow/dbt/shop", Type: "dbt"}
	if _, err := deploys.Bundle(context.Background(), client, deployment, at, tarball.FS(files)); err != nil {
		fmt.Println(err)
		return
	}

	result, err := deploys.RemoveBundle(context.Background(), client, deployment, at)
	if err != nil {
		fmt.Println(err)
		return
	}
	now, _ := server.Deployment(deployment.DeploymentID)
	fmt.Println(result.Status, len(now.Bundles))
	// Output: DEPLOYED 0
}

func ExampleWithDescription() {
	server, client, deployment := newFake()
	defer server.Close()

	result, err := deploys.DAGs(context.Background(), client, deployment, tarball.FS(files), deploys.WithDescription("Monday's DAGs"))
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
	result, err := deploys.DAGs(context.Background(), client, deployment, tarball.FS(files), deploys.WithGit(commit))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(result.Deploy.Git.CommitSHA)
	// Output: 5b1ee0d2c4c7a2a1a7c1e8f3f1c0a9d2b3e4f5a6
}

// A result can be logged as JSON.
func ExampleResult() {
	server, client, deployment := newFake()
	defer server.Close()

	result, err := deploys.RemoveBundle(context.Background(), client, deployment, deploys.Mount{Path: "/usr/local/airflow/dbt/shop", Type: "dbt"})
	if err != nil {
		fmt.Println(err)
		return
	}
	result.Timings = deploys.Timings{} // they differ from run to run
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
	//     "packSeconds": 0.000,
	//     "compareSeconds": 0.000,
	//     "createSeconds": 0.000,
	//     "uploadSeconds": 0.000,
	//     "pushSeconds": 0.000,
	//     "finalizeSeconds": 0.000,
	//     "waitSeconds": 0.000,
	//     "totalSeconds": 0.000
	//   }
	// }
}

func ExampleWithProgress() {
	server, client, deployment := newFake()
	defer server.Close()

	var done int64 // in percent
	progress := deploys.WithProgress(func(sent, total int64) { done = 100 * sent / total })
	_, err := deploys.DAGs(context.Background(), client, deployment, tarball.FS(files), progress)
	fmt.Println(done, err)
	// Output: 100 <nil>
}
