package wrapper_test

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/internal/chaostest"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// 64 goroutines share one client with the default settings while 30% of the requests fail. Run it with
// -race.
func TestConcurrentCallsUnderChaos(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client, closeAll := chaostest.InMemory(t, []astrotest.Option{astrotest.WithRateLimit(http.MethodPost, 10)})
		defer closeAll()
		injector := &faultInjector{random: rand.New(rand.NewPCG(1, 1)), mishaps: chaostest.Mishaps()}
		injector.begin(func(bool) bool { return false }, func() int { return 0 })
		server.InjectFunc(injector.fault)
		var calls sync.WaitGroup
		for range 64 {
			target := add(server, api.DeployTypeDAGOnly)
			calls.Go(func() {
				deploy, err := client.Finalize(t.Context(), target, wrapper.DAGTarball(target.DeployID))
				after, _ := server.Deploy(target.DeployID)
				if err == nil {
					assert.Equal(t, target.DeployID, deploy.ID)
					assert.Equal(t, target.DeployID, *after.DAGTarballVersion)
				} else if !errors.Is(err, wrapper.ErrOutcomeUnknown) {
					assert.NotEqual(t, api.DeployStatusDeployed, after.Status)
				}
			})
		}
		calls.Wait()
	})
}

// A call leaves no goroutine behind, however it ends.
func TestNoGoroutineOutlivesACall(t *testing.T) {
	hang := func(request *http.Request) (*http.Response, error) {
		<-request.Context().Done()
		return nil, request.Context().Err()
	}
	respond := func(status int, body io.Reader) roundTripper {
		return func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(body)}, nil
		}
	}
	for name, transport := range map[string]roundTripper{
		"success":      respond(200, strings.NewReader(`{"id":"p","status":"DEPLOYED"}`)),
		"refused":      respond(400, strings.NewReader("no")),
		"unavailable":  respond(503, strings.NewReader("")),
		"rate limited": respond(429, strings.NewReader("")),
		"cut off":      respond(200, io.MultiReader(strings.NewReader("{"), cutOff{})),
		"no response":  func(*http.Request) (*http.Response, error) { return nil, io.EOF },
		"hanging":      hang,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				before := runtime.NumGoroutine()
				client, err := wrapper.NewClient(wrapper.WithToken("token"), wrapper.WithHTTPClient(&http.Client{Transport: transport}))
				require.NoError(t, err)
				for _, timeout := range []time.Duration{time.Hour, time.Second} {
					ctx, cancel := context.WithTimeout(context.Background(), timeout)
					_, _ = client.Finalize(ctx, wrapper.Target{OrganizationID: "o", DeploymentID: "d", DeployID: "p"}, wrapper.ImageOnly())
					cancel()
					synctest.Wait()
					assert.LessOrEqual(t, runtime.NumGoroutine(), before)
				}
			})
		})
	}
}

// cutOff is a reader at which a body is cut off.
type cutOff struct{}

func (cutOff) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
