package astrotest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// A fake clock stands still between two calls, where two versions could be the same.
func TestClockIsStrictlyIncreasing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var clock clock
		start := time.Now()
		assert.Equal(t, "2000-01-01T00:00:00.0000000Z", versionAt(clock.now()))
		assert.Equal(t, "2000-01-01T00:00:00.0000001Z", versionAt(clock.now()))
		time.Sleep(time.Minute + 50*time.Nanosecond)
		assert.Equal(t, "2000-01-01T00:01:00.0000000Z", versionAt(clock.now()))
		assert.Equal(t, start.Add(time.Minute).UTC(), clock.second())
	})
}

// All times come from the same clock: those of deploys, versions, upload URLs and headers.
func TestOneClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client, closeAll := inMemory(WithUploadURLsValidFor(time.Hour))
		defer closeAll()
		time.Sleep(90*time.Minute + 300*time.Millisecond)
		created := time.Now().UTC().Truncate(time.Second)
		deployment := server.AddDeployment(Deployment{DAGDeploys: true})
		deploy := server.AddDeploy(api.Deploy{DeploymentID: deployment.ID, Type: api.DeployTypeDAGOnly})
		assert.Equal(t, created, deploy.CreatedAt)
		address, err := url.Parse(deploy.DAGsUploadURL.Reveal())
		require.NoError(t, err)
		assert.Equal(t, created.Add(time.Hour+time.Second).Format(time.RFC3339), address.Query().Get("se"), "rounded up")

		time.Sleep(30 * time.Minute)
		stored := do(t, client, storageRequest(t, http.MethodPut, address.String(), "tarball", "x-ms-blob-type", "BlockBlob"))
		require.Equal(t, 201, stored.StatusCode)
		assert.Equal(t, created.Add(30*time.Minute).Format(http.TimeFormat), stored.Header.Get("Date"))
		assert.Equal(t, stored.Header.Get("Date"), stored.Header.Get("Last-Modified"))
		assert.Equal(t, created.Add(30*time.Minute+300*time.Millisecond).Format("2006-01-02T15:04:05.0000000Z"), stored.version())

		time.Sleep(10 * time.Minute)
		request := storageRequest(t, http.MethodPost, server.URL+"/v1/organizations/"+deployment.OrganizationID+"/deployments/"+deployment.ID+"/deploys/"+deploy.ID+"/finalize",
			`{"dagTarballVersion":"`+stored.version()+`"}`, "Authorization", "Bearer "+Token)
		finalized := do(t, client, request)
		var now api.Deploy
		require.NoError(t, json.Unmarshal([]byte(finalized.body), &now), finalized.body)
		assert.Equal(t, created, now.CreatedAt)
		assert.Equal(t, created.Add(40*time.Minute), *now.UpdatedAt)
		assert.Equal(t, created.Add(40*time.Minute).Format(http.TimeFormat), finalized.Header.Get("Date"))
	})
}
