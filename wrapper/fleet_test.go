package wrapper_test

import (
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// fleet finalizes 200 deploys, 32 at a time, against a service with a latency of 150 ms and a limit of
// 10 POST a second. It returns the time on the fake clock, the number of POSTs, the number of 429s and the
// number of finalizes that failed.
func fleet(t *testing.T, clients int, options ...wrapper.Option) (took time.Duration, posts, limited, failed int) {
	const deploys, atOnce, latency = 200, 32, 150 * time.Millisecond
	server := astrotest.NewServer(astrotest.InMemory(), astrotest.WithRateLimit(http.MethodPost, 10))
	server.InjectFunc(func(string) (astrotest.Fault, bool) { return astrotest.Slow(latency), true })
	var limitedCount, failures atomic.Int64
	transport := server.Client().Transport.(*http.Transport)
	transport.MaxIdleConnsPerHost = atOnce
	counting := roundTripper(func(request *http.Request) (*http.Response, error) {
		response, err := transport.RoundTrip(request)
		if err == nil && response.StatusCode == http.StatusTooManyRequests {
			limitedCount.Add(1)
		}
		return response, err
	})
	defer server.Close()

	work := make(chan wrapper.Target, deploys)
	for range deploys {
		work <- add(server, api.DeployTypeImageOnly)
	}
	close(work)
	began := time.Now()
	var workers sync.WaitGroup
	for range clients {
		client, err := wrapper.NewClient(append(options, wrapper.WithBaseURL(server.URL), wrapper.WithToken(astrotest.Token), wrapper.WithHTTPClient(&http.Client{Transport: counting}))...)
		require.NoError(t, err)
		for range atOnce / clients {
			workers.Go(func() {
				for target := range work {
					if _, err := client.Finalize(t.Context(), target, wrapper.ImageOnly()); err != nil {
						failures.Add(1)
						t.Log(err)
					}
				}
			})
		}
	}
	workers.Wait()
	return time.Since(began), len(server.Requests()), int(limitedCount.Load()), int(failures.Load())
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return f(request) }

// One client, or several that share a limiter, use a token's full rate without a 429. Several clients
// without a shared limiter slow down until most requests succeed.
func TestFleetUsesTheRateLimitFully(t *testing.T) {
	const best = 19*time.Second + 150*time.Millisecond // 10 at once, 10 more each second, and the latency of the last one
	synctest.Test(t, func(t *testing.T) {
		took, posts, limited, failed := fleet(t, 1)
		t.Log("one client:", took, posts, limited, failed)
		assert.LessOrEqual(t, took.Seconds(), best.Seconds()*1.02)
		assert.Zero(t, limited)
		assert.Zero(t, failed)
	})
	synctest.Test(t, func(t *testing.T) {
		took, posts, limited, failed := fleet(t, 4, wrapper.WithLimiter(http.MethodPost, wrapper.NewLimiter(10)))
		t.Log("four clients, one limiter:", took, posts, limited, failed)
		assert.LessOrEqual(t, took.Seconds(), best.Seconds()*1.02)
		assert.Zero(t, limited)
		assert.Zero(t, failed)
	})
	synctest.Test(t, func(t *testing.T) {
		took, posts, limited, failed := fleet(t, 4)
		t.Log("four clients:", took, posts, limited, failed)
		assert.Less(t, float64(limited), 0.4*float64(posts))
		assert.Zero(t, failed)
	})
}
