package astrofinalize_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
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

// A Retry-After date is relative to the server's clock, which the Date header shows. Fails if it is compared
// with the client's clock.
func TestPromise5hRetryAfterUsesTheServersClock(t *testing.T) {
	for _, ahead := range []time.Duration{0, 10 * time.Minute, -10 * time.Minute, 24 * time.Hour} {
		for _, row := range []struct{ wait, least, most time.Duration }{
			{30 * time.Second, 30 * time.Second, 31 * time.Second},
			{-30 * time.Second, 0, 2 * time.Second},
			{0, 0, 2 * time.Second},
		} {
			t.Run(fmt.Sprintf("%v ahead, %v", ahead, row.wait), func(t *testing.T) {
				inBubble(t, nil, func(w world) {
					serverTime := time.Now().Add(ahead).UTC()
					w.server.Inject(astrotest.Error(429, "").
						WithHeader("Date", serverTime.Format(http.TimeFormat)).
						WithHeader("Retry-After", serverTime.Add(row.wait).Format(http.TimeFormat)))
					began := time.Now()
					_, err := w.client.Finalize(w.Context(), w.add(api.DeployTypeDAGOnly), wrapper.DAGTarball(version))
					require.NoError(w, err)
					assert.GreaterOrEqual(w, time.Since(began), row.least)
					assert.LessOrEqual(w, time.Since(began), row.most)
					assert.Equal(w, 2, w.count(finalizeDeploy))
				})
			})
		}
	}
}

// A Retry-After beyond the maximum ends the call, with the wait in the error.
func TestPromise5hTooLongRetryAfterEndsTheCall(t *testing.T) {
	for _, ahead := range []time.Duration{10 * time.Minute, -10 * time.Minute} {
		inBubble(t, nil, func(w world) {
			serverTime := time.Now().Add(ahead).UTC()
			w.always(map[string]astrotest.Fault{finalizeDeploy: astrotest.Error(429, "").
				WithHeader("Date", serverTime.Format(http.TimeFormat)).
				WithHeader("Retry-After", serverTime.Add(5*time.Minute).Format(http.TimeFormat))})
			_, err := w.client.Finalize(w.Context(), w.add(api.DeployTypeDAGOnly), wrapper.DAGTarball(version))
			var refused *wrapper.APIError
			require.ErrorAs(w, err, &refused)
			assert.Equal(w, 5*time.Minute, refused.RetryAfter)
			assert.Equal(w, 1, w.count(finalizeDeploy))
		})
	}
}

// The caller's deadline ends the call during a read-back: errors.Is finds it as well as the attempt's error.
// Fails if one hides the other.
func TestPromise5dDeadlineDuringReadBackIsReported(t *testing.T) {
	for name, row := range map[string]struct {
		post, get astrotest.Fault
		deadline  time.Duration
		kind      error
	}{
		"500, in the read-back":        {astrotest.Error(500, "Internal"), astrotest.Hang(), 2 * time.Second, wrapper.ErrServer},
		"500, in the read-back's body": {astrotest.Error(500, "Internal"), astrotest.HangInResponse(), 2 * time.Second, wrapper.ErrServer},
		"500, between two read-backs":  {astrotest.Error(500, "Internal"), showing(object{}), 2 * time.Second, wrapper.ErrServer},
		"502, in the second read-back": {astrotest.Error(502, "Bad"), astrotest.Slow(4 * time.Second), 9 * time.Second, wrapper.ErrOutcomeUnknown},
		"lost, in the read-back":       {astrotest.CutConnection(), astrotest.Hang(), 2 * time.Second, wrapper.ErrOutcomeUnknown},
		"the attempt":                  {astrotest.Hang(), astrotest.Hang(), 2 * time.Second, wrapper.ErrOutcomeUnknown},
		"429, in the wait":             {astrotest.Error(429, "").WithHeader("Retry-After", "30"), astrotest.Hang(), 2 * time.Second, wrapper.ErrRateLimited},
	} {
		for _, protocol := range protocols {
			t.Run(name+"/"+protocol.name, func(t *testing.T) {
				inBubble(t, protocol.options, func(w world) {
					w.always(map[string]astrotest.Fault{finalizeDeploy: row.post, getDeploy: row.get})
					ctx, cancel := context.WithTimeout(w.Context(), row.deadline)
					defer cancel()
					began := time.Now()
					_, err := w.client.Finalize(ctx, w.add(api.DeployTypeDAGOnly), wrapper.DAGTarball(version))
					require.ErrorIs(w, err, context.DeadlineExceeded)
					require.ErrorIs(w, err, row.kind)
					assert.Equal(w, row.deadline, time.Since(began))
					time.Sleep(time.Minute)
					assert.LessOrEqual(w, w.count(finalizeDeploy), 1, "nothing follows the deadline")
				})
			})
		}
	}
}

// roundTrips is a function as a transport.
type roundTrips func(*http.Request) (*http.Response, error)

func (r roundTrips) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Body != nil {
		_ = request.Body.Close()
	}
	return r(request)
}

// bodyFunc is a function as a response body.
type bodyFunc func([]byte) (int, error)

func (f bodyFunc) Read(into []byte) (int, error) { return f(into) }
func (bodyFunc) Close() error                    { return nil }

// A caller's transport that breaks the RoundTripper contract causes an error, not a panic or an endless loop.
func TestPromise5bBrokenTransportIsAnError(t *testing.T) {
	body := func(status int, read bodyFunc) func(*http.Request) (*http.Response, error) {
		return func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, Header: http.Header{}, Body: read, ContentLength: -1}, nil
		}
	}
	for name, network := range map[string]roundTrips{
		"a negative count":            body(200, func([]byte) (int, error) { return -1, nil }),
		"a negative count and io.EOF": body(200, func([]byte) (int, error) { return -1, io.EOF }),
		"a negative count, of a 400":  body(400, func([]byte) (int, error) { return -1, nil }),
		"a count that is too large":   body(200, func(into []byte) (int, error) { return len(into) + 1, nil }),
		"no bytes, forever":           body(200, func([]byte) (int, error) { time.Sleep(time.Millisecond); return 0, nil }),
		"bytes, forever":              body(200, func(into []byte) (int, error) { return len(into), nil }),
		"no response and no error":    func(*http.Request) (*http.Response, error) { return nil, nil },
		"a response without a body":   func(*http.Request) (*http.Response, error) { return &http.Response{StatusCode: 200}, nil },
	} {
		t.Run(name, func(t *testing.T) {
			for _, call := range calls {
				synctest.Test(t, func(t *testing.T) {
					client, err := wrapper.NewClient(wrapper.WithToken(astrotest.Token), wrapper.WithHTTPClient(&http.Client{Transport: network}))
					require.NoError(t, err)
					began := time.Now()
					err = call.do(t.Context(), client)
					require.Error(t, err)
					if call.name == finalizeDeploy && name == "a negative count, of a 400" {
						assert.ErrorIs(t, err, wrapper.ErrBadRequest)
					} else if call.name == finalizeDeploy {
						assert.ErrorIs(t, err, wrapper.ErrOutcomeUnknown)
					}
					assert.LessOrEqual(t, time.Since(began), 3*time.Minute)
				})
			}
		})
	}
}

// countingBody counts the bytes read from it.
type countingBody struct {
	io.Reader
	n *atomic.Int64
}

func (c countingBody) Read(into []byte) (int, error) {
	n, err := c.Reader.Read(into)
	c.n.Add(int64(n))
	return n, err
}
func (countingBody) Close() error { return nil }

// Many calls get a long error page, and each reads little of it. Fails if error bodies have the limit of a
// 200's.
func TestPromise5hLongErrorPageIsNotReadInFull(t *testing.T) {
	const calls, page, each = 64, 11 << 20, 256 << 10
	long := bytes.Repeat([]byte("<p>Bad Gateway</p>"), page/18)
	for _, status := range []int{400, 502} {
		synctest.Test(t, func(t *testing.T) {
			var read, responses atomic.Int64
			client, err := wrapper.NewClient(wrapper.WithToken(astrotest.Token), wrapper.WithLimiter(http.MethodPost, nil), wrapper.WithLimiter(http.MethodGet, nil),
				wrapper.WithRetry(wrapper.Retry{MaxAttempts: 1}),
				wrapper.WithHTTPClient(&http.Client{Transport: roundTrips(func(request *http.Request) (*http.Response, error) {
					if request.Method == http.MethodGet {
						return &http.Response{StatusCode: http.StatusForbidden, Header: http.Header{}, Body: http.NoBody}, nil
					}
					responses.Add(1)
					return &http.Response{StatusCode: status, Header: http.Header{}, Body: countingBody{bytes.NewReader(long), &read}, ContentLength: int64(len(long))}, nil
				})}))
			require.NoError(t, err)
			var running sync.WaitGroup
			for range calls {
				running.Go(func() {
					_, err := client.Finalize(t.Context(), someDeploy, wrapper.DAGTarball(version))
					assert.Error(t, err)
					assert.Less(t, len(err.Error()), 4000)
				})
			}
			running.Wait()
			assert.Equal(t, int64(calls), responses.Load())
			assert.LessOrEqual(t, read.Load(), responses.Load()*each, "bytes of %d responses", responses.Load())
		})
	}
}

// Each attempt resolves http.DefaultTransport, so a replacement takes effect at once. Fails if it is resolved
// when the client is made, or once per call.
func TestPromise5aDefaultTransportIsResolvedPerAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, err := wrapper.NewClient(wrapper.WithToken(astrotest.Token))
		require.NoError(t, err)
		before := http.DefaultTransport
		defer func() { http.DefaultTransport = before }()
		var sent []string
		http.DefaultTransport = roundTrips(func(request *http.Request) (*http.Response, error) {
			sent = append(sent, "first "+request.Method)
			http.DefaultTransport = roundTrips(func(request *http.Request) (*http.Response, error) {
				sent = append(sent, "second "+request.Method)
				shown := `{"id":"p","deploymentId":"d","type":"DAG_ONLY","status":"DEPLOYED","dagTarballVersion":"` + version + `"}`
				return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(bytes.NewBufferString(shown)), ContentLength: -1}, nil
			})
			return &http.Response{StatusCode: 502, Header: http.Header{}, Body: http.NoBody}, nil
		})
		deploy, err := client.Finalize(t.Context(), someDeploy, wrapper.DAGTarball(version))
		require.NoError(t, err)
		assert.Equal(t, version, *deploy.DAGTarballVersion)
		assert.Equal(t, []string{"first POST", "second GET"}, sent)
	})
}
