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

// A Retry-After that is a date is by the clock of its sender, whose Date says how late it is there. Red if
// it is compared with the client's own.
func TestPromise5hRetryAfterByTheSendersClock(t *testing.T) {
	for _, ahead := range []time.Duration{0, 10 * time.Minute, -10 * time.Minute, 24 * time.Hour} {
		for _, row := range []struct{ wait, least, most time.Duration }{
			{30 * time.Second, 30 * time.Second, 31 * time.Second},
			{-30 * time.Second, 0, 2 * time.Second},
			{0, 0, 2 * time.Second},
		} {
			t.Run(fmt.Sprintf("%v ahead, %v", ahead, row.wait), func(t *testing.T) {
				inBubble(t, nil, func(w world) {
					there := time.Now().Add(ahead).UTC()
					w.server.Inject(astrotest.Error(429, "").
						WithHeader("Date", there.Format(http.TimeFormat)).
						WithHeader("Retry-After", there.Add(row.wait).Format(http.TimeFormat)))
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

// A date that is further away than is waited for ends the call, with the time in the error.
func TestPromise5hARetryAfterThatIsTooLong(t *testing.T) {
	for _, ahead := range []time.Duration{10 * time.Minute, -10 * time.Minute} {
		inBubble(t, nil, func(w world) {
			there := time.Now().Add(ahead).UTC()
			w.always(map[string]astrotest.Fault{finalizeDeploy: astrotest.Error(429, "").
				WithHeader("Date", there.Format(http.TimeFormat)).
				WithHeader("Retry-After", there.Add(5*time.Minute).Format(http.TimeFormat))})
			_, err := w.client.Finalize(w.Context(), w.add(api.DeployTypeDAGOnly), wrapper.DAGTarball(version))
			var refused *wrapper.APIError
			require.ErrorAs(w, err, &refused)
			assert.Equal(w, 5*time.Minute, refused.RetryAfter)
			assert.Equal(w, 1, w.count(finalizeDeploy))
		})
	}
}

// The caller's deadline ends the call amid a look-up: that is found, beside what the attempt brought. Red
// if the refusal that was being looked up hides it, or it hides the refusal.
func TestPromise5dADeadlineAmidALookUp(t *testing.T) {
	for name, row := range map[string]struct {
		post, get astrotest.Fault
		deadline  time.Duration
		kind      error
	}{
		"500, in the look-up":        {astrotest.Error(500, "Internal"), astrotest.Hang(), 2 * time.Second, wrapper.ErrServer},
		"500, in the look-up's body": {astrotest.Error(500, "Internal"), astrotest.HangInResponse(), 2 * time.Second, wrapper.ErrServer},
		"500, between two look-ups":  {astrotest.Error(500, "Internal"), showing(object{}), 2 * time.Second, wrapper.ErrServer},
		"502, in the second look-up": {astrotest.Error(502, "Bad"), astrotest.Slow(4 * time.Second), 9 * time.Second, wrapper.ErrOutcomeUnknown},
		"lost, in the look-up":       {astrotest.CutConnection(), astrotest.Hang(), 2 * time.Second, wrapper.ErrOutcomeUnknown},
		"the attempt":                {astrotest.Hang(), astrotest.Hang(), 2 * time.Second, wrapper.ErrOutcomeUnknown},
		"429, in the wait":           {astrotest.Error(429, "").WithHeader("Retry-After", "30"), astrotest.Hang(), 2 * time.Second, wrapper.ErrRateLimited},
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

// roundTrips is a transport that is a function.
type roundTrips func(*http.Request) (*http.Response, error)

func (r roundTrips) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Body != nil {
		_ = request.Body.Close()
	}
	return r(request)
}

// odd is a body whose Read is a function.
type odd func([]byte) (int, error)

func (o odd) Read(into []byte) (int, error) { return o(into) }
func (odd) Close() error                    { return nil }

// What a transport of the caller's returns that no transport should: an error, no panic, no loop.
func TestPromise5bATransportThatBreaksItsContract(t *testing.T) {
	body := func(status int, read odd) func(*http.Request) (*http.Response, error) {
		return func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, Header: http.Header{}, Body: read, ContentLength: -1}, nil
		}
	}
	for name, network := range map[string]roundTrips{
		"a negative count":            body(200, func([]byte) (int, error) { return -1, nil }),
		"a negative count and io.EOF": body(200, func([]byte) (int, error) { return -1, io.EOF }),
		"a negative count, of a 400":  body(400, func([]byte) (int, error) { return -1, nil }),
		"a count that is too large":   body(200, func(into []byte) (int, error) { return len(into) + 1, nil }),
		"nothing, for ever":           body(200, func([]byte) (int, error) { time.Sleep(time.Millisecond); return 0, nil }),
		"something, for ever":         body(200, func(into []byte) (int, error) { return len(into), nil }),
		"no response and no error":    func(*http.Request) (*http.Response, error) { return nil, nil },
		"a response without a body":   func(*http.Request) (*http.Response, error) { return &http.Response{StatusCode: 200}, nil },
	} {
		t.Run(name, func(t *testing.T) {
			for _, call := range calls {
				synctest.Test(t, func(t *testing.T) {
					client, err := wrapper.NewClient(wrapper.WithToken(astrotest.Token), wrapper.WithHTTPClient(&http.Client{Transport: network}))
					require.NoError(t, err)
					began := time.Now()
					err = call.made(t.Context(), client)
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

// counted counts what is read of it.
type counted struct {
	io.Reader
	n *atomic.Int64
}

func (c counted) Read(into []byte) (int, error) {
	n, err := c.Reader.Read(into)
	c.n.Add(int64(n))
	return n, err
}
func (counted) Close() error { return nil }

// Many calls meet a page of an error that is long: of each, little is read. Red if a body is read as far
// as that of a 200 may be.
func TestPromise5hALongErrorPageIsNotRead(t *testing.T) {
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
					return &http.Response{StatusCode: status, Header: http.Header{}, Body: counted{bytes.NewReader(long), &read}, ContentLength: int64(len(long))}, nil
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

// A default is resolved when it is used: what replaces http.DefaultTransport later is asked, by each
// attempt. Red if it is looked up when the client is made, or once for a call.
func TestPromise5aTheDefaultTransportIsReplacedLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, err := wrapper.NewClient(wrapper.WithToken(astrotest.Token))
		require.NoError(t, err)
		before := http.DefaultTransport
		defer func() { http.DefaultTransport = before }()
		var asked []string
		http.DefaultTransport = roundTrips(func(request *http.Request) (*http.Response, error) {
			asked = append(asked, "first "+request.Method)
			http.DefaultTransport = roundTrips(func(request *http.Request) (*http.Response, error) {
				asked = append(asked, "second "+request.Method)
				shown := `{"id":"p","deploymentId":"d","type":"DAG_ONLY","status":"DEPLOYED","dagTarballVersion":"` + version + `"}`
				return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(bytes.NewBufferString(shown)), ContentLength: -1}, nil
			})
			return &http.Response{StatusCode: 502, Header: http.Header{}, Body: http.NoBody}, nil
		})
		deploy, err := client.Finalize(t.Context(), someDeploy, wrapper.DAGTarball(version))
		require.NoError(t, err)
		assert.Equal(t, version, *deploy.DAGTarballVersion)
		assert.Equal(t, []string{"first POST", "second GET"}, asked)
	})
}
