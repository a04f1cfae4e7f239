package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/deploys"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// createDeploy creates the state file and a deploy. If that fails, there is no state file.
func createDeploy(ctx context.Context, client staged, to wrapper.Deployment, s settings, out *output) (*deploys.Result, error) {
	request := s.request()
	if err := client.CheckCreate(to, request); err != nil {
		return nil, err
	}
	if s.dags != "" || s.bundle != "" { // no deploy is created for a folder that cannot be packed
		out.stage("packing")
		packed, err := s.pack(ctx)
		if err != nil {
			return nil, err
		}
		_ = packed.Close()
	}
	if err := reserve(s.state); err != nil {
		return nil, err
	}
	out.begin("creating a deploy on", to)
	deploy, err := client.CreateDeploy(ctx, to, request)
	state := deploys.State{Target: wrapper.TargetOf(to.OrganizationID, deploy)}
	state.Type = request.Type // the response may show another type
	if failed := (*wrapper.DeployFailedError)(nil); errors.As(err, &failed) {
		err = fmt.Errorf("deploy %s is FAILED, so the Deployment is unchanged: create another", failed.Deploy.ID)
	}
	if err == nil {
		err = s.misses(deploy)
	}
	if err == nil {
		if err = store(s.state, state); err != nil {
			err = fmt.Errorf("deploy %s was created, but -state cannot be written: %w", deploy.ID, err)
		}
	}
	if err != nil {
		_ = os.Remove(s.state)
		return nil, err
	}
	if s.image {
		out.image = strings.TrimPrefix(deploy.ImageRepository, "https://") + ":" + deploy.ImageTag
	}
	return resultOf(state, deploy), nil
}

func (s settings) request() api.CreateDeployRequest {
	request := api.CreateDeployRequest{Type: api.DeployTypeDAGOnly}
	switch {
	case s.bundle != "":
		request = api.CreateDeployRequest{Type: api.DeployTypeBundle, BundleMountPath: &s.mountPath, BundleType: &s.bundleType}
	case s.image && (s.dags != "" || s.dagsInImage):
		request.Type = api.DeployTypeImageAndDAG
	case s.image:
		request.Type = api.DeployTypeImageOnly
	}
	if s.description != "" {
		request.Description = &s.description
	}
	return request
}

// misses returns what the later steps would miss in a new deploy.
func (s settings) misses(deploy *api.Deploy) error {
	switch {
	case (s.dags != "" || s.bundle != "") && uploadURL(deploy) == nil:
		return fmt.Errorf("deploy %s has no upload URL, so DAG deploys seem to be disabled on the Deployment: enable them, or deploy DAGs with -image -dags-in-image", deploy.ID)
	case s.image && (deploy.ImageRepository == "" || deploy.ImageTag == ""):
		return fmt.Errorf("deploy %s does not say where to push the image", deploy.ID)
	case s.dagsInImage && deploy.IsDAGDeployEnabled:
		return fmt.Errorf("DAG deploys are enabled on the Deployment, so deploy %s would not use the DAGs in the image: give -dags, or -image alone to keep the Deployment's DAGs", deploy.ID)
	}
	return nil
}

// uploadURL returns the upload URL of a deploy, or nil.
func uploadURL(deploy *api.Deploy) *api.Secret {
	if deploy.BundleUploadURL != nil {
		return deploy.BundleUploadURL
	}
	return deploy.DAGsUploadURL
}
