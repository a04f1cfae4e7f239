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

func ExampleImage() {
	server, client, deployment := newFake()
	defer server.Close()

	push := func(_ context.Context, repository, tag string) error {
		fmt.Println("pushing to", strings.ReplaceAll(repository+":"+tag, deployment.DeploymentID, "DEPLOYMENT"))
		return nil
	}
	result, err := deploys.Image(context.Background(), client, deployment, push)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(result.Type, result.Status)
	// Output:
	// pushing to registry.example/DEPLOYMENT:deploy-clfake0000000000000000003
	// IMAGE_ONLY DEPLOYED
}

// If the push fails, the deploy is not finalized.
func ExampleImage_pushFails() {
	server, client, deployment := newFake()
	defer server.Close()

	_, err := deploys.Image(context.Background(), client, deployment, func(context.Context, string, string) error {
		return errors.New("unauthorized: authentication required")
	})
	fmt.Println(err)
	// Output: push: unauthorized: authentication required; deploy clfake0000000000000000003 was created but not finalized, so the Deployment is unchanged; calling again creates another deploy
}

func noPush(context.Context, string, string) error { return nil }

func ExampleWithDAGs() {
	server, client, deployment := newFake()
	defer server.Close()

	result, err := deploys.Image(context.Background(), client, deployment, noPush, deploys.WithDAGs(tarball.FS(files)))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(result.Type, result.Status, result.Files)
	// Output: IMAGE_AND_DAG DEPLOYED 1
}

func ExampleWithDAGsInImage() {
	server, client, _ := newFake()
	defer server.Close()

	added := server.AddDeployment(astrotest.Deployment{DAGDeploys: false})
	deployment := wrapper.Deployment{OrganizationID: added.OrganizationID, DeploymentID: added.ID}
	result, err := deploys.Image(context.Background(), client, deployment, noPush, deploys.WithDAGsInImage())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(result.Type, result.Status)
	// Output: IMAGE_AND_DAG DEPLOYED
}

// An empty folder deletes all DAGs of a Deployment.
func ExampleDAGs_deleteAll() {
	server, client, deployment := newFake()
	defer server.Close()

	_, err := deploys.DAGs(context.Background(), client, deployment, tarball.FS(fstest.MapFS{}))
	fmt.Println(errors.Is(err, tarball.ErrEmpty))
	result, err := deploys.DAGs(context.Background(), client, deployment, tarball.FS(fstest.MapFS{}, tarball.AllowEmpty()))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(result.Status, result.Files)
	// Output:
	// true
	// DEPLOYED 0
}

func ExampleOnlyIfChanged() {
	server, client, deployment := newFake()
	defer server.Close()

	for range 2 {
		result, err := deploys.DAGs(context.Background(), client, deployment, tarball.FS(files), deploys.OnlyIfChanged())
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("unchanged:", result.Unchanged)
	}
	// Output:
	// unchanged: false
	// unchanged: true
}

func ExampleRecordedDigest() {
	server, client, deployment := newFake()
	defer server.Close()

	result, err := deploys.DAGs(context.Background(), client, deployment, tarball.FS(files), deploys.OnlyIfChanged(), deploys.WithDescription("Monday"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(deploys.RecordedDigest(result.Deploy) == result.ContentDigest)
	fmt.Println(strings.ReplaceAll(*result.Deploy.Description, result.ContentDigest, "DIGEST"))
	// Output:
	// true
	// Monday [content DIGEST]
}

func ExampleDAGsToAll() {
	server, client, deployment := newFake()
	defer server.Close()

	standby := deploymentOn(server)
	outcomes, err := deploys.DAGsToAll(context.Background(), client, []wrapper.Deployment{deployment, standby}, tarball.FS(files))
	if err != nil {
		fmt.Println(err) // names each Deployment that failed; outcomes has them all
		return
	}
	for _, outcome := range outcomes {
		fmt.Println(outcome.Deployment.DeploymentID, outcome.Result.Status)
	}
	// Output:
	// clfake0000000000000000001 DEPLOYED
	// clfake0000000000000000003 DEPLOYED
}

// One Deployment of two refuses the deploy. The other gets it.
func ExampleMultiError() {
	server, client, deployment := newFake()
	defer server.Close()

	standby := deploymentOn(server)
	gone := wrapper.Deployment{OrganizationID: standby.OrganizationID, DeploymentID: "clmh57jtm000008lb58fe2wmv"}
	outcomes, err := deploys.DAGsToAll(context.Background(), client, []wrapper.Deployment{deployment, gone}, tarball.FS(files))
	var failed *deploys.MultiError
	fmt.Println(errors.As(err, &failed), errors.Is(err, wrapper.ErrNotFound))
	for _, one := range failed.Failed {
		fmt.Println(one.Deployment.DeploymentID, "failed")
	}
	fmt.Println(outcomes[0].Deployment.DeploymentID, outcomes[0].Result.Status)
	// Output:
	// true true
	// clmh57jtm000008lb58fe2wmv failed
	// clfake0000000000000000001 DEPLOYED
}

func ExampleBundleToAll() {
	server, client, deployment := newFake()
	defer server.Close()

	mount := deploys.Mount{Path: "/usr/local/airflow/dbt/shop", Type: "dbt"}
	outcomes, err := deploys.BundleToAll(context.Background(), client, []wrapper.Deployment{deployment}, mount, tarball.FS(files))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(outcomes[0].Result.Type, outcomes[0].Result.Status)
	// Output: BUNDLE DEPLOYED
}

func ExampleWithOutcome() {
	server, client, deployment := newFake()
	defer server.Close()

	_, err := deploys.DAGsToAll(context.Background(), client, []wrapper.Deployment{deployment}, tarball.FS(files), deploys.WithOutcome(func(outcome deploys.Outcome) {
		fmt.Println(outcome.Deployment.DeploymentID, outcome.Err)
	}))
	fmt.Println(err)
	// Output:
	// clfake0000000000000000001 <nil>
	// <nil>
}

// One process creates and uploads. It hands the JSON of a State to another, which finalizes.
func ExampleParseState() {
	server, client, deployment := newFake()
	defer server.Close()

	ctx := context.Background()
	created, err := client.CreateDeploy(ctx, deployment, api.CreateDeployRequest{Type: api.DeployTypeDAGOnly})
	if err != nil {
		fmt.Println(err)
		return
	}
	packed, err := tarball.FS(files).Pack(ctx, "dags")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = packed.Close() }()
	version, err := client.Upload(ctx, created.DAGsUploadURL, packed)
	if err != nil {
		fmt.Println(err)
		return
	}
	stored, err := json.Marshal(deploys.State{Target: wrapper.TargetOf(deployment.OrganizationID, created), TarballVersion: version})
	if err != nil {
		fmt.Println(err)
		return
	}

	// in the other process
	state, err := deploys.ParseState(stored, deployment)
	if err != nil {
		fmt.Println(err)
		return
	}
	deploy, err := client.Finalize(ctx, state.Target, state.Content())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(deploy.Status)
	// Output: DEPLOYED
}

// Without an upload, a bundle's deploy is refused. It is never a removal.
func ExampleState_Content() {
	server, client, deployment := newFake()
	defer server.Close()

	state := deploys.State{Target: wrapper.Target{
		OrganizationID: deployment.OrganizationID, DeploymentID: deployment.DeploymentID,
		DeployID: "clvetru2w000201mowqwua63n", Type: api.DeployTypeBundle,
	}}
	_, err := client.Finalize(context.Background(), state.Target, state.Content())
	fmt.Println(err)
	// Output: bundleTarballVersion must not be empty: the upload returned no version (x-ms-version-id); upload again; to remove the bundle, use RemoveBundle
}
