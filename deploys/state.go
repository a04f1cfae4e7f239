package deploys

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/internal/check"
	"github.com/astro-finalize/astro-finalize-go/internal/redact"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// State is a deploy between two steps that run in different processes, such as jobs of a CI pipeline:
//
//	deploy, err := client.CreateDeploy(ctx, to, request)
//	state := deploys.State{Target: wrapper.TargetOf(to.OrganizationID, deploy)}
//	...
//	state.TarballVersion, err = client.Upload(ctx, deploy.DAGsUploadURL, tarball)
//	...
//	deploy, err = client.Finalize(ctx, state.Target, state.Content())
//
// Its JSON contains no secrets. Store it, and never the [api.Deploy], whose JSON contains the upload URLs. A
// process that uploads reads the URL with GetDeploy. A process that finalizes checks with GetDeploy that the
// deploy is still INITIALIZED: to finalize an old one again replaces what was deployed since.
type State struct {
	wrapper.Target
	TarballVersion string `json:"tarballVersion,omitempty"` // "" before the upload, and if there is none
}

// Content returns what the deploy carries, by its type. It never removes a bundle: without a version, the
// finalize of a bundle is refused.
func (s State) Content() wrapper.Content {
	switch {
	case s.Type == api.DeployTypeBundle:
		return wrapper.BundleTarball(s.TarballVersion)
	case s.TarballVersion == "":
		return wrapper.ImageOnly()
	}
	return wrapper.DAGTarball(s.TarballVersion)
}

// ParseState reads the JSON of a State, and checks it: IDs and the version must be valid, the deploy must
// belong to the given Deployment, and there must be no other fields, nor one twice. Any error is a
// [*wrapper.ValidationError].
func ParseState(data []byte, of wrapper.Deployment) (State, error) {
	var state State
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&state)
	if err == nil {
		if _, more := decoder.Token(); more != io.EOF {
			err = errors.New("there is more after it")
		}
	}
	if err == nil {
		err = checkNames(data)
	}
	if err != nil { // its text may have the name of a field, which may be anything
		return State{}, &wrapper.ValidationError{Field: "state", Rule: fmt.Sprintf("must be the JSON of a State: %v", redact.Error(err))}
	}
	if err := cmp.Or(
		ruled("organizationId", state.OrganizationID, check.ID(state.OrganizationID)),
		ruled("deploymentId", state.DeploymentID, check.ID(state.DeploymentID)),
		ruled("deployId", state.DeployID, check.ID(state.DeployID)),
		same("organizationId", state.OrganizationID, of.OrganizationID),
		same("deploymentId", state.DeploymentID, of.DeploymentID),
	); err != nil {
		return State{}, err
	}
	if state.TarballVersion != "" {
		if err := ruled("tarballVersion", state.TarballVersion, check.Version(state.TarballVersion)); err != nil {
			return State{}, err
		}
	}
	return state, nil
}

// checkNames refuses two fields whose names differ at most in case. Of those, encoding/json takes the last,
// and another program that reads the state may take the first. All values are strings or null.
func checkNames(data []byte) error {
	var names []string
	decoder := json.NewDecoder(bytes.NewReader(data))
	_, _ = decoder.Token()
	for decoder.More() {
		token, _ := decoder.Token()
		_, _ = decoder.Token() // the value
		name, _ := token.(string)
		if slices.ContainsFunc(names, func(other string) bool { return strings.EqualFold(name, other) }) {
			return fmt.Errorf("the field %q is there twice", name)
		}
		names = append(names, name)
	}
	return nil
}

func ruled(field, value, rule string) error {
	switch {
	case rule == "":
		return nil
	case len(value) > 64: // it may be a secret that was stored by mistake
		value = ""
	}
	return &wrapper.ValidationError{Field: "state." + field, Value: value, Rule: rule}
}

func same(field, value, want string) error {
	if value == want {
		return nil
	}
	return ruled(field, value, fmt.Sprintf("must be %.64q: the state belongs to another Deployment", want))
}
