package wrapper

import (
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/astro-finalize/astro-finalize-go/internal/transport"
)

// A 200 is a success if it shows the deploy and does not contradict the request. One that shows the deploy
// unchanged may still take effect.
func TestFinalizationAcceptsMatchingResponses(t *testing.T) {
	f := &finalization{target: Target{DeploymentID: "d", DeployID: "p"}, sent: DAGTarball("ours").sentTo(Target{DeployID: "p"})}
	for body, want := range map[string]struct{ accepted, notYet bool }{
		`{"id":"p","deploymentId":"d","status":"DEPLOYED"}`:                                                                          {accepted: true},
		`{"id":"p","deploymentId":"d","status":"DEPLOYED","type":"DAG_ONLY","isDagDeployEnabled":true,"dagTarballVersion":"ours"}`:   {accepted: true},
		`{"id":"p","deploymentId":"d","status":"FAILED"}`:                                                                            {accepted: true},
		`{"id":"p","deploymentId":"d","status":"DEPLOYED","type":"DAG_ONLY","isDagDeployEnabled":true,"dagTarballVersion":"theirs"}`: {},
		`{"id":"p","deploymentId":"d","status":"INITIALIZED","type":"DAG_ONLY","isDagDeployEnabled":true}`:                           {notYet: true},
		`{"id":"q","deploymentId":"d","status":"DEPLOYED"}`:                                                                          {},
		`{}`: {},
	} {
		deploy, err := f.Accept(&transport.Response{StatusCode: http.StatusOK, Body: []byte(body)})
		assert.Equal(t, want.accepted, err == nil, body)
		assert.Equal(t, want.notYet, errors.As(err, new(transport.NotYet)), body)
		if want.accepted {
			assert.Equal(t, "p", deploy.ID)
		}
	}
	f.known.InFlight = true
	_, err := f.Accept(&transport.Response{StatusCode: http.StatusOK, Body: []byte(`{"id":"p","deploymentId":"d","status":"FAILED"}`)})
	assert.ErrorContains(t, err, "may still be in flight", "5d: FAILED counts once nothing is in flight")
}
