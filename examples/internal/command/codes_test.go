package command_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/astro-finalize/astro-finalize-go/deploys"
	"github.com/astro-finalize/astro-finalize-go/examples/internal/command"
	"github.com/astro-finalize/astro-finalize-go/tarball"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

func TestDeployCode(t *testing.T) {
	refused, invalid := errors.New("refused"), &wrapper.ValidationError{Field: "deploymentId", Rule: "must be set"}
	unknown := &deploys.Error{Stage: deploys.StageFinalize, Err: fmt.Errorf("finalize: %w", wrapper.ErrOutcomeUnknown)}
	several := func(errs ...error) error {
		failures := &deploys.MultiError{}
		for _, err := range errs {
			failures.Failed = append(failures.Failed, deploys.Outcome{Err: err})
		}
		return failures
	}
	for _, row := range []struct {
		err  error
		code int
	}{
		{nil, command.OK},
		{refused, command.Failed},
		{invalid, command.Usage},
		{&tarball.Error{Path: ".", Rule: "must be a readable folder"}, command.Usage},
		{command.UsageErrorf("-n is 0"), command.Usage},
		{unknown, command.Unknown},
		{command.UnknownErrorf("%w", invalid), command.Unknown},
		{&wrapper.WaitError{}, command.Unknown},
		{&wrapper.DeployFailedError{}, command.Unknown},
		{&deploys.Error{Stage: deploys.StageCreate, Err: &wrapper.DeployFailedError{}}, command.Failed},
		{&deploys.Error{Stage: deploys.StageFinalize, Err: &wrapper.DeployFailedError{}}, command.Unknown},
		{&deploys.Error{Stage: deploys.StagePack, Err: invalid}, command.Usage},
		{&deploys.Error{Stage: deploys.StageFinalize, Err: invalid}, command.Failed},
		{several(refused, refused), command.Failed},
		{several(invalid), command.Failed},
		{several(refused, unknown, invalid), command.Unknown},
	} {
		assert.Equal(t, row.code, command.DeployCode(row.err), "%v", row.err)
	}
}
