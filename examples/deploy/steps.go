package main

import (
	"cmp"
	"context"
	"time"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/deploys"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// takeStep takes one step of a deploy. The result is nil if it ends before the deploy is known.
func takeStep(ctx context.Context, s settings, out *output) (result *deploys.Result, err error) {
	began := time.Now()
	to, err := s.to()
	if err != nil {
		return nil, err
	}
	client, err := wrapper.NewClient(s.clientOptions(out)...)
	if err != nil {
		return nil, err
	}
	out.at(to, client)
	staged, state := staged{client, out}, deploys.State{}
	if s.step != create {
		if state, err = s.deployState(to); err != nil {
			return nil, err
		}
	}
	switch s.step {
	case create:
		result, err = createDeploy(ctx, staged, to, s, out)
	case upload:
		out.begin("uploading "+s.dags+s.bundle+" for deploy "+state.DeployID+" to", to)
		result, err = uploadFolder(ctx, staged, state, s, out)
	case finalize:
		out.begin("finalizing deploy "+state.DeployID+" of", to)
		result, err = finalizeDeploy(ctx, staged, state, s)
	case status:
		out.begin("reading deploy "+state.DeployID+" of", to)
		result, err = statusOf(ctx, staged, state, s.wait, out)
	}
	if result != nil {
		result.Timings.Total = time.Since(began)
	}
	return result, err
}

// folderFlag returns the flag that names the folder of a deploy, or "" if the deploy has no tarball.
func folderFlag(state deploys.State) string {
	switch {
	case state.Type == api.DeployTypeBundle:
		return "-bundle"
	case state.Type == api.DeployTypeImageOnly, state.DAGDeploys == wrapper.DAGDeploysOff:
		return ""
	}
	return "-dags"
}

// resultOf describes a deploy. The second argument is its last response, or nil if there was none.
func resultOf(state deploys.State, deploy *api.Deploy) *deploys.Result {
	result := &deploys.Result{
		OrganizationID: state.OrganizationID, DeploymentID: state.DeploymentID, DeployID: state.DeployID,
		Type: state.Type, TarballVersion: state.TarballVersion,
	}
	if deploy != nil {
		result.Status, result.Type = deploy.Status, cmp.Or(state.Type, deploy.Type)
	}
	return result
}
