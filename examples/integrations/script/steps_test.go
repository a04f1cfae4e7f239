package script_test

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/deploys"
	"github.com/astro-finalize/astro-finalize-go/tarball"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// The functions of moving-a-script.md, in the same order.

func connect() (*wrapper.Client, error) {
	return wrapper.NewClient(wrapper.WithAPIVersion(wrapper.V1)) // reads ASTRO_API_TOKEN
}

func create(ctx context.Context, client *wrapper.Client, in wrapper.Deployment) (*api.Deploy, error) {
	return client.CreateDeploy(ctx, in, api.CreateDeployRequest{Type: api.DeployTypeDAGOnly})
}

func upload(ctx context.Context, client *wrapper.Client, deploy *api.Deploy, folder string) (version string, err error) {
	packed, err := tarball.Dir(folder).Pack(ctx, "dags")
	if err != nil {
		return "", err
	}
	defer packed.Close()
	return client.Upload(ctx, deploy.DAGsUploadURL, packed)
}

func finish(ctx context.Context, client *wrapper.Client, in wrapper.Deployment, deploy *api.Deploy, version string) error {
	target := wrapper.TargetOf(in.OrganizationID, deploy)
	if _, err := client.Finalize(ctx, target, wrapper.DAGTarball(version)); err != nil {
		return err
	}
	_, err := client.Wait(ctx, target)
	return err
}

func exitCode(err error) int {
	var invalid *wrapper.ValidationError
	var unpackable *tarball.Error
	var failed *wrapper.DeployFailedError
	var waiting *wrapper.WaitError
	switch {
	case err == nil:
		return 0
	case errors.Is(err, wrapper.ErrOutcomeUnknown), errors.As(err, &failed), errors.As(err, &waiting):
		return 3 // the Deployment may have changed
	case errors.As(err, &invalid), errors.As(err, &unpackable):
		return 2 // the call is invalid; nothing was sent
	default:
		return 1 // the Deployment is unchanged
	}
}

func run(ctx context.Context, client *wrapper.Client, in wrapper.Deployment, folder string) int {
	result, err := deploys.DAGs(ctx, client, in, tarball.Dir(folder))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return exitCode(err)
	}
	fmt.Println(result.DeployID, "is", result.Status)
	return 0
}
