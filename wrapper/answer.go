package wrapper

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// maxDecoded is how long an answer with a single deploy, or an error, may be: JSON can take up
// 70 times its size when it is decoded. A deploy takes some 3 KB, a bundle in it 300 bytes.
const maxDecoded = 1 << 20

var errNotDecoded = errors.New("the answer is longer than 1 MiB")

// quoted returns what a service's value adds to a text: nothing where it is not like an ID or
// a version.
func quoted(value string) string {
	if value == "" || len(value) > 64 || !isPrintable(value) {
		return ""
	}
	return fmt.Sprintf(", %q", value)
}

// read reports why an answer cannot be read, or, if it is a 200, why it is not what was
// asked for. What was asked for the call keeps.
func (c *call) read(response *http.Response) error {
	body := response.Body.(*readBody)
	if body.err != nil || response.StatusCode != http.StatusOK {
		return body.err
	}
	if c == nil {
		if response.Header.Get("Content-Encoding") == "" && !json.Valid(body.data) {
			return errors.New("the answer is not JSON")
		}
		return nil
	}
	err := c.keep(body.data)
	c.kept = err == nil
	return err
}

// readDeploy returns the deploy that the target names, if the body is that.
func readDeploy(body []byte, target Target) (*api.Deploy, error) {
	deploy, err := decodeDeploy(body)
	if err == nil {
		err = checkDeploy(target, deploy)
	}
	if err != nil {
		return nil, err
	}
	return deploy, nil
}

// readDeployIn returns a deploy of the Deployment whose ID is not known before, if the body is
// one.
func readDeployIn(body []byte, in Deployment) (*api.Deploy, error) {
	deploy, err := decodeDeploy(body)
	switch {
	case err != nil:
	case checkID("id", deploy.ID) != nil: // paths will be made of it
		err = errors.New("the answer holds no deploy")
	case deploy.DeploymentID == "": // all that tells whether the deploy is one of those asked for
		err = errors.New("the answer lacks the deploy's Deployment")
	default:
		err = checkDeploy(Target{DeploymentID: in.DeploymentID, DeployID: deploy.ID}, deploy)
	}
	if err != nil {
		return nil, err
	}
	return deploy, nil
}

// decodeDeploy decodes a body. Timestamps only inform: one that is malformed must not make
// a finalize that took effect look like a failure, so it is left zero.
func decodeDeploy(body []byte) (*api.Deploy, error) {
	if len(body) > maxDecoded {
		return nil, errNotDecoded
	}
	var deploy api.Deploy
	err := json.Unmarshal(body, &deploy)
	if err == nil {
		return &deploy, nil
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) != nil {
		return nil, err
	}
	for _, name := range timestamps {
		var parsed time.Time
		if json.Unmarshal(fields[name], &parsed) != nil {
			delete(fields, name)
		}
	}
	readable, err := json.Marshal(fields)
	if err != nil {
		return nil, err
	}
	deploy = api.Deploy{}
	return &deploy, json.Unmarshal(readable, &deploy)
}

// timestamps are the fields of a deploy that are decoded as time.Time.
var timestamps = []string{"createdAt", "updatedAt"}

// checkDeploy reports an answer that is JSON but not the deploy asked for.
func checkDeploy(target Target, deploy *api.Deploy) error {
	switch {
	case deploy.ID == "":
		return errors.New("the answer holds no deploy")
	case deploy.ID != target.DeployID:
		return errors.New("the answer is about another deploy" + quoted(deploy.ID))
	case deploy.DeploymentID != "" && deploy.DeploymentID != target.DeploymentID:
		return errors.New("the answer is about a deploy of another Deployment" + quoted(deploy.DeploymentID))
	case deploy.Status == "":
		return errors.New("the answer lacks the deploy's status")
	}
	return nil
}
