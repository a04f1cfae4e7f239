// Package image pushes an image to the registry that a deploy names, without a container runtime. Copy
// Push. The image can come from an archive of docker save, for example:
//
//	image, err := tarball.ImageFromPath("image.tar", nil) // of github.com/google/go-containerregistry/pkg/v1/tarball
//	...
//	result, err := deploys.Image(ctx, client, deployment, image.Push(image, authn.DefaultKeychain))
//
// The command docker can push instead. It needs a docker login before:
//
//	push := func(ctx context.Context, repository, tag string) error {
//		to := repository + ":" + tag
//		if output, err := exec.CommandContext(ctx, "docker", "tag", "my-image", to).CombinedOutput(); err != nil {
//			return fmt.Errorf("docker tag: %w: %s", err, output)
//		}
//		if output, err := exec.CommandContext(ctx, "docker", "push", to).CombinedOutput(); err != nil {
//			return fmt.Errorf("docker push: %w: %s", err, output)
//		}
//		return nil
//	}
//
// With crane it is one command, such as crane push image.tar repository:tag.
package image

import (
	"context"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/astro-finalize/astro-finalize-go/deploys"
)

// Push returns the function that pushes an image for deploys.Image. The credentials come from keychain:
// authn.DefaultKeychain has those of docker login.
func Push(image v1.Image, keychain authn.Keychain) deploys.Push {
	return func(ctx context.Context, repository, tag string) error {
		to, err := name.NewTag(repository+":"+tag, name.StrictValidation)
		if err != nil {
			return err
		}
		return remote.Write(to, image, remote.WithContext(ctx), remote.WithAuthFromKeychain(keychain))
	}
}
