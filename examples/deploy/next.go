package main

import (
	"errors"
	"strings"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/deploys"
	"github.com/astro-finalize/astro-finalize-go/examples/internal/command"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// next returns the command that finds out what became of a deploy, or that goes on with it; "" if there is none.
func (o *output) next(result *deploys.Result, stage deploys.Stage, err error) string {
	code := command.DeployCode(err)
	read, waited := (*statusError)(nil), (*wrapper.WaitError)(nil)
	switch {
	case !o.settings.live || result == nil || result.DeployID == "":
		return ""
	case errors.As(err, &read):
		return o.commandLine(read.next, result)
	case errors.As(err, &waited):
		return o.commandLine(status, result, "-wait")
	case code == command.Unknown:
		return o.commandLine(status, result)
	case code == command.Failed && (stage == deploys.StageFinalize || o.settings.step == finalize && result.Status != api.DeployStatusDeployed):
		return o.commandLine(finalize, result)
	}
	return ""
}

// commandLine returns the command line of a step for the deploy.
func (o *output) commandLine(step string, result *deploys.Result, more ...string) string {
	if step == "" {
		return ""
	}
	s := o.settings
	args := []string{"deploy", step, "-live", "-organization", o.to.OrganizationID, "-deployment", o.to.DeploymentID}
	if s.baseURL != "" {
		args = append(args, "-base-url", s.baseURL)
	}
	if s.apiVersion != "" {
		args = append(args, "-api-version", s.apiVersion)
	}
	switch version := result.TarballVersion; {
	case s.state != "":
		args = append(args, "-state", s.state)
	case version == "":
		args = append(append(args, "-deploy", result.DeployID), s.carried()...)
	case result.Type == api.DeployTypeBundle:
		args = append(args, "-deploy", result.DeployID, "-bundle-version", version)
	default:
		args = append(args, "-deploy", result.DeployID, "-dags-version", version)
	}
	for i, arg := range args {
		args[i] = command.ShellQuote(arg)
	}
	return strings.Join(append(args, more...), " ")
}
