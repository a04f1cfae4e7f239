package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/deploys"
	"github.com/astro-finalize/astro-finalize-go/examples/internal/command"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// reserve creates the state file, so that two deploys never share one, and a deploy whose state could not
// be stored is never created.
func reserve(path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return command.InvalidErrorf("-state %s exists: finalize its deploy, or delete it, and create again", path)
	} else if err != nil {
		return command.InvalidErrorf("-state cannot be created: %w", err)
	}
	return file.Close()
}

// store replaces the state file at once, so that it is whole at any time. Only its owner can read it.
func store(path string, state deploys.State) error {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	encoded, err := json.MarshalIndent(state, "", "  ")
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // has the mode 0600
	if err != nil {
		return err
	}
	_, err = file.Write(append(encoded, '\n'))
	if err = errors.Join(err, file.Sync(), file.Close()); err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		_ = os.Remove(file.Name())
	}
	return err
}

// deployState returns the deploy that -state or -deploy names.
func (s settings) deployState(of wrapper.Deployment) (deploys.State, error) {
	if s.state != "" {
		return load(s.state, of)
	}
	state := deploys.State{
		Target:         wrapper.Target{OrganizationID: of.OrganizationID, DeploymentID: of.DeploymentID, DeployID: s.deploy},
		TarballVersion: s.dagsVersion + s.bundleVersion,
	}
	if s.bundleVersion != "" || s.removeBundle {
		state.Type = api.DeployTypeBundle
	}
	encoded, err := json.Marshal(state)
	if err != nil {
		return state, err
	}
	_, err = deploys.ParseState(encoded, of) // checks it
	if invalid := (*wrapper.ValidationError)(nil); errors.As(err, &invalid) {
		invalid.Field = strings.TrimPrefix(invalid.Field, "state.")
		if invalid.Field == "tarballVersion" {
			invalid.Field = map[bool]string{true: "bundleTarballVersion", false: "dagTarballVersion"}[s.bundleVersion != ""]
		}
	}
	return state, err
}

// load reads the state file, which must be that of a deploy of the given Deployment.
func load(path string, of wrapper.Deployment) (deploys.State, error) {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() { // a pipe could be read for ever
		return deploys.State{}, command.InvalidErrorf("-state %s is not a regular file", path)
	}
	stored, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return deploys.State{}, command.InvalidErrorf("-state %s does not exist: run create first", path)
	} else if err != nil {
		return deploys.State{}, command.InvalidErrorf("-state cannot be read: %w", err)
	}
	state, err := deploys.ParseState(stored, of)
	if err != nil {
		return state, command.InvalidErrorf("-state %s: %w", path, err)
	}
	return state, nil
}
