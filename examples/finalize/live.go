package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"

	"github.com/astro-finalize/astro-finalize-go/examples/internal/command"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// finalizeOne finalizes the real deploy that the flags name.
func finalizeOne(ctx context.Context, s settings, stdout, stderr io.Writer) error {
	options := append(command.ClientOptions(s.apiVersion, s.baseURL), wrapper.WithUserAgent("example-finalize"))
	client, err := wrapper.NewClient(options...)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(stderr, "finalizing deploy %s at %s\n", s.deploy, command.Host(client))
	deploy, err := client.Finalize(ctx, wrapper.Target{
		OrganizationID: cmp.Or(s.organization, os.Getenv("ASTRO_ORGANIZATION_ID")),
		DeploymentID:   cmp.Or(s.deployment, os.Getenv("ASTRO_DEPLOYMENT_ID")),
		DeployID:       s.deploy,
	}, content(s))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "deploy %s (%s) is %s\n", deploy.ID, deploy.Type, deploy.Status)
	return err
}

func content(s settings) wrapper.Content {
	switch {
	case s.given["dags"]:
		return wrapper.DAGTarball(s.dags)
	case s.given["bundle"]:
		return wrapper.BundleTarball(s.bundle)
	case s.removeBundle:
		return wrapper.RemoveBundle()
	default:
		return wrapper.ImageOnly()
	}
}
