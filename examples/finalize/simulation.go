package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// Versions as uploads return them.
const (
	firstDAGs  = "2024-01-12T18:32:20.5898930Z"
	secondDAGs = "2024-01-12T18:40:07.0314159Z"
	bundle     = "2024-01-12T18:45:00.1234567Z"
	thirdDAGs  = "2024-01-12T18:51:30.2718281Z"
)

// scene is one call of Finalize and what it is to show.
type scene struct {
	title      string
	deployType api.DeployType
	call       string // content, as it is written
	content    wrapper.Content
	fault      *astrotest.Fault // what goes wrong on the way
	refused    bool
}

// lost has the service finalize the deploy, and its response not arrive.
var lost = astrotest.CutResponse()

var scenes = []scene{
	{
		title:      "An image and DAGs: the upload of the DAGs returned a version, which finalize names.",
		deployType: api.DeployTypeImageAndDAG,
		call:       `DAGTarball("` + firstDAGs + `")`,
		content:    wrapper.DAGTarball(firstDAGs),
	},
	{
		title:      "DAGs alone, on the image that is there.",
		deployType: api.DeployTypeDAGOnly,
		call:       `DAGTarball("` + secondDAGs + `")`,
		content:    wrapper.DAGTarball(secondDAGs),
	},
	{
		title:      "An image alone: there is no version to name.",
		deployType: api.DeployTypeImageOnly,
		call:       `ImageOnly()`,
		content:    wrapper.ImageOnly(),
	},
	{
		title:      "A bundle, such as a dbt project.",
		deployType: api.DeployTypeBundle,
		call:       `BundleTarball("` + bundle + `")`,
		content:    wrapper.BundleTarball(bundle),
	},
	{
		title:      "The response is lost on the way: the deploy is looked up, and not finalized once more.",
		deployType: api.DeployTypeDAGOnly,
		call:       `DAGTarball("` + thirdDAGs + `")`,
		content:    wrapper.DAGTarball(thirdDAGs),
		fault:      &lost,
	},
	{
		title:      "A mistake: the upload of the DAGs failed and left the version empty.",
		deployType: api.DeployTypeDAGOnly,
		call:       `DAGTarball("")`,
		content:    wrapper.DAGTarball(""),
		refused:    true,
	},
	{
		title:      "The bundle is removed on purpose: no other call sends an empty version.",
		deployType: api.DeployTypeBundle,
		call:       `RemoveBundle()`,
		content:    wrapper.RemoveBundle(),
	},
}

// simulate plays the scenes against a fake of the service.
func simulate(ctx context.Context, stdout io.Writer) error {
	server := astrotest.NewServer(astrotest.WithAnyVersion()) // the scenes upload nothing
	defer server.Close()
	client, err := wrapper.NewClient(wrapper.WithBaseURL(server.URL), wrapper.WithToken(astrotest.Token))
	if err != nil {
		return err
	}
	deployment := server.AddDeployment(astrotest.Deployment{DAGDeploys: true})
	_, _ = fmt.Fprint(stdout, `This is a simulation: a fake of the Astro API answers, in this process.

A deploy is made in three steps: it is created, its image is pushed or its tarball uploaded,
and it is finalized. Until then the Deployment runs what it ran before. The deploys below
have the first two steps behind them.
`)
	for i, scene := range scenes {
		deploy := server.AddDeploy(deployOf(scene.deployType, deployment.ID))
		_, _ = fmt.Fprintf(stdout, "\n%d. %s\n   deploy    %s, %s, %s\n   call      %s\n", i+1, scene.title, deploy.ID, deploy.Type, deploy.Status, scene.call)
		if scene.fault != nil {
			server.Inject(*scene.fault)
		}
		before := len(server.Requests())
		finalized, err := client.Finalize(ctx, wrapper.TargetOf(deployment.OrganizationID, &deploy), scene.content)
		sent := server.Requests()[before:]
		for _, request := range sent {
			_, path, _ := strings.Cut(request.Path, "/deploys/")
			_, _ = fmt.Fprintln(stdout, strings.TrimRight(fmt.Sprintf("   sent      %s …/deploys/%s %s", request.Method, path, request.Body), " "))
		}
		if len(sent) == 0 {
			_, _ = fmt.Fprintf(stdout, "   sent      nothing\n")
		}
		if (err != nil) != scene.refused {
			return fmt.Errorf("the simulation went wrong: %w", err)
		}
		if err != nil {
			_, _ = fmt.Fprintf(stdout, "   error     %v\n", err)
			continue
		}
		now, _ := server.Deployment(deployment.ID)
		_, _ = fmt.Fprintf(stdout, "   returned  %s\n   now runs  DAGs %s, %s\n", finalized.Status, now.DAGTarballVersion, describe(now.Bundles))
	}
	return nil
}

func deployOf(deployType api.DeployType, deploymentID string) api.Deploy {
	deploy := api.Deploy{DeploymentID: deploymentID, Type: deployType}
	if deployType == api.DeployTypeBundle {
		path := "/usr/local/airflow/dbt/shop"
		deploy.BundleMountPath = &path
	}
	return deploy
}

func describe(bundles []api.Bundle) string {
	if len(bundles) == 0 {
		return "no bundle"
	}
	return fmt.Sprintf("bundle %s at %s", *bundles[0].DesiredVersion, bundles[0].MountPath)
}
