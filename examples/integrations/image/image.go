// Package image pushes an image to the registry that a deploy names, without a container runtime. Copy
// Push. The image can come from an archive that docker save wrote, for example:
//
//	built, err := tarball.ImageFromPath("image.tar", nil) // of github.com/google/go-containerregistry/pkg/v1/tarball
//	...
//	result, err := deploys.Image(ctx, client, deployment, image.Push(built, os.Getenv("ASTRO_API_TOKEN")))
//
// Or let docker push, after docker login images.astronomer.cloud -u cli with the token as the password:
//
//	push := func(ctx context.Context, repository, tag string) error {
//		to := repository + ":" + tag
//		for _, args := range [][]string{{"tag", "my-image", to}, {"push", to}} {
//			if output, err := exec.CommandContext(ctx, "docker", args...).CombinedOutput(); err != nil {
//				return fmt.Errorf("docker %s: %w: %s", args[0], err, output)
//			}
//		}
//		return nil
//	}
//
// With crane it is one command: crane push image.tar repository:tag.
package image

import (
	"context"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/astro-finalize/astro-finalize-go/deploys"
)

// Push returns the function that pushes an image for deploys.Image. The token is the password of the user
// cli at the registry.
func Push(image v1.Image, token string) deploys.Push {
	return func(ctx context.Context, repository, tag string) error {
		to, err := name.NewTag(repository+":"+tag, name.StrictValidation)
		if err != nil {
			return err
		}
		return remote.Write(to, image, remote.WithContext(ctx), remote.WithAuth(&authn.Basic{Username: "cli", Password: token}))
	}
}
