package main

import (
	"context"
	"embed"
	"fmt"
	"io"
	"io/fs"

	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/deploys"
	"github.com/astro-finalize/astro-finalize-go/examples/internal/command"
	"github.com/astro-finalize/astro-finalize-go/tarball"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

//go:embed dags
var embedded embed.FS

// simulate replicates a Deployment of a fake service to one that has its DAGs, and to one that does not.
func simulate(ctx context.Context, s settings, stdout, stderr io.Writer) error {
	_, _ = fmt.Fprintln(stderr, "This is a simulation: the service is a fake in this process. Add -live to replicate on Astro.")
	server := astrotest.NewServer()
	defer server.Close()
	client, err := wrapper.NewClient(append(command.ClientOptions(s.apiVersion, ""), wrapper.WithBaseURL(server.URL), wrapper.WithToken(astrotest.Token))...)
	if err != nil {
		return err
	}
	var all []wrapper.Deployment
	for _, id := range []string{"primary", "standby-1", "standby-2"} {
		added := server.AddDeployment(astrotest.Deployment{OrganizationID: "organization", ID: id, DAGDeploys: true})
		all = append(all, wrapper.Deployment{OrganizationID: added.OrganizationID, DeploymentID: added.ID})
	}
	folder := tarball.Dir(s.dags, tarball.Ignore(s.ignore...))
	if s.dags == "" {
		dags, err := fs.Sub(embedded, "dags")
		if err != nil {
			panic(err) // cannot happen: the name is a constant
		}
		folder = tarball.FS(dags)
	}
	for _, one := range all[:2] {
		if _, err := deploys.DAGs(ctx, client, one, folder, deploys.OnlyIfChanged()); err != nil {
			return err
		}
	}
	return replicate(ctx, client, all[0], all[1:], folder, s.force, stdout, stderr)
}
