package main

import (
	"cmp"
	"context"
	"fmt"
	"io"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/deploys"
	"github.com/astro-finalize/astro-finalize-go/examples/internal/command"
	"github.com/astro-finalize/astro-finalize-go/tarball"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

func replicateLive(ctx context.Context, s settings, stdout, stderr io.Writer) error {
	organization, err := command.ID(s.organization, "-organization", "ASTRO_ORGANIZATION_ID")
	if err != nil {
		return err
	}
	client, err := wrapper.NewClient(append(command.ClientOptions(s.apiVersion, s.baseURL), wrapper.WithUserAgent("example-replicate"))...)
	if err != nil {
		return err
	}
	var to []wrapper.Deployment
	for _, id := range s.to {
		to = append(to, wrapper.Deployment{OrganizationID: organization, DeploymentID: id})
	}
	from := wrapper.Deployment{OrganizationID: organization, DeploymentID: s.from}
	return replicate(ctx, client, from, to, tarball.Dir(s.dags, tarball.Ignore(s.ignore...)), s.force, stdout, stderr)
}

// replicate deploys a folder to each Deployment of to that does not have it, if it is what from has.
func replicate(ctx context.Context, client *wrapper.Client, from wrapper.Deployment, to []wrapper.Deployment, folder *tarball.Source, force bool, stdout, stderr io.Writer) error {
	for _, one := range append([]wrapper.Deployment{from}, to...) {
		if err := client.CheckCreate(one, api.CreateDeployRequest{Type: api.DeployTypeDAGOnly}); err != nil {
			return err
		}
	}
	packed, err := folder.Pack(ctx, "dags")
	if err != nil {
		return err
	}
	defer func() { _ = packed.Close() }()
	_, _ = fmt.Fprintf(stderr, "replicating Deployment %s at %s; targets: %d\n", from.DeploymentID, command.Host(client), len(to))

	running, err := newest(ctx, client, from)
	if err != nil && !force {
		return fmt.Errorf("nothing was deployed: %w", err)
	}
	difference, warning := compare(running, packed.ContentDigest())
	switch {
	case err != nil:
		difference = fmt.Sprintf("the deploys of -from cannot be read: %v", err)
	case difference != "" && !force:
		return fmt.Errorf("nothing was deployed: %s; use the folder of its DAGs, or add -force to deploy this one", difference)
	}
	if warning = cmp.Or(difference, warning); warning != "" {
		_, _ = fmt.Fprintf(stderr, "warning: %s\n", warning)
	}
	r := report{stdout: stdout, stderr: stderr}
	_, err = deploys.DAGsToAll(ctx, client, to, packed, deploys.OnlyIfChanged(), deploys.WithOutcome(r.add),
		deploys.WithDescription("Replicated from Deployment "+from.DeploymentID))
	if r.deployed+r.unchanged+r.failed > 0 {
		_, _ = fmt.Fprintf(stdout, "Deployments: %d deployed, %d skipped, %d failed\n", r.deployed, r.unchanged, r.failed)
	}
	return err
}

// newest returns the newest DEPLOYED deploy with DAGs, or nil.
func newest(ctx context.Context, client *wrapper.Client, of wrapper.Deployment) (newest *api.Deploy, err error) {
	for deploy, err := range client.ListDeploys(ctx, of) {
		if err != nil {
			return nil, err
		}
		isBundle := deploy.BundleMountPath != nil && *deploy.BundleMountPath != ""
		hasDAGs := !isBundle && deploy.DAGTarballVersion != nil && *deploy.DAGTarballVersion != ""
		if hasDAGs && deploy.Status == api.DeployStatusDeployed && (newest == nil || deploy.CreatedAt.After(newest.CreatedAt)) {
			newest = deploy
		}
	}
	return newest, nil
}

// compare says how a deploy differs from the folder's content, or why that cannot be told.
func compare(deploy *api.Deploy, digest string) (difference, warning string) {
	if deploy == nil {
		return "the Deployment of -from has no deploy that is DEPLOYED and has DAGs", ""
	}
	switch recorded := deploys.RecordedDigest(deploy); recorded {
	case digest:
		return "", ""
	case "":
		return "", fmt.Sprintf("the newest deploy of -from with DAGs, %s, does not record its content, so it cannot be compared with the folder", deploy.ID)
	default:
		return fmt.Sprintf("the newest deploy of -from with DAGs, %s, has other DAGs than the folder (%s, not %s)", deploy.ID, recorded, digest), ""
	}
}

// report prints one line for each Deployment, and counts them.
type report struct {
	stdout, stderr              io.Writer
	deployed, unchanged, failed int
}

func (r *report) add(outcome deploys.Outcome) {
	id := outcome.Deployment.DeploymentID
	switch {
	case outcome.Err != nil:
		r.failed++
		_, _ = fmt.Fprintf(r.stderr, "Deployment %s: %s\n", id, command.Text(outcome.Err))
	case outcome.Result.Unchanged:
		r.unchanged++
		_, _ = fmt.Fprintf(r.stdout, "Deployment %s: skipped, since deploy %s has the same DAGs\n", id, outcome.Result.DeployID)
	default:
		r.deployed++
		_, _ = fmt.Fprintf(r.stdout, "Deployment %s: deploy %s is %s\n", id, outcome.Result.DeployID, outcome.Result.Status)
	}
}
