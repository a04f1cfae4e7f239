package main

import (
	"testing"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

func TestFinalize(t *testing.T) {
	server := astrotest.NewServer()
	defer server.Close()
	deployment := server.AddDeployment(astrotest.Deployment{DAGDeploys: true})
	deploy := server.AddDeploy(api.Deploy{DeploymentID: deployment.ID, Type: api.DeployTypeDAGOnly})
	client, err := wrapper.NewClient(wrapper.WithBaseURL(server.URL), wrapper.WithToken(astrotest.Token))
	if err != nil {
		t.Fatal(err)
	}
	if err := finalize(client, []string{deployment.OrganizationID, deployment.ID, deploy.ID, server.AddTarball([]byte("DAGs"))}); err != nil {
		t.Fatal(err)
	}
	if after, _ := server.Deploy(deploy.ID); after.Status != api.DeployStatusDeployed {
		t.Fatal(after.Status)
	}
}
