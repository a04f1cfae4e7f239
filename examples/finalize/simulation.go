package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/examples/internal/command"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// Tarball versions in the format that uploads return.
const (
	firstDAGs  = "2024-01-12T18:32:20.5898930Z"
	secondDAGs = "2024-01-12T18:40:07.0314159Z"
	bundle     = "2024-01-12T18:45:00.1234567Z"
	thirdDAGs  = "2024-01-12T18:51:30.2718281Z"
)

// scene is one call of Finalize and what it shows.
type scene struct {
	title      string
	deployType api.DeployType
	call       string // content in Go
	content    wrapper.Content
	fault      *astrotest.Fault // injected before the call
	refused    bool
}

// lost makes the service finalize the deploy and cuts its response.
var lost = astrotest.CutResponse()

var scenes = []scene{
	{
		title:      "An image and DAGs: finalize names the version that the upload of the DAGs returned.",
		deployType: api.DeployTypeImageAndDAG,
		call:       `DAGTarball("` + firstDAGs + `")`,
		content:    wrapper.DAGTarball(firstDAGs),
	},
	{
		title:      "DAGs alone, on the current image.",
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
		title:      "The response is lost: the client reads the deploy back instead of finalizing it again.",
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
		title:      "The bundle is removed: no other call sends an empty version.",
		deployType: api.DeployTypeBundle,
		call:       `RemoveBundle()`,
		content:    wrapper.RemoveBundle(),
	},
}

// simulate plays the scenes against a fake of the service.
func simulate(ctx context.Context, stdout io.Writer) error {
	server := astrotest.NewServer(astrotest.WithAnyVersion()) // nothing is uploaded
	defer server.Close()
	client, err := wrapper.NewClient(wrapper.WithBaseURL(server.URL), wrapper.WithToken(astrotest.Token))
	if err != nil {
		return err
	}
	deployment := server.AddDeployment(astrotest.Deployment{DAGDeploys: true})
	out := bufio.NewWriter(stdout) // keeps the first error
	_, _ = fmt.Fprintf(out, `This is a simulation: the Astro API at %s is a fake in this process.

A deploy takes three steps: create it, push its image or upload its tarball, and finalize it.
Until the last step the Deployment runs what it ran before. The first two steps of the
deploys below are done.
`, command.Host(client))
	for i, scene := range scenes {
		deploy := server.AddDeploy(deployOf(scene.deployType, deployment.ID))
		_, _ = fmt.Fprintf(out, "\n%d. %s\n   deploy    %s, %s, %s\n   call      %s\n", i+1, scene.title, deploy.ID, deploy.Type, deploy.Status, scene.call)
		if scene.fault != nil {
			server.Inject(*scene.fault)
		}
		before := len(server.Requests())
		finalized, err := client.Finalize(ctx, wrapper.TargetOf(deployment.OrganizationID, &deploy), scene.content)
		sent := server.Requests()[before:]
		for _, request := range sent {
			_, path, _ := strings.Cut(request.Path, "/deploys/")
			_, _ = fmt.Fprintln(out, strings.TrimRight(fmt.Sprintf("   sent      %s …/deploys/%s %s", request.Method, path, request.Body), " "))
		}
		if len(sent) == 0 {
			_, _ = fmt.Fprintf(out, "   sent      nothing\n")
		}
		if (err != nil) != scene.refused {
			return errors.Join(out.Flush(), fmt.Errorf("the simulation failed: %w", err))
		}
		if err != nil {
			_, _ = fmt.Fprintf(out, "   error     %v\n", err)
			continue
		}
		now, _ := server.Deployment(deployment.ID)
		_, _ = fmt.Fprintf(out, "   returned  %s\n   now runs  DAGs %s, %s\n", finalized.Status, now.DAGTarballVersion, describe(now.Bundles))
	}
	return out.Flush()
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
