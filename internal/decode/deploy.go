// Package decode turns the bodies of responses into models of the API, or says why a body is not
// what was asked for. It is strict on what is evidence of a deploy, lenient on all else, and bounded.
// Names count as they are written, which they do not for package json.
package decode

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/internal/check"
)

// MaxDeploy is how long a body with a single deploy, or an error, may be: JSON can take up 70 times
// its size when it is decoded. A deploy takes some 3 KB, a bundle in it 300 bytes.
const MaxDeploy = 1 << 20

var errTooLong = errors.New("the response is longer than 1 MiB")

// Deploy returns the deploy of the two IDs, if the body is that.
func Deploy(body []byte, deploymentID, deployID string) (*api.Deploy, error) {
	deploy, err := decodeDeploy(body)
	if err == nil {
		err = checkDeploy(deploymentID, deployID, deploy)
	}
	if err != nil {
		return nil, err
	}
	return deploy, nil
}

// DeployIn returns a deploy of the Deployment whose own ID is not known before, if the body is one.
func DeployIn(body []byte, deploymentID string) (*api.Deploy, error) {
	deploy, err := decodeDeploy(body)
	switch {
	case err != nil:
	case check.ID(deploy.ID) != "": // paths will be made of it
		err = errors.New("the response holds no deploy")
	case deploy.DeploymentID == "": // all that tells whether the deploy is one of those asked for
		err = errors.New("the response lacks the deploy's Deployment")
	default:
		err = checkDeploy(deploymentID, deploy.ID, deploy)
	}
	if err != nil {
		return nil, err
	}
	return deploy, nil
}

// Error returns what a body says as an error of the service: what does not fit is left zero.
func Error(body []byte) (decoded api.Error) {
	if len(body) <= MaxDeploy {
		_ = json.Unmarshal(body, &decoded)
	}
	return decoded
}

// Quoted is what a service's value adds to a text: nothing where it is not like an ID or a
// version.
func Quoted(value string) string {
	if value == "" || len(value) > 64 || !check.IsPrintable(value) {
		return ""
	}
	return fmt.Sprintf(", %q", value)
}

// decodeDeploy decodes a body by the exact names of its members. What only informs is left zero
// where it cannot be read: it must not make a finalize that took effect look like a failure.
func decodeDeploy(body []byte) (*api.Deploy, error) {
	if len(body) > MaxDeploy {
		return nil, errTooLong
	}
	var deploy api.Deploy
	err := json.Unmarshal(body, &deploy)
	if err == nil && isPlain(body) {
		return &deploy, nil
	}
	if !json.Valid(body) {
		return nil, err
	}
	deploy = api.Deploy{}
	return &deploy, fill(reflect.ValueOf(&deploy).Elem(), body)
}

// checkDeploy reports a body that is JSON but not the deploy asked for.
func checkDeploy(deploymentID, deployID string, deploy *api.Deploy) error {
	switch {
	case deploy.ID == "":
		return errors.New("the response holds no deploy")
	case deploy.ID != deployID:
		return errors.New("the response is about another deploy" + Quoted(deploy.ID))
	case deploy.DeploymentID != "" && deploy.DeploymentID != deploymentID:
		return errors.New("the response is about a deploy of another Deployment" + Quoted(deploy.DeploymentID))
	case deploy.Status == "":
		return errors.New("the response lacks the deploy's status")
	}
	return nil
}
