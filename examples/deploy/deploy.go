package main

import (
	"cmp"
	"context"
	"embed"
	"io/fs"
	"os"

	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/deploys"
	"github.com/astro-finalize/astro-finalize-go/examples/internal/command"
	"github.com/astro-finalize/astro-finalize-go/tarball"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

//go:embed all:dags
var embedded embed.FS

// deploy deploys what the settings name, to Astro or to a simulator.
func deploy(ctx context.Context, s settings, out *output) (*deploys.Result, error) {
	options := append(command.ClientOptions(s.apiVersion, s.baseURL), wrapper.WithUserAgent("example-deploy"))
	to := wrapper.Deployment{
		OrganizationID: cmp.Or(s.organization, os.Getenv("ASTRO_ORGANIZATION_ID")),
		DeploymentID:   cmp.Or(s.deployment, os.Getenv("ASTRO_DEPLOYMENT_ID")),
	}
	if s.live {
		if err := identified(to); err != nil {
			return nil, err
		}
	} else {
		simulator := astrotest.NewServer()
		defer simulator.Close()
		options = append(options, wrapper.WithBaseURL(simulator.URL), wrapper.WithToken(astrotest.Token))
		added := simulator.AddDeployment(astrotest.Deployment{OrganizationID: to.OrganizationID, ID: to.DeploymentID, DAGDeploys: true})
		to = wrapper.Deployment{OrganizationID: added.OrganizationID, DeploymentID: added.ID}
	}
	client, err := wrapper.NewClient(options...)
	if err != nil {
		return nil, err
	}
	source, folder := source(s)
	out.begin(s.live, folder, to, command.Host(client))
	deployOptions := []deploys.Option{deploys.WithProgress(out.progress)}
	if s.description != "" {
		deployOptions = append(deployOptions, deploys.WithDescription(s.description))
	}
	if s.bundle != "" {
		return deploys.Bundle(ctx, client, to, deploys.Mount{Path: s.mountPath, Type: s.bundleType}, source, deployOptions...)
	}
	return deploys.DAGs(ctx, client, to, source, deployOptions...)
}

// identified returns an error that names the variable and the flag of a missing ID.
func identified(to wrapper.Deployment) error {
	switch {
	case to.OrganizationID == "":
		return &wrapper.ValidationError{Field: "ASTRO_ORGANIZATION_ID", Rule: "must be set, unless -organization is given"}
	case to.DeploymentID == "":
		return &wrapper.ValidationError{Field: "ASTRO_DEPLOYMENT_ID", Rule: "must be set, unless -deployment is given"}
	}
	return nil
}

// source returns the folder to deploy, and its name.
func source(s settings) (*tarball.Source, string) {
	options := []tarball.Option{tarball.Ignore(s.ignore...)}
	if s.allowEmpty {
		options = append(options, tarball.AllowEmpty())
	}
	if folder := cmp.Or(s.dags, s.bundle); folder != "" {
		return tarball.Dir(folder, options...), folder
	}
	dags, err := fs.Sub(embedded, "dags")
	if err != nil {
		panic(err) // cannot happen: the name is a constant
	}
	return tarball.FS(dags, options...), "the DAGs that come with this example"
}
