package main

import (
	"cmp"
	"context"
	"embed"
	"io/fs"

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
	var to wrapper.Deployment
	options := s.clientOptions(out)
	if s.live {
		var err error
		if to, err = s.to(); err != nil {
			return nil, err
		}
	} else {
		simulator := astrotest.NewServer(astrotest.WithoutRecording())
		defer simulator.Close()
		options = append(options, wrapper.WithBaseURL(simulator.URL), wrapper.WithToken(astrotest.Token))
		added := simulator.AddDeployment(astrotest.Deployment{DAGDeploys: true})
		to = wrapper.Deployment{OrganizationID: added.OrganizationID, DeploymentID: added.ID}
	}
	client, err := wrapper.NewClient(options...)
	if err != nil {
		return nil, err
	}
	out.at(to, client)
	if err := client.CheckCreate(to, s.request()); err != nil {
		return nil, err
	}
	source, folder := source(s)
	out.begin("deploying "+folder+" to", to)
	out.stage("packing")
	deployOptions := []deploys.Option{deploys.WithProgress(out.uploaded)}
	if s.description != "" {
		deployOptions = append(deployOptions, deploys.WithDescription(s.description))
	}
	if s.ifChanged {
		deployOptions = append(deployOptions, deploys.OnlyIfChanged())
	}
	staged := staged{client, out}
	if s.bundle != "" {
		return deploys.Bundle(ctx, staged, to, deploys.Mount{Path: s.mountPath, Type: s.bundleType}, source, deployOptions...)
	}
	return deploys.DAGs(ctx, staged, to, source, deployOptions...)
}

// to returns the Deployment, or an error that names what is missing.
func (s settings) to() (wrapper.Deployment, error) {
	organization, deployment, err := command.Require(s.organization, s.deployment)
	return wrapper.Deployment{OrganizationID: organization, DeploymentID: deployment}, err
}

func (s settings) clientOptions(out *output) []wrapper.Option {
	return append(command.ClientOptions(s.apiVersion, s.baseURL), wrapper.WithUserAgent("example-deploy"), wrapper.WithLogger(out.logger()))
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

// pack packs the folder as the deploy needs it: DAGs below dags/, a bundle without a folder around it.
func (s settings) pack(ctx context.Context) (*tarball.Tarball, error) {
	source, _ := source(s)
	if s.bundle != "" {
		return source.Pack(ctx, "")
	}
	return source.Pack(ctx, "dags")
}
