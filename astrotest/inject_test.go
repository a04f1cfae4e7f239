package astrotest

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Hibernating is for creates, unless On says otherwise.
func TestHibernatingRefusesCreates(t *testing.T) {
	server := New(t)
	request, id := finalizing(t, server)
	deploys, _, _ := strings.Cut(request.URL.String(), "/"+id)
	create := func() readResponse {
		return do(t, http.DefaultClient, storageRequest(t, http.MethodPost, deploys, `{"type":"IMAGE_ONLY"}`, "Authorization", "Bearer "+Token))
	}
	server.Inject(Hibernating(), Hibernating().On("FinalizeDeploy"))
	assert.Equal(t, []string{"Hibernating() for CreateDeploy", "Hibernating() for FinalizeDeploy"}, server.Pending())
	response, _, err := fetch(http.DefaultClient, request)
	require.NoError(t, err)
	assert.Equal(t, 400, response.StatusCode)
	assert.False(t, server.isFinalized(id))
	refused := create()
	assert.Equal(t, 400, refused.StatusCode)
	assert.JSONEq(t, `{"message":"Deploy is blocked because Deployment is in HIBERNATING state","statusCode":400}`, refused.body)
	created := create()
	assert.Equal(t, 200, created.StatusCode, created.body)
}

// The function of InjectFunc may call Inject.
func TestInjectInInjectFunc(t *testing.T) {
	var server Server
	server.InjectFunc(func(string) (Fault, bool) {
		server.Inject(CutResponse())
		return CutConnection(), true
	})
	chosen, _ := server.faults.take("GetDeploy")
	assert.Equal(t, CutConnection(), chosen)
	queued, _ := server.faults.take("GetDeploy")
	assert.Equal(t, CutResponse(), queued)
}
