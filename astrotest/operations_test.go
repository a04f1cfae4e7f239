package astrotest

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	astrofinalize "github.com/astro-finalize/astro-finalize-go"
	"github.com/astro-finalize/astro-finalize-go/astrotest/internal/server"
)

// On accepts every operation of the contract.
func TestOperationsMatchTheContract(t *testing.T) {
	var declared []string
	for _, match := range regexp.MustCompile(`operationId: (\w+)`).FindAllStringSubmatch(astrofinalize.Contract(), -1) {
		declared = append(declared, match[1])
	}
	assert.ElementsMatch(t, declared, slices.Collect(maps.Values(operations)))
	assert.Subset(t, declared, simulated)
	assert.ElementsMatch(t, []string{"PutBlob", "PutBlock", "PutBlockList"}, slices.Collect(maps.Values(storageOperations)))
}

func TestOnPanicsForUnknownOperations(t *testing.T) {
	all := operations
	t.Cleanup(func() { operations = all })
	operations = map[string]string{"POST /a": "FinalizeDeploy", "GET /a": "GetDeploy"} // not the contract's, which can grow
	assert.PanicsWithValue(t, `astrotest: the contract has no operation "Finalize"; use one of FinalizeDeploy, GetDeploy, PutBlob, PutBlock, PutBlockList`, func() { CutResponse().On("Finalize") })
	operations = all
	for _, operation := range []string{"CreateDeploy", "DeployRollback", "PutBlob", "PutBlock", "PutBlockList"} {
		assert.NotPanics(t, func() { CutResponse().On(operation) })
	}
}

// A fault can be injected for an operation of the contract that has no handler here.
func TestOperationsWithoutAHandler(t *testing.T) {
	all := operations
	t.Cleanup(func() { operations = all })
	operations = operationsOf(astrofinalize.Contract() + `
  '/organizations/{organizationId}/teams/{team-id}':
    parameters: []
    patch:
      operationId: "UpdateTeam"
    delete: # no operationId
      tags: []
components: {}
`)
	assert.Len(t, operations, len(all)+1)
	fake := New(t)
	for _, method := range []string{"PATCH", "DELETE"} { // as in generated code
		fake.mux.Handle(method+" /v1/organizations/{organizationId}/teams/{teamId}", fake.injectFaults(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			_, _ = notSimulated{}.FinalizeDeploy(t.Context(), server.FinalizeDeployRequestObject{})
		})))
	}
	send := func(method string) readResponse {
		return do(t, fake.Client(), storageRequest(t, method, fake.URL+"/v1/organizations/o/teams/t", "{}"))
	}
	response := send("PATCH")
	assert.Equal(t, 501, response.StatusCode)
	assert.JSONEq(t, `{"message":"astrotest does not simulate UpdateTeam: inject its response with Respond","requestId":"astrotest-request","statusCode":501}`, response.body)
	response = send("DELETE")
	assert.Equal(t, 501, response.StatusCode)
	assert.Contains(t, response.body, "DELETE /v1/organizations/{organizationId}/teams/{teamId}")

	fake.Inject(BadGateway().On("FinalizeDeploy"), Respond(200, "text/plain", "done").On("UpdateTeam"), Slow(0).On("UpdateTeam"), CutConnection().On("FinalizeDeploy"))
	response = send("PATCH")
	assert.Equal(t, "done", response.body)
	assert.Equal(t, 501, send("PATCH").StatusCode)
	assert.Equal(t, "UpdateTeam", fake.Requests()[0].Operation)
	assert.Len(t, fake.Pending(), 2)
	fake.faults.queue = nil
}
