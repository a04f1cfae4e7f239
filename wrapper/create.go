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

// CreateDeploy creates a deploy and returns it, INITIALIZED: its tarball is to be uploaded
// ([Client.Upload]) to DAGsUploadURL or BundleUploadURL, which expire, and then its image to be
// pushed to ImageRepository with ImageTag. What the Deployment runs stays as it is until
// [Client.Finalize]. The token needs the permission deployment.deploys.create.
//
// The rules of [Client.CheckCreate] are checked first: nothing is sent that breaks them.
//
// A request that may have been received is not sent again. If its response is lost a deploy may
// have been created, which the error says (MayHaveTakenEffect); it changes nothing, and another
// can be created.
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

// checkCreated reports a deploy that is not the one that was asked for: it may be finalized, and
// what it mounts replaced or removed. Which type a bundle's deploy is shown with is not documented.
func checkCreated(asked api.CreateDeployRequest, created *api.Deploy) error {
	isBundle, mountPath := asked.Type == api.DeployTypeBundle, valueOf(created.BundleMountPath)
	switch {
	case asked.Type != created.Type && !isBundle && asked.Type.Valid() && created.Type.Valid():
		return fmt.Errorf("the response is about a deploy of type %s, and not of type %s", created.Type, asked.Type)
	case isBundle && (mountPath == "" || !evidence.IsSamePath(mountPath, valueOf(asked.BundleMountPath))):
		return fmt.Errorf("the response is about a deploy with the mount path %.200q, and not %.200q", mountPath, valueOf(asked.BundleMountPath))
	case created.Status != api.DeployStatusInitialized && created.Status != api.DeployStatusFailed:
		return fmt.Errorf("the response is about a deploy that is %.40q, and not INITIALIZED", string(created.Status))
	}
	return nil
}

// GetDeploy reads a deploy: what it is, and what became of it. The token needs the
// permission deployment.deploys.get. A deploy whose status is FAILED was read well, and is
// no error here. Of the target only the IDs matter.
func (c *Client) GetDeploy(ctx context.Context, target Target) (*api.Deploy, error) {
	if err := c.ready(ctx, target.check()); err != nil {
		return nil, err
	}
	built, err := api.NewGetDeployRequest(c.server, target.OrganizationID, target.DeploymentID, target.DeployID)
	return do(ctx, c, opGetDeploy, built, err, decode.MaxDeploy, func(body []byte) (*api.Deploy, error) {
		return decode.Deploy(body, target.DeploymentID, target.DeployID)
	})
}

// CheckCreate reports the first rule that a call to [Client.CreateDeploy] breaks, as a
// [*ValidationError], without any I/O:
//
//   - The IDs of the Deployment consist of letters, digits, - and _, and are not "null" or the like.
//   - A type is required. One that is not known here is the service's to judge.
//   - A BUNDLE needs bundleMountPath, an absolute path, and bundleType, both without $, { and }.
//   - A description has at most 500 characters.
//   - A commit (git) needs [V1], because v1beta1 would drop it silently, and what the contract
//     requires for its provider.
func (c *Client) CheckCreate(in Deployment, request api.CreateDeployRequest) error {
	if err := c.check(); err != nil {
		return err
	}
	return hide(checkCreate(c.version, in, request), c.chain.Log.Secrets)
}

func checkCreate(version APIVersion, in Deployment, request api.CreateDeployRequest) error {
	if err := in.check(); err != nil {
		return err
	}
	if request.Type == "" {
		return &ValidationError{Field: "type", Rule: "must not be empty: it says what the deploy changes, such as DAG_ONLY"}
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

// checkGit refuses what v1beta1 would drop without a word, and a commit that lacks what the
// contract requires.
func checkGit(version APIVersion, git *api.DeployGit) error {
	switch {
	case git == nil:
		return nil
	case version == V1Beta1:
		return &ValidationError{Field: "git", Rule: "is not part of v1beta1, which would drop it; use WithAPIVersion(V1), or leave it out"}
	case git.Provider == "":
		return &ValidationError{Field: "git.provider", Rule: "must not be empty: it is GITHUB or GENERIC"}
	case check.Commit(git.CommitSHA) != "":
		return invalid("git.commitSha", git.CommitSHA, check.Commit(git.CommitSHA))
	case git.Provider == api.GitProviderGitHub && (valueOf(git.Account) == "" || valueOf(git.Repo) == ""):
		return &ValidationError{Field: "git.account", Rule: "and git.repo must be given for the provider GITHUB; for another there is GENERIC, with git.remoteUrl"}
	case git.Provider == api.GitProviderGeneric && valueOf(git.RemoteURL) == "":
		return &ValidationError{Field: "git.remoteUrl", Rule: "must be given for the provider GENERIC"}
	}
	return nil
}
