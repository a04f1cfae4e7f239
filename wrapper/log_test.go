package wrapper_test

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/internal/chaostest"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// textLog returns a logger without the time.
func textLog(to *bytes.Buffer, level slog.Level) *slog.Logger {
	return slog.New(slog.NewTextHandler(to, &slog.HandlerOptions{Level: level, ReplaceAttr: func(_ []string, attr slog.Attr) slog.Attr {
		if attr.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return attr
	}}))
}

func TestLogHasALinePerAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		server, client, closeAll := chaostest.InMemory(t, nil, wrapper.WithLogger(textLog(&log, slog.LevelDebug)))
		defer closeAll()
		target := add(server, api.DeployTypeImageOnly)
		server.Inject(
			astrotest.RateLimited().WithHeader("Retry-After", "7"),
			astrotest.CutConnection(),
			astrotest.Error(404, "No such deploy").On("GetDeploy"),
		)
		_, err := client.Finalize(t.Context(), target, wrapper.ImageOnly())
		require.NoError(t, err)
		deploy := "/platform/v1beta1/organizations/" + target.OrganizationID + "/deployments/" + target.DeploymentID + "/deploys/" + target.DeployID
		assert.Regexp(t, `^level=DEBUG msg="astro: attempt" method=POST host=\S+ path=`+deploy+`/finalize attempt=1 status=429
level=DEBUG msg="astro: retry" method=POST host=\S+ path=`+deploy+`/finalize status=429 wait=7s
level=DEBUG msg="astro: attempt" method=POST host=\S+ path=`+deploy+`/finalize attempt=2 error=EOF wait=7s
level=DEBUG msg="astro: retry" method=POST host=\S+ path=`+deploy+`/finalize error=EOF wait=\S+
level=DEBUG msg="astro: attempt" method=GET host=\S+ path=`+deploy+` attempt=1 status=404 requestId=astrotest-request
level=DEBUG msg="astro: attempt" method=GET host=\S+ path=`+deploy+` attempt=1 status=200
level=DEBUG msg="astro: attempt" method=GET host=\S+ path=`+deploy+` attempt=1 status=200
level=DEBUG msg="astro: attempt" method=POST host=\S+ path=`+deploy+`/finalize attempt=3 status=200 wait=\S+
$`, log.String())
	})
}

func TestLogOfAnUploadHasItsRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		server, client, closeAll := chaostest.InMemory(t, nil, wrapper.WithLogger(textLog(&log, slog.LevelDebug)))
		defer closeAll()
		target := add(server, api.DeployTypeDAGOnly)
		deploy, err := client.GetDeploy(t.Context(), target)
		require.NoError(t, err)
		log.Reset()
		server.Inject(astrotest.StorageError(503, "ServerBusy", "Busy").WithHeader("Retry-After", "7"), astrotest.CutUpload(10))
		_, err = client.Upload(t.Context(), deploy.DAGsUploadURL, bytes.NewReader(gzipped(100)))
		require.NoError(t, err)
		assert.Regexp(t, `^level=DEBUG msg="astro: attempt" method=PUT host=\S+ path=\S+ attempt=1 status=503
level=DEBUG msg="astro: retry" method=PUT host=\S+ path=\S+ status=503 wait=7s
level=DEBUG msg="astro: attempt" method=PUT host=\S+ path=\S+ attempt=2 error=.+ wait=7s
level=DEBUG msg="astro: retry" method=PUT host=\S+ path=\S+ error=.+ wait=\S+
level=DEBUG msg="astro: attempt" method=PUT host=\S+ path=\S+ attempt=3 status=201 wait=\S+
$`, log.String())
		assert.NotContains(t, log.String(), "sig=")
	})
}

func TestLogIsEmptyAboveDebug(t *testing.T) {
	var log bytes.Buffer
	server, client, target := fake(api.DeployTypeImageOnly, wrapper.WithLogger(textLog(&log, slog.LevelInfo)))
	defer server.Close()
	_, err := client.GetDeploy(t.Context(), target)
	require.NoError(t, err)
	assert.Empty(t, log.String())
}

// Text from an editor or a transport, in the path or the error, cannot forge lines or show secrets.
func TestLogShowsNoSecretsAndNoForgedLines(t *testing.T) {
	var log bytes.Buffer
	client, err := wrapper.NewClient(
		wrapper.WithToken(astrotest.Token),
		wrapper.WithLogger(textLog(&log, slog.LevelDebug)),
		wrapper.WithRetry(wrapper.Retry{MaxAttempts: 1}),
		wrapper.WithHTTPClient(&http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
			return nil, errors.New("no\nlevel=INFO msg=forged")
		})}),
	)
	require.NoError(t, err)
	_, err = client.API().GetDeploy(t.Context(), "o", "d", "sig=s1gned")
	require.Error(t, err)
	_, swapped := client.API().GetDeploy(t.Context(), "o", "d", astrotest.Token)
	require.ErrorContains(t, swapped, "/deploys/[REDACTED]: no response")
	assert.NotContains(t, log.String(), astrotest.Token)
	assert.NotContains(t, err.Error(), "s1gned")
	assert.NotContains(t, err.Error(), "\n")
	assert.NotContains(t, log.String(), "s1gned")
	assert.Equal(t, 2, strings.Count(log.String(), "\n"))
	assert.NotContains(t, log.String(), `\n`, "not even escaped")
}
