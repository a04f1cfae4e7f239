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
func finalizeDeploy(ctx context.Context, client staged, state deploys.State, s settings) (*deploys.Result, error) {
	if s.state != "" && folderFlag(state) != "" && state.TarballVersion == "" {
		return nil, command.InvalidErrorf("the deploy of -state has no tarball version: run upload first")
	}
	deploy, err := client.GetDeploy(ctx, state.Target)
	if err == nil && s.deploy != "" {
		if wrong := s.mismatch(deploy); wrong != "" {
			return resultOf(state, deploy), &statusError{fmt.Errorf("deploy %s %s; this step finalized nothing", deploy.ID, wrong), ""}
		}
	}
	switch {
	case err != nil:
		return resultOf(state, nil), &statusError{command.UnknownErrorf("%w; this step finalized nothing, an earlier one may have", err), finalize}
	case deploy.Status == api.DeployStatusInitialized:
		if s.deploy != "" { // only the service knows more than its ID
			state.Target = wrapper.TargetOf(state.OrganizationID, deploy)
		}
		deploy, err = client.Finalize(ctx, state.Target, s.content(state))
	case deploy.Status == api.DeployStatusDeployed && !shows(deploy, state.TarballVersion):
		return resultOf(state, deploy), command.UnknownErrorf("deploy %s was finalized before, and does not show tarball version %s: it was finalized with another, or replaced; this step finalized nothing", deploy.ID, state.TarballVersion)
	}
	if err == nil && deploy.Status != api.DeployStatusDeployed {
		deploy, err = client.Wait(ctx, state.Target)
	}
	switch failed, invalid := (*wrapper.DeployFailedError)(nil), (*wrapper.ValidationError)(nil); {
	case errors.As(err, &failed):
		deploy = failed.Deploy
	case errors.As(err, &invalid): // the deploy was read, and is not what the flags say
		err = &statusError{fmt.Errorf("%s; this step finalized nothing", command.Text(err)), ""}
	case err != nil:
		err = fmt.Errorf("%w; finalize can be run again, since it reads the deploy first", err)
	}
	return resultOf(state, deploy), err
}

// mismatch says how the deploy of -deploy is not what the flags say, or "".
func (s settings) mismatch(deploy *api.Deploy) string {
	isBundle := deploy.Type == api.DeployTypeBundle || deploy.BundleMountPath != nil && *deploy.BundleMountPath != ""
	asBundle := s.bundleVersion != "" || s.removeBundle
	switch {
	case isBundle && !asBundle:
		return "is that of a bundle: give -bundle-version or -remove-bundle"
	case asBundle && !isBundle:
		return "is not that of a bundle: give -dags-version or -image-only"
	case deploy.Type == api.DeployTypeImageOnly && s.dagsVersion != "":
		return "has an image alone: give -image-only"
	}
	return ""
}

// content returns what the deploy carries, by -state or by the flags.
func (s settings) content(state deploys.State) wrapper.Content {
	switch {
	case s.removeBundle:
		return wrapper.RemoveBundle()
	case s.dagsVersion != "":
		return wrapper.DAGTarball(s.dagsVersion)
	case s.bundleVersion != "":
		return wrapper.BundleTarball(s.bundleVersion)
	case s.imageOnly:
		return wrapper.ImageOnly()
	}
	return state.Content()
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
