package wrapper_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// A new deploy is needed only if the URL has expired by the storage's clock. Other 403s have other hints.
func TestUploadTellsAnExpiredURLFromOther403s(t *testing.T) {
	server := astrotest.NewServer(astrotest.WithUploadURLsValidFor(0))
	defer server.Close()
	valid := astrotest.NewServer()
	defer valid.Close()
	for name, row := range map[string]struct {
		server  *astrotest.Server
		fault   []astrotest.Fault
		expired bool
		hint    string
	}{
		"by the storage's clock":   {server, nil, true, "create a new deploy"},
		"by the storage's message": {valid, []astrotest.Fault{astrotest.ExpiredUploadURL()}, true, "create a new deploy"},
		"network rules":            {valid, []astrotest.Fault{astrotest.StorageError(403, "AuthorizationFailure", "no")}, false, "network rules"},
		"a proxy":                  {valid, []astrotest.Fault{astrotest.Respond(403, "text/html", "<html>Access Denied")}, false, "not a response from the storage"},
		"unclear":                  {valid, []astrotest.Fault{astrotest.StorageError(403, "AuthenticationFailed", "no")}, false, "either the upload URL"},
	} {
		client, err := wrapper.NewClient(wrapper.WithBaseURL(row.server.URL), wrapper.WithToken(astrotest.Token))
		require.NoError(t, err)
		deploy, err := client.CreateDeploy(t.Context(), deploymentOn(row.server), api.CreateDeployRequest{Type: api.DeployTypeDAGOnly})
		require.NoError(t, err)
		row.server.Inject(row.fault...)
		_, err = client.Upload(t.Context(), deploy.DAGsUploadURL, bytes.NewReader(gzipped(100)))
		var storageErr *wrapper.StorageError
		require.ErrorAs(t, err, &storageErr, name)
		assert.Equal(t, row.expired, errors.Is(err, wrapper.ErrUploadURLExpired), name)
		assert.Equal(t, row.expired, storageErr.Expired, name)
		assert.Contains(t, storageErr.Hint, row.hint, name)
		assert.Contains(t, err.Error(), row.hint, name)
		assert.NotContains(t, err.Error(), "RequestId:", "RequestID has its own field")
		assert.Equal(t, row.expired, strings.Contains(storageErr.Hint, ": create a new deploy"), name)
	}
}

// A client of the real service never uploads to the machine that it runs on.
func TestUploadToLoopbackNeedsALoopbackBaseURL(t *testing.T) {
	store := &storage{}
	uploadURL, client := store.start(t)
	_, err := client.Upload(t.Context(), uploadURL, bytes.NewReader(gzipped(100)))
	require.NoError(t, err)

	_, client = store.start(t, wrapper.WithBaseURL("https://api.example"))
	port := uploadURL.Reveal()[strings.LastIndex(uploadURL.Reveal(), ":"):]
	for _, address := range []string{"http://127.0.0.1", "https://127.0.0.1", "https://localhost", "https://a.localhost.", "https://0.0.0.0", "https://[::1]", "https://[::ffff:127.0.0.1]", "https://127.1", "https://0x7f000001"} {
		_, err := client.Upload(t.Context(), uploadTo(address+port), bytes.NewReader(gzipped(100)))
		var invalid *wrapper.ValidationError
		require.ErrorAs(t, err, &invalid, address)
		assert.Equal(t, "uploadUrl", invalid.Field)
		assert.Contains(t, invalid.Rule, "must not point to this machine")
		assert.NotContains(t, fmt.Sprintf("%+v", invalid), signature)
	}
	assert.Equal(t, 1, store.requests())
}

// errors.Is finds the context's error and its cause wherever the context ends the upload: in flight, between
// attempts, or while the tarball is read.
func TestUploadReportsContextErrorAndCause(t *testing.T) {
	budget := errors.New("the job's budget is used up")
	for name, row := range map[string]struct {
		handler http.HandlerFunc
		reads   func(ctx context.Context)
	}{
		"in flight": {handler: func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		}},
		"between attempts": {handler: respondWith(503, map[string]string{"Retry-After": "50"}, "")},
		"measuring":        {reads: func(ctx context.Context) { <-ctx.Done() }},
	} {
		store := &storage{handlers: []http.HandlerFunc{row.handler}}
		uploadURL, client := store.start(t)
		ctx, cancel := context.WithTimeoutCause(t.Context(), 50*time.Millisecond, budget)
		defer cancel()
		tarball := seeking{5000, func(p []byte) int {
			if row.reads != nil {
				row.reads(ctx)
			}
			return copy(p, gzipped(len(p)))
		}}
		_, err := client.Upload(ctx, uploadURL, tarball)
		var transportErr *wrapper.TransportError
		require.ErrorAs(t, err, &transportErr, name)
		assert.ErrorIs(t, err, context.DeadlineExceeded, name)
		assert.ErrorIs(t, err, budget, name)
	}
}

// A firewall may allow the API's host but not the storage's.
func TestUploadNamesAStorageThatCannotBeReached(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := closed.Addr().String()
	require.NoError(t, closed.Close())
	_, client := (&storage{}).start(t)
	_, err = client.Upload(t.Context(), uploadTo("http://"+address), bytes.NewReader(gzipped(100)))
	var transportErr *wrapper.TransportError
	require.ErrorAs(t, err, &transportErr)
	assert.Contains(t, transportErr.Hint, "could not connect to the storage host "+address+", which must be reachable in addition to the API's host")
	assert.Contains(t, err.Error(), transportErr.Hint)
	assert.NotContains(t, transportErr.Hint, "sig")
	assert.NotContains(t, transportErr.Hint, "/container")
}
