package command

import (
	"errors"
	"fmt"

	"github.com/astro-finalize/astro-finalize-go/deploys"
	"github.com/astro-finalize/astro-finalize-go/tarball"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// Exit codes.
const (
	OK        = 0
	Failed    = 1
	Usage     = 2
	Unknown   = 3
	Unwritten = 4
)

// Codes are the exit codes of a deploy, for -h.
const Codes = `  0  done: the deploy is DEPLOYED, or the step is done
  1  failed: the Deployment is unchanged
  2  wrong command line, environment, state or folder: nothing was sent
  3  the Deployment may have changed: the deploy is FAILED, or its outcome is
     unknown; "next:", if shown, is the command to run
  4  done as with 0, but the result could not be written to standard output
`

type invalidError struct{ error }

func (e invalidError) Unwrap() error { return e.error }

// InvalidErrorf returns an error about what the command line names, such as a file. The flags are right.
func InvalidErrorf(format string, args ...any) error {
	return invalidError{fmt.Errorf(format, args...)}
}

type unknownError struct{ error }

func (e unknownError) Unwrap() error { return e.error }

// UnknownErrorf returns an error about a deploy that may have changed its Deployment.
func UnknownErrorf(format string, args ...any) error {
	return unknownError{fmt.Errorf(format, args...)}
}

// DeployCode returns the exit code of a deploy, to one Deployment or to several, that ended with err.
func DeployCode(err error) int {
	var several *deploys.MultiError
	var invalid *wrapper.ValidationError
	var unpackable *tarball.Error
	var waiting *wrapper.WaitError
	var failed *wrapper.DeployFailedError
	var deploying *deploys.Error
	switch {
	case err == nil:
		return OK
	case errors.As(err, new(unwrittenError)):
		return Unwritten
	case !errors.As(err, &several) && errors.As(err, &deploying) && deploying.Stage == deploys.StageCreate && errors.As(err, &failed):
		return Failed // it was not finalized
	case errors.As(err, new(unknownError)), errors.Is(err, wrapper.ErrOutcomeUnknown), errors.As(err, &waiting), errors.As(err, &failed):
		return Unknown
	case errors.As(err, &several):
		return Failed // whatever the errors are, others may have been deployed
	case errors.As(err, &deploying) && deploying.Stage != deploys.StagePack:
		return Failed // something was sent
	case errors.As(err, &invalid), errors.As(err, &unpackable), errors.As(err, new(usageError)), errors.As(err, new(invalidError)):
		return Usage
	default:
		return Failed
	}
}
