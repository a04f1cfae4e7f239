package wrapper

import (
	"context"
	"fmt"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// CreateDeploy creates a deploy and returns it, INITIALIZED: its image is to be pushed to
// ImageRepository with ImageTag, its tarball to be uploaded ([Client.Upload]) to DAGsUploadURL
// or BundleUploadURL. What the Deployment runs stays as it is until [Client.Finalize]. The
// token needs the permission deployment.deploys.create.
//
// A type is required, a BUNDLE needs its mount path and its type, a description has at most
// 500 characters, and a commit (Git) needs [V1], because v1beta1 would drop it silently:
// nothing is sent that breaks these rules.
//
// A request that may have got through is not repeated. If its answer is lost a deploy may
// have been created, which the error says; it changes nothing, and another can be created.
func (c *Client) CreateDeploy(ctx context.Context, in Deployment, request api.CreateDeployRequest) (*api.Deploy, error) {
	if err := c.checkCreate(ctx, in, request); err != nil {
		return nil, err
	}
	deploy, _, err := c.create(ctx, in, request)
	return deploy, err
}

// create returns the deploy that it creates or, if that is not known, whether there may be one.
func (c *Client) create(ctx context.Context, in Deployment, request api.CreateDeployRequest) (deploy *api.Deploy, mayExist bool, err error) {
	call := c.newCall(opCreateDeploy, func(body []byte) (err error) {
		if deploy, err = readDeployIn(body, in); err == nil {
			err = checkType(request.Type, deploy.Type)
		}
		return err
	})
	if err := call.failure(call.generated.CreateDeploy(ctx, in.OrganizationID, in.DeploymentID, request)); err != nil {
		return nil, call.mayHave, err
	}
	return deploy, true, nil
}

// checkType reports a deploy of another type than was asked for. Which type a bundle's deploy
// is shown with is not documented.
func checkType(asked, created api.DeployType) error {
	if asked == created || asked == api.DeployTypeBundle || !asked.Valid() || !created.Valid() {
		return nil
	}
	return fmt.Errorf("the answer is about a deploy of type %s, and not of type %s", created, asked)
}
