package wrapper_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

func ExampleClient_UpdateDeploy() {
	server, client, target := fake(api.DeployTypeDAGOnly)
	defer server.Close()

	description := "Fixes the nightly load"
	deploy, err := client.UpdateDeploy(context.Background(), target, api.UpdateDeployRequest{Description: &description})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(deploy.Status, *deploy.Description)
	// Output: INITIALIZED Fixes the nightly load
}

func ExampleClient_RollbackDeploy() {
	server, client, target := fake(api.DeployTypeImageOnly)
	defer server.Close()
	ctx := context.Background()
	if _, err := client.Finalize(ctx, target, wrapper.ImageOnly()); err != nil {
		fmt.Println(err)
		return
	}

	rollback, err := client.RollbackDeploy(ctx, target, api.DeployRollbackRequest{})
	if err != nil {
		fmt.Println(err)
		return
	}
	rollback, err = client.Wait(ctx, wrapper.TargetOf(target.OrganizationID, rollback))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(rollback.Status, rollback.ID != target.DeployID, *rollback.RollbackFromID == target.DeployID)
	// Output: DEPLOYED true true
}

// After a lost response, look for the rollback before calling again.
func ExampleClient_RollbackDeploy_lost() {
	server, client, target := fake(api.DeployTypeImageOnly)
	defer server.Close()
	ctx := context.Background()
	if _, err := client.Finalize(ctx, target, wrapper.ImageOnly()); err != nil {
		fmt.Println(err)
		return
	}
	deployment := wrapper.Deployment{OrganizationID: target.OrganizationID, DeploymentID: target.DeploymentID}
	known := map[string]bool{} // the deploys before the call
	for deploy, err := range client.ListDeploys(ctx, deployment) {
		if err != nil {
			fmt.Println(err)
			return
		}
		known[deploy.ID] = true
	}

	server.Inject(astrotest.CutConnection().AfterCommit())
	_, err := client.RollbackDeploy(ctx, target, api.DeployRollbackRequest{})
	var lost *wrapper.TransportError
	if !errors.As(err, &lost) || !lost.MayHaveTakenEffect {
		fmt.Println(err)
		return
	}
	for deploy, err := range client.ListDeploys(ctx, deployment) {
		if err != nil {
			fmt.Println(err)
			return
		}
		if !known[deploy.ID] && deploy.RollbackFromID != nil && *deploy.RollbackFromID == target.DeployID {
			fmt.Println("rolled back:", deploy.Status)
		}
	}
	// Output: rolled back: DEPLOYED
}

func ExampleWithHeader() {
	server, client, target := fake(api.DeployTypeImageOnly, wrapper.WithHeader("X-Astro-Client-Identifier", "my-pipeline"))
	defer server.Close()

	_, err := client.GetDeploy(context.Background(), target)
	fmt.Println(err, server.Requests()[0].Header.Get("X-Astro-Client-Identifier"))

	_, err = wrapper.NewClient(wrapper.WithToken("token"), wrapper.WithHeader("Authorization", "Basic dXNlcjpwYXNzd29yZA=="))
	fmt.Println(err)
	// Output:
	// <nil> my-pipeline
	// header must not be set by WithHeader: use WithToken or WithTokenSource (got "Authorization")
}

// Hibernating is a kind of its own, so that a program can wake the Deployment and try again.
func ExampleErrHibernating() {
	server, client, deployment := newFake()
	defer server.Close()
	server.Inject(astrotest.Hibernating())

	_, err := client.CreateDeploy(context.Background(), deployment, api.CreateDeployRequest{Type: api.DeployTypeDAGOnly})
	fmt.Println(errors.Is(err, wrapper.ErrHibernating), errors.Is(err, wrapper.ErrBadRequest))
	var refused *wrapper.APIError
	if errors.As(err, &refused) {
		fmt.Println(refused.Hint)
	}
	// Output:
	// true true
	// wake the Deployment first, in the Astro UI or with POST .../deployments/{deploymentId}/hibernation-override and the body {"isHibernating":false}; it takes about a minute
}

// A Target passes a deploy from one step of a pipeline to the next, without any secret.
func ExampleTarget() {
	server, client, deployment := newFake()
	defer server.Close()

	deploy, err := client.CreateDeploy(context.Background(), deployment, api.CreateDeployRequest{Type: api.DeployTypeDAGOnly})
	if err != nil {
		fmt.Println(err)
		return
	}
	stored, err := json.Marshal(wrapper.TargetOf(deployment.OrganizationID, deploy))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(string(stored))

	var target wrapper.Target
	if err := json.Unmarshal(stored, &target); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(target.DeployID == deploy.ID, target.DAGDeploys == wrapper.DAGDeploysOn)
	// Output:
	// {"organizationId":"clfake0000000000000000002","deploymentId":"clfake0000000000000000001","deployId":"clfake0000000000000000003","type":"DAG_ONLY","dagDeploys":"on"}
	// true true
}
