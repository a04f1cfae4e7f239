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

// 64 goroutines use one client with everything on while three of ten requests go wrong. With
// -race this shows that nothing is shared without care.
func TestManyGoroutinesUnderChaos(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client, closeAll := chaostest.InMemory(t, []astrotest.Option{astrotest.WithRateLimit(http.MethodPost, 10)})
		defer closeAll()
		weather := &weather{random: rand.New(rand.NewPCG(1, 1)), mishaps: chaostest.Mishaps()}
		weather.begin(func(bool) bool { return false }, func() int { return 0 })
		server.InjectFunc(weather.strike)
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

// However a call ends, it leaves no goroutine behind.
func TestNoGoroutineOutlivesACall(t *testing.T) {
	hang := func(request *http.Request) (*http.Response, error) {
		<-request.Context().Done()
		return nil, request.Context().Err()
	}
	answer := func(status int, body io.Reader) roundTripper {
		return func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(body)}, nil
		}
	}
	for name, transport := range map[string]roundTripper{
		"success":      answer(200, strings.NewReader(`{"id":"p","status":"DEPLOYED"}`)),
		"refused":      answer(400, strings.NewReader("no")),
		"busy":         answer(503, strings.NewReader("")),
		"turned away":  answer(429, strings.NewReader("")),
		"cut off":      answer(200, io.MultiReader(strings.NewReader("{"), cutOff{})),
		"no response":  func(*http.Request) (*http.Response, error) { return nil, io.EOF },
		"never an end": hang,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				before := runtime.NumGoroutine()
				client, err := wrapper.NewClient(wrapper.WithToken("token"), wrapper.WithHTTPClient(&http.Client{Transport: transport}))
				require.NoError(t, err)
				for _, patience := range []time.Duration{time.Hour, time.Second} {
					ctx, cancel := context.WithTimeout(context.Background(), patience)
					_, _ = client.Finalize(ctx, wrapper.Target{OrganizationID: "o", DeploymentID: "d", DeployID: "p"}, wrapper.ImageOnly())
					cancel()
					synctest.Wait()
					assert.LessOrEqual(t, runtime.NumGoroutine(), before)
				}
			})
		})
	}
}

// cutOff is the end of a body that was cut.
type cutOff struct{}

func (cutOff) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
