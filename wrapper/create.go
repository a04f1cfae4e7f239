package wrapper

import (
	"cmp"
	"context"
	"fmt"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/internal/check"
	"github.com/astro-finalize/astro-finalize-go/internal/decode"
	"github.com/astro-finalize/astro-finalize-go/internal/evidence"
)

// CreateDeploy creates a deploy, whose status is INITIALIZED. Next, upload its tarball ([Client.Upload])
// to DAGsUploadURL or BundleUploadURL before that expires, push its image to ImageRepository with ImageTag,
// and call [Client.Finalize]; until then, the Deployment does not change. The token needs the permission
// deployment.deploys.create. [Client.CheckCreate] is called first.
//
// A request that the service may have received is not retried. If the response is lost, the error's
// MayHaveTakenEffect says that a deploy may have been created. That deploy changes nothing, so create another.
func (c *Client) CreateDeploy(ctx context.Context, in Deployment, request api.CreateDeployRequest) (*api.Deploy, error) {
	if err := c.ready(ctx, c.CheckCreate(in, request)); err != nil {
		return nil, err
	}
	built, err := api.NewCreateDeployRequest(c.server, in.OrganizationID, in.DeploymentID, request)
	created, err := do(ctx, c, opCreateDeploy, built, err, decode.MaxDeploy, func(body []byte) (*api.Deploy, error) {
		deploy, err := decode.DeployIn(body, in.DeploymentID)
		if err == nil {
			err = checkCreated(request, deploy)
		}
		return deploy, err
	})
	if err == nil && created.Status == api.DeployStatusFailed {
		return nil, &DeployFailedError{Deploy: c.shown(created)}
	}
	return created, err
}

// checkCreated refuses a deploy other than the one asked for, since finalizing it could replace or remove
// something else. Which type the service shows for a BUNDLE deploy is not documented.
func checkCreated(asked api.CreateDeployRequest, created *api.Deploy) error {
	isBundle, mountPath := asked.Type == api.DeployTypeBundle, valueOf(created.BundleMountPath)
	switch {
	case asked.Type != created.Type && !isBundle && asked.Type.Valid() && created.Type.Valid():
		return fmt.Errorf("the response shows a deploy of type %s instead of %s", created.Type, asked.Type)
	case isBundle && (mountPath == "" || !evidence.IsSamePath(mountPath, valueOf(asked.BundleMountPath))):
		return fmt.Errorf("the response shows a deploy with the mount path %.200q instead of %.200q", mountPath, valueOf(asked.BundleMountPath))
	case created.Status != api.DeployStatusInitialized && created.Status != api.DeployStatusFailed:
		return fmt.Errorf("the response shows a deploy with the status %.40q instead of INITIALIZED", string(created.Status))
	}
	return nil
}

// GetDeploy reads a deploy. A FAILED deploy is not an error. Only the IDs of the target are used.
// The token needs the permission deployment.deploys.get.
func (c *Client) GetDeploy(ctx context.Context, target Target) (*api.Deploy, error) {
	if err := c.ready(ctx, target.check()); err != nil {
		return nil, err
	}
	built, err := api.NewGetDeployRequest(c.server, target.OrganizationID, target.DeploymentID, target.DeployID)
	return do(ctx, c, opGetDeploy, built, err, decode.MaxDeploy, func(body []byte) (*api.Deploy, error) {
		return decode.Deploy(body, target.DeploymentID, target.DeployID)
	})
}

// CheckCreate returns a [*ValidationError] for the first rule that a call of [Client.CreateDeploy] would
// break, without any I/O:
//
//   - The IDs consist of letters, digits, - and _, and are not a placeholder such as "null".
//   - A type is required. An unknown one is left to the service.
//   - A BUNDLE needs bundleMountPath (an absolute path) and bundleType, both without $, { and }.
//   - A description has at most 500 characters.
//   - git needs provider and commitSha. GITHUB also needs account and repo, without remoteUrl; GENERIC
//     needs remoteUrl, without account and repo. v1beta1 takes only GITHUB, with branch and commitUrl.
func (c *Client) CheckCreate(in Deployment, request api.CreateDeployRequest) error {
	if err := c.check(); err != nil {
		return err
	}
	return hide(checkCreate(c.version(), in, request), c.chain.Log.Secrets)
}

func checkCreate(version APIVersion, in Deployment, request api.CreateDeployRequest) error {
	if err := in.check(); err != nil {
		return err
	}
	if request.Type == "" {
		return &ValidationError{Field: "type", Rule: "must not be empty: pass what the deploy changes, such as DAG_ONLY"}
	}
	if request.Type == api.DeployTypeBundle {
		mountPath, bundleType := valueOf(request.BundleMountPath), valueOf(request.BundleType)
		if err := cmp.Or(invalid("bundleMountPath", mountPath, check.MountPath(mountPath)), invalid("bundleType", bundleType, check.BundleType(bundleType))); err != nil {
			return err
		}
	}
	return cmp.Or(invalid("description", "", check.Description(valueOf(request.Description))), checkGit(version, request.Git))
}

func valueOf(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

// checkGit checks which fields a commit must have, and must not have, for its provider. An unknown provider
// is left to the service.
func checkGit(version APIVersion, git *api.DeployGit) error {
	isBeta := version == V1Beta1
	switch {
	case git == nil:
		return nil
	case git.Provider == "":
		return &ValidationError{Field: "git.provider", Rule: "must not be empty: it is GITHUB or GENERIC"}
	case isBeta && git.Provider != api.GitProviderGitHub:
		return invalid("git.provider", string(git.Provider), "must be GITHUB in v1beta1; for any other, use WithAPIVersion(V1)")
	}
	isGitHub, isGeneric := git.Provider == api.GitProviderGitHub, git.Provider == api.GitProviderGeneric
	for _, field := range []struct {
		name, inVersion         string
		value                   *string
		isRequired, isForbidden bool
	}{
		{"git.account", "", git.Account, isGitHub, isGeneric},
		{"git.repo", "", git.Repo, isGitHub, isGeneric},
		{"git.remoteUrl", "", git.RemoteURL, isGeneric, isGitHub},
		{"git.branch", " in v1beta1; or use WithAPIVersion(V1)", git.Branch, isBeta, false},
		{"git.commitUrl", " in v1beta1; or use WithAPIVersion(V1)", git.CommitURL, isBeta, false},
	} {
		switch isGiven := valueOf(field.value) != ""; {
		case field.isRequired && !isGiven:
			return &ValidationError{Field: field.name, Rule: "is required for the provider " + string(git.Provider) + field.inVersion}
		case field.isForbidden && isGiven:
			return &ValidationError{Field: field.name, Rule: "must not be set for the provider " + string(git.Provider)}
		}
	}
	return invalid("git.commitSha", git.CommitSHA, check.Commit(git.CommitSHA))
}
