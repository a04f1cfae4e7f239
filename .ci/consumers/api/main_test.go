package main

import (
	"testing"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
)

func TestGet(t *testing.T) {
	server := astrotest.NewServer()
	defer server.Close()
	t.Setenv("ASTRO_API_TOKEN", astrotest.Token)
	deployment := server.AddDeployment(astrotest.Deployment{DAGDeploys: true})
	deploy := server.AddDeploy(api.Deploy{DeploymentID: deployment.ID, Type: api.DeployTypeDAGOnly})
	if err := get([]string{server.URL + "/v1", deployment.OrganizationID, deployment.ID, deploy.ID}); err != nil {
		t.Fatal(err)
	}
	if err := get([]string{server.URL + "/v1", deployment.OrganizationID, deployment.ID, "another"}); err == nil {
		t.Fatal("no error for a deploy that is not there")
	}
}
