// Package decode decodes response bodies into models of the API, or says why a body is not what was
// requested. It is strict about the fields that show the state of a deploy and lenient about all others.
// The size of a body is limited. Unlike encoding/json, it matches names exactly.
package decode

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/internal/check"
)

// MaxDeploy is the maximum size of a body with a deploy or an error: decoded JSON can take 70 times its
// size. A deploy has about 3 KB, plus 300 bytes per bundle.
const MaxDeploy = 1 << 20

var errTooLong = errors.New("the response is longer than 1 MiB")

// Deploy decodes the deploy with the two IDs.
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

// DeployIn decodes a deploy of the Deployment. The ID of the deploy is not known in advance.
func DeployIn(body []byte, deploymentID string) (*api.Deploy, error) {
	deploy, err := decodeDeploy(body)
	switch {
	case err != nil:
	case check.ID(deploy.ID) != "": // it becomes part of request paths
		err = errors.New("the response contains no deploy")
	case deploy.DeploymentID == "": // nothing else shows that the deploy belongs to the Deployment
		err = errors.New("the response lacks the deploy's deploymentId")
	default:
		err = checkDeploy(deploymentID, deploy.ID, deploy)
	}
	if err != nil {
		return nil, err
	}
	return deploy, nil
}

// Error decodes an error of the service. Fields that cannot be decoded are left zero.
func Error(body []byte) (decoded api.Error) {
	if len(body) <= MaxDeploy {
		_ = json.Unmarshal(body, &decoded)
	}
	return decoded
}

// Quoted returns a value of the service for the end of an error message, or "" if the value does not
// look like an ID or a version.
func Quoted(value string) string {
	if value == "" || len(value) > 64 || !check.IsPrintable(value) {
		return ""
	}
	return fmt.Sprintf(", %q", value)
}

// decodeDeploy decodes a body by exact names. An informational field that cannot be decoded is left zero,
// so that it does not make a successful finalize look like a failure.
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

// checkDeploy returns an error if the deploy is not the requested one.
func checkDeploy(deploymentID, deployID string, deploy *api.Deploy) error {
	switch {
	case deploy.ID == "":
		return errors.New("the response contains no deploy")
	case deploy.ID != deployID:
		return errors.New("the response is about another deploy" + Quoted(deploy.ID))
	case deploy.DeploymentID != "" && deploy.DeploymentID != deploymentID:
		return errors.New("the response is about a deploy in another Deployment" + Quoted(deploy.DeploymentID))
	case deploy.Status == "":
		return errors.New("the response lacks the deploy's status")
	}
	return nil
}
