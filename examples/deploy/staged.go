package main

import (
	"context"
	"io"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// staged is a client that tells the output which stage the deploy has reached.
type staged struct {
	*wrapper.Client
	out *output
}

func (s staged) CreateDeploy(ctx context.Context, in wrapper.Deployment, request api.CreateDeployRequest) (*api.Deploy, error) {
	s.out.stage("creating the deploy")
	return s.Client.CreateDeploy(ctx, in, request)
}

func (s staged) Upload(ctx context.Context, uploadURL *api.Secret, tarball io.ReadSeeker, options ...wrapper.UploadOption) (version string, err error) {
	s.out.stage("uploading")
	return s.Client.Upload(ctx, uploadURL, tarball, options...)
}

func (s staged) Finalize(ctx context.Context, target wrapper.Target, content wrapper.Content) (*api.Deploy, error) {
	s.out.stage("finalizing")
	return s.Client.Finalize(ctx, target, content)
}

func (s staged) Wait(ctx context.Context, target wrapper.Target) (*api.Deploy, error) {
	s.out.stage(waiting)
	s.out.say(waiting)
	return s.Client.Wait(ctx, target)
}

const waiting = "waiting for DEPLOYED"
