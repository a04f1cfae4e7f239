package deploys_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/deploys"
	"github.com/astro-finalize/astro-finalize-go/internal/chaostest"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// Results and errors show no secrets, however they are printed, logged or encoded.
func TestResultsAndErrorsShowNoSecrets(t *testing.T) {
	server, client, deployment := newService(t)
	result, err := deploys.Bundle(t.Context(), client, deployment, shop, &packed{content: gzipped(100)})
	require.NoError(t, err)
	assert.Nil(t, result.Deploy.BundleUploadURL)
	described, err := client.GetDeploy(t.Context(), wrapper.TargetOf(deployment.OrganizationID, result.Deploy))
	require.NoError(t, err)
	address := described.BundleUploadURL.Reveal()
	require.Contains(t, address, chaostest.Signature, "the test needs a secret")
	encoded, err := json.Marshal(result)
	require.NoError(t, err)
	values := []any{result, *result, result.Timings, string(encoded), shop, deploys.WithDescription("Monday"), deploys.StageUpload}

	_, signed, _ := strings.Cut(address, "sig=")
	signed += " in " + address
	echo := "Bearer " + astrotest.Token + " https://storage.example/a?sv=1&sig=" + chaostest.Signature
	for _, faults := range [][]astrotest.Fault{
		{
			astrotest.EditDeploy(func(deploy map[string]any) { deploy["bundleUploadUrl"] = address }).On("CreateDeploy"),
			astrotest.StorageError(403, "AuthenticationFailed", signed).WithHeader("x-ms-request-id", signed).On("PutBlob"),
		},
		{showing("INITIALIZED").On("FinalizeDeploy"), astrotest.Respond(401, "text/html", echo).On("GetDeploy")},
		{astrotest.Respond(200, "text/html", echo).On("CreateDeploy")},
	} {
		server.Inject(faults...)
		_, err := deploys.Bundle(t.Context(), client, deployment, shop, &packed{content: gzipped(100)})
		var failed *deploys.Error
		require.ErrorAs(t, err, &failed)
		values = append(values, failed.Result)
		for ; err != nil; err = errors.Unwrap(err) {
			values = append(values, err)
		}
	}
	_, err = deploys.Bundle(t.Context(), client, deployment, shop, unreadable{holding{"https://storage.example/a?sig=" + chaostest.Signature}})
	require.ErrorAs(t, err, new(holding))
	values = append(values, err)
	failed := &api.Deploy{ID: "p", DeploymentID: "d", Status: api.DeployStatusFailed, DAGsUploadURL: ptr(api.NewSecret(address))}
	_, err = deploys.DAGs(t.Context(), stub{created: failed}, wrapper.Deployment{}, &packed{content: gzipped(100)})
	require.ErrorAs(t, err, new(*wrapper.DeployFailedError))
	values = append(values, err)
	for _, value := range values {
		chaostest.RequireNoSecret(t, value)
		if err, isError := value.(error); isError {
			chaostest.RequireClean(t, chaostest.ShownByAssertions(err))
		}
	}
}

// unreadable is a source whose tarball cannot be read.
type unreadable struct{ err error }

func (u unreadable) Open(context.Context, string) (io.ReadSeekCloser, error) { return u, nil }
func (u unreadable) Read([]byte) (int, error)                                { return 0, u.err }
func (unreadable) Seek(int64, int) (int64, error)                            { return 512, nil }
func (unreadable) Close() error                                              { return nil }

// holding is an error with a field that its text does not show.
type holding struct{ URL string }

func (holding) Error() string { return "it cannot be read" }
