package command_test

import (
	"errors"
	"fmt"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/astro-finalize/astro-finalize-go/deploys"
	"github.com/astro-finalize/astro-finalize-go/examples/internal/command"
	"github.com/astro-finalize/astro-finalize-go/tarball"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

func TestText(t *testing.T) {
	invalid := &wrapper.ValidationError{Field: "organizationId", Rule: "must not be empty"}
	for want, err := range map[string]error{
		"refused": errors.New("refused"),
		"-organization or ASTRO_ORGANIZATION_ID must not be empty":       invalid,
		"-state f: its deploy ID is wrong":                               fmt.Errorf("-state f: %w", &wrapper.ValidationError{Field: "state.deployId", Rule: "is wrong"}),
		"ASTRO_API_TOKEN is missing: set it to an API token":             &wrapper.ValidationError{Field: "ASTRO_API_TOKEN", Rule: "is missing: set ASTRO_API_TOKEN or use WithToken or WithTokenSource"},
		`packing: -ignore has "[" (got "x"); nothing was sent`:           &deploys.Error{Stage: deploys.StagePack, Err: &tarball.Error{Field: "Ignore", Rule: `has "[" (got "x")`}},
		`"p" is a project; use -dags "p/dags"`:                           &tarball.Error{Path: "p", Rule: `is a project; use Dir("p/dags"), or add the option Prefix("dags") if that is intended`},
		"finalizing the deploy: 404 Not Found: no organizationId in url": fmt.Errorf("FinalizeDeploy: 404 Not Found: no organizationId in url"),
	} {
		assert.Equal(t, want, command.Text(err))
	}
}

// What the errors of the library say to Go programs, an operator does not read.
func TestTextHasNoGo(t *testing.T) {
	goWords := regexp.MustCompile(`\w\(\)|With[A-Z]\w+|GetDeploy|Finalize\b|AllowEmpty|V1Beta1|strings\.|Ignore`)
	for _, stage := range []deploys.Stage{deploys.StageCreate, deploys.StageUpload, deploys.StageFinalize, deploys.StageWait} {
		for _, err := range []error{errors.New("lost"), &wrapper.OutcomeUnknownError{DeployID: "d", Err: errors.New("lost")}, &wrapper.DeployFailedError{}} {
			text := command.Text(&deploys.Error{Stage: stage, Result: deploys.Result{DeployID: "d", TarballVersion: "v"}, Err: err, MayExist: true})
			assert.NotRegexp(t, goWords, text)
		}
	}
}
