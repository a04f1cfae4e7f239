package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/deploys"
	"github.com/astro-finalize/astro-finalize-go/examples/internal/command"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// finalizeDeploy finalizes the deploy and waits until it is DEPLOYED. It reads the deploy first, and
// finalizes no deploy twice: taken again, for example in a pipeline that is run once more, it would
// replace what was deployed since.
func finalizeDeploy(ctx context.Context, client *wrapper.Client, state deploys.State) (*deploys.Result, error) {
	if folderFlag(state) != "" && state.TarballVersion == "" {
		return nil, command.UsageErrorf("the deploy of -state has no tarball version: run upload first")
	}
	deploy, err := client.GetDeploy(ctx, state.Target)
	switch {
	case err != nil:
		return resultOf(state, nil), fmt.Errorf("%w; this step finalized nothing", err)
	case deploy.Status == api.DeployStatusInitialized:
		deploy, err = client.Finalize(ctx, state.Target, state.Content())
	case deploy.Status == api.DeployStatusDeployed && !shows(deploy, state.TarballVersion):
		return resultOf(state, deploy), fmt.Errorf("deploy %s was finalized before, and no longer shows tarball version %s: it was finalized with another, or replaced; this step finalized nothing", deploy.ID, state.TarballVersion)
	}
	if err == nil && deploy.Status != api.DeployStatusDeployed {
		deploy, err = client.Wait(ctx, state.Target)
	}
	if failed := (*wrapper.DeployFailedError)(nil); errors.As(err, &failed) {
		deploy = failed.Deploy
	} else if err != nil {
		err = fmt.Errorf("%w; finalize can be run again, since it reads the deploy first", err)
	}
	return resultOf(state, deploy), err
}

// shows reports whether a deploy has a tarball version, or none is needed.
func shows(deploy *api.Deploy, version string) bool {
	if version == "" || deploy.DAGTarballVersion != nil && *deploy.DAGTarballVersion == version {
		return true
	}
	for _, bundle := range deploy.Bundles {
		if bundle.DesiredVersion != nil && *bundle.DesiredVersion == version {
			return true
		}
	}
	return false
}
