package script_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/tarball"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// The call of the page's last section, and its exit codes.
func TestExitCodes(t *testing.T) {
	for _, row := range []struct {
		code   int
		folder string
		faults []astrotest.Fault
	}{
		{0, dags(t), nil},
		{1, dags(t), []astrotest.Fault{astrotest.ExpiredUploadURL().On("PutBlob")}},
		{2, t.TempDir(), nil},
		{3, dags(t), []astrotest.Fault{astrotest.Error(524, "no").On("FinalizeDeploy")}},
	} {
		server := astrotest.NewServer()
		server.Inject(row.faults...)
		deployment := server.AddDeployment(astrotest.Deployment{DAGDeploys: true})
		client, err := wrapper.NewClient(wrapper.WithBaseURL(server.URL), wrapper.WithToken(astrotest.Token), wrapper.WithRetry(wrapper.Retry{Backoff: atOnce}), wrapper.WithPollInterval(time.Millisecond))
		require.NoError(t, err)
		assert.Equal(t, row.code, run(t.Context(), client, wrapper.Deployment{OrganizationID: deployment.OrganizationID, DeploymentID: deployment.ID}, row.folder))
		server.Close()
	}
	for code, errs := range [][]error{
		{nil},
		{&wrapper.APIError{StatusCode: 401}, &wrapper.TransportError{}, errors.New("any other")},
		{&wrapper.ValidationError{}, &tarball.Error{}},
		{&wrapper.OutcomeUnknownError{Err: &wrapper.APIError{StatusCode: 401}}, &wrapper.DeployFailedError{}, &wrapper.WaitError{Err: &wrapper.APIError{StatusCode: 401}}},
	} {
		for _, err := range errs {
			assert.Equal(t, code, exitCode(err), "%v", err)
		}
	}
}

// The first section: a missing token is reported before anything is sent.
func TestConnectWithoutAToken(t *testing.T) {
	t.Setenv("ASTRO_API_TOKEN", "")
	_, err := connect()
	var invalid *wrapper.ValidationError
	require.ErrorAs(t, err, &invalid)
	assert.Equal(t, "token", invalid.Field)
}
