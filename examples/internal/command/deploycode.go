package command

import (
	"errors"

	"github.com/astro-finalize/astro-finalize-go/deploys"
	"github.com/astro-finalize/astro-finalize-go/tarball"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// Unknown is the exit code of a deploy that may have changed its Deployment.
const Unknown = 3

// DeployCode returns the exit code of a deploy, to one Deployment or to several, that ended with err.
func DeployCode(err error) int {
	var several *deploys.MultiError
	var invalid *wrapper.ValidationError
	var unpackable *tarball.Error
	var waiting *wrapper.WaitError
	var failed *wrapper.DeployFailedError
	switch {
	case err == nil:
		return OK
	case errors.Is(err, wrapper.ErrOutcomeUnknown), errors.As(err, &waiting), errors.As(err, &failed):
		return Unknown
	case errors.As(err, &several):
		return Failed // whatever the errors are, others may have been deployed
	case errors.As(err, &invalid), errors.As(err, &unpackable), errors.As(err, new(usageError)):
		return Usage
	default:
		return Failed
	}
}
