package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/deploys"
	"github.com/astro-finalize/astro-finalize-go/examples/internal/command"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// newer is a deploy that was created after another.
type newer struct {
	DeployID  string           `json:"deployId"`
	Type      api.DeployType   `json:"type"`
	Status    api.DeployStatus `json:"status"`
	CreatedAt time.Time        `json:"createdAt"`
}

// statusError reports a deploy that is not DEPLOYED, is not what the flags say, or cannot be read. next is the
// step that goes on, or "".
type statusError struct {
	error
	next string
}

func (e *statusError) Unwrap() error { return e.error }

// statusOf tells what became of a deploy, and which deploys are newer.
func statusOf(ctx context.Context, client staged, state deploys.State, wait bool, out *output) (*deploys.Result, error) {
	deploy, err := client.GetDeploy(ctx, state.Target)
	if err == nil && wait && deploy.Status != api.DeployStatusDeployed && deploy.Status != api.DeployStatusFailed {
		var waited *api.Deploy
		if waited, err = client.Wait(ctx, state.Target); err == nil {
			deploy = waited
		}
		if failed := (*wrapper.DeployFailedError)(nil); errors.As(err, &failed) {
			deploy, err = failed.Deploy, nil
		}
	}
	result := resultOf(state, deploy)
	if err == nil {
		out.newer, err = newerThan(ctx, client, deploy, out.to)
	}
	if err == nil && len(out.settings.carried()) > 0 {
		if wrong := out.settings.mismatch(deploy); wrong != "" {
			return result, &statusError{command.UnknownErrorf("deploy %s %s", deploy.ID, wrong), ""}
		}
	}
	next, err := verdict(deploy, err, state.TarballVersion, out)
	if err != nil {
		return result, &statusError{command.UnknownErrorf("%w", err), next}
	}
	return result, nil
}

// verdict returns why a deploy is not known to be done, or nil, and the step that goes on. err is that of the look.
func verdict(deploy *api.Deploy, err error, version string, out *output) (next string, _ error) {
	more := describe(out.newer)
	switch {
	case errors.Is(err, wrapper.ErrNotFound):
		return "", err
	case err != nil:
		return status, err
	case deploy.Status == api.DeployStatusDeployed && shows(deploy, version):
		return "", nil
	case deploy.Status == api.DeployStatusDeployed:
		return "", fmt.Errorf("deploy %s is DEPLOYED, but does not show tarball version %s: it was finalized with another, or replaced%s", deploy.ID, version, more)
	case deploy.Status == api.DeployStatusFailed:
		return "", fmt.Errorf("deploy %s is FAILED: check in the Astro UI what the Deployment runs now%s", deploy.ID, more)
	case deploy.Status == api.DeployStatusInitialized:
		if out.settings.state != "" || len(out.settings.carried()) > 0 {
			next = finalize
		}
		return next, fmt.Errorf("deploy %s is INITIALIZED: it was not finalized, or is not DEPLOYED yet%s", deploy.ID, more)
	}
	return status, fmt.Errorf("deploy %s has the status %.40q%s", deploy.ID, deploy.Status, more)
}

// newerThan returns the deploys of the Deployment that were created after the given one. Those of the same second
// are newer if the service lists them first.
func newerThan(ctx context.Context, client staged, than *api.Deploy, in wrapper.Deployment) (all []newer, err error) {
	isListed := false
	for deploy, err := range client.ListDeploys(ctx, in) {
		switch {
		case err != nil:
			return nil, err
		case deploy.ID == than.ID:
			isListed = true
		case deploy.CreatedAt.After(than.CreatedAt), deploy.CreatedAt.Equal(than.CreatedAt) && !isListed:
			all = append(all, newer{deploy.ID, deploy.Type, deploy.Status, deploy.CreatedAt})
		}
	}
	return all, nil
}

func describe(newer []newer) string {
	if len(newer) == 0 {
		return "; no deploy is newer"
	}
	var all []string
	for _, deploy := range newer {
		all = append(all, fmt.Sprintf("%s (%s)", deploy.DeployID, deploy.Status))
	}
	return "; newer deploys: " + strings.Join(all, ", ")
}
