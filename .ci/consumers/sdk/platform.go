// Package platform stands for a larger SDK with its own interface, models and errors, which uses
// the library for one of its features.
package platform

import (
	"context"
	"errors"
	"time"

	"github.com/astro-finalize/astro-finalize-go/deploys"
	"github.com/astro-finalize/astro-finalize-go/tarball"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// Releaser deploys code to an environment.
type Releaser interface {
	Release(ctx context.Context, environment Environment, folder string) (Release, error)
}

// Environment is where code runs.
type Environment struct{ Tenant, Name string }

// Release is code that was deployed.
type Release struct {
	ID, Version string
	Took        time.Duration
}

// The kinds of errors of a release.
var (
	ErrInput   = errors.New("platform: bad input")
	ErrAccess  = errors.New("platform: no access")
	ErrUnknown = errors.New("platform: outcome unknown")
)

// OnAstro returns a Releaser for Astro. The client is an interface, so tests can replace it.
func OnAstro(client deploys.Client) Releaser { return astro{client} }

type astro struct{ client deploys.Client }

func (a astro) Release(ctx context.Context, environment Environment, folder string) (Release, error) {
	to := wrapper.Deployment{OrganizationID: environment.Tenant, DeploymentID: environment.Name}
	result, err := deploys.DAGs(ctx, a.client, to, tarball.Dir(folder))
	if err != nil {
		return Release{}, kindOf(err)
	}
	return Release{ID: result.DeployID, Version: result.TarballVersion, Took: result.Timings.Total}, nil
}

func kindOf(err error) error {
	var invalid *wrapper.ValidationError
	var unpackable *tarball.Error
	switch {
	case errors.Is(err, wrapper.ErrOutcomeUnknown):
		return errors.Join(ErrUnknown, err)
	case errors.As(err, &invalid), errors.As(err, &unpackable):
		return errors.Join(ErrInput, err)
	case errors.Is(err, wrapper.ErrUnauthorized), errors.Is(err, wrapper.ErrForbidden):
		return errors.Join(ErrAccess, err)
	}
	return err
}
