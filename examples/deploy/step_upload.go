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

// uploadFolder uploads the folder, and stores the version of its tarball. It reads the deploy for the
// upload URL, which is a secret, and so not in the state. It can be taken again: the last version counts.
func uploadFolder(ctx context.Context, client staged, state deploys.State, s settings, out *output) (*deploys.Result, error) {
	switch want := folderFlag(state); {
	case want == "":
		return nil, command.InvalidErrorf("the deploy of -state %s has no tarball: push its image, then finalize", s.state)
	case (want == "-bundle") != (s.bundle != ""):
		return nil, command.UsageErrorf("the deploy of -state %s needs %s, as create did", s.state, want)
	}
	out.stage("packing")
	packed, err := s.pack(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = packed.Close() }()
	deploy, err := client.GetDeploy(ctx, state.Target)
	if err == nil && deploy.Status != api.DeployStatusInitialized {
		err = fmt.Errorf("the deploy is %s, so nothing can be added: create another", deploy.Status)
	}
	if err == nil && uploadURL(deploy) == nil {
		err = errors.New("the deploy has no upload URL: create another")
	}
	if err == nil {
		state.TarballVersion, err = client.Upload(ctx, uploadURL(deploy), packed, wrapper.WithProgress(out.uploaded))
	}
	if err == nil {
		err = store(s.state, state)
	}
	result := resultOf(state, deploy)
	if invalid := (*wrapper.ValidationError)(nil); errors.As(err, &invalid) {
		err = errors.New(command.Text(err)) // the deploy was read
	}
	if err != nil {
		return result, fmt.Errorf("%w; deploy %s was not changed by this step, nor was the Deployment", err, state.DeployID)
	}
	result.Files, result.Bytes, result.ContentDigest = packed.Files(), packed.Size(), packed.ContentDigest()
	return result, nil
}
