package wrapper

import (
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/internal/transport"
)

// A 200 is a success if it shows the deploy and nothing else than was sent. One that shows it as it
// was before may come true with time.
func TestFinalizationAccepts(t *testing.T) {
	f := &finalization{target: Target{DeploymentID: "d", DeployID: "p"}, content: DAGTarball("mine")}
	for body, want := range map[string]struct{ accepted, notYet bool }{
		`{"id":"p","deploymentId":"d","status":"DEPLOYED"}`:                                                                          {accepted: true},
		`{"id":"p","deploymentId":"d","status":"DEPLOYED","type":"DAG_ONLY","isDagDeployEnabled":true,"dagTarballVersion":"mine"}`:   {accepted: true},
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
}

// Whether the outcome is unknown is what the last look-up left of what the attempts say.
func TestFinalizationReconciles(t *testing.T) {
	sent, lost, inFlight := transport.Outcome{}, transport.Outcome{MayHaveTakenEffect: true}, transport.Outcome{MayHaveTakenEffect: true, MayStillTakeEffect: true}
	notSent := transport.Outcome{NotSent: true}
	deploy := func(status api.DeployStatus, version string) *api.Deploy {
		return &api.Deploy{ID: "p", DeploymentID: "d", Type: api.DeployTypeDAGOnly, IsDAGDeployEnabled: true, Status: status, DAGTarballVersion: &version}
	}
	for _, row := range []struct {
		name           string
		before         bool // in doubt
		last, all      transport.Outcome
		seen           *api.Deploy // nil if it cannot be looked up
		found, inDoubt bool
		looks          int
	}{
		{"refused", false, sent, sent, nil, false, false, 0},
		{"lost, not found out", false, lost, lost, nil, false, true, 1},
		{"lost, confirmed", false, lost, lost, deploy("DEPLOYED", "mine"), true, true, 1},
		{"lost, failed", false, lost, lost, deploy("FAILED", "theirs"), true, true, 1},
		{"lost, as before", false, lost, lost, deploy("INITIALIZED", "theirs"), false, false, 1},
		{"in flight, as before", false, inFlight, inFlight, deploy("INITIALIZED", "theirs"), false, true, 1},
		{"lost, the version appears", false, lost, lost, deploy("INITIALIZED", "mine"), false, true, 1},
		{"lost, another version", false, lost, lost, deploy("DEPLOYED", "theirs"), false, true, 1},
		{"refused after it was lost", false, sent, lost, deploy("INITIALIZED", "theirs"), false, false, 1},
		{"not sent after it was ruled out", false, notSent, lost, nil, false, false, 0},
		{"not sent while in doubt", true, notSent, inFlight, deploy("DEPLOYED", "mine"), true, true, 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			looks := 0
			client, err := NewClient(WithToken("token"), WithRetry(Retry{MaxAttempts: 1}), WithHTTPClient(&http.Client{Transport: roundTrips(func(request *http.Request) (*http.Response, error) {
				looks++
				if row.seen == nil {
					return nil, io.EOF
				}
				return jsonResponse(t, row.seen), nil
			})}))
			require.NoError(t, err)
			f := &finalization{client: client, target: Target{OrganizationID: "o", DeploymentID: "d", DeployID: "p"}, content: DAGTarball("mine"), inDoubt: row.before}
			_, found := f.Reconcile(t.Context(), row.last, row.all)
			assert.Equal(t, row.found, found)
			assert.Equal(t, row.inDoubt, f.inDoubt)
			assert.Equal(t, row.looks, looks)
			assert.Equal(t, row.looks > 0 && row.seen == nil, f.pollErr != nil)
		})
	}
}
