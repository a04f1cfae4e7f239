package transport

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/internal/retry"
)

// script is a chain whose attempts end as given, in order: with a status, a response, an error, or a
// tokenError, which prevents the request. It records when each request was sent, its body, and when
// other requests may start after a 429.
type script struct {
	*Chain
	ends    []any
	tries   int
	times   []time.Duration
	bodies  []string
	resumed []time.Duration
	probes  sync.WaitGroup
}

type tokenError struct{ error }

func newScript(ends ...any) *script {
	s := &script{ends: ends}
	started := time.Now()
	next := func() any { return s.ends[min(s.tries, len(s.ends)-1)] }
	s.Chain = by(func(request *http.Request) (*http.Response, error) {
		body, err := io.ReadAll(request.Body)
		if err != nil {
			return nil, err
		}
		s.times = append(s.times, time.Since(started))
		s.bodies = append(s.bodies, string(body))
		end := next()
		s.tries++
		response := &http.Response{}
		switch end := end.(type) {
		case error:
			return nil, end
		case *http.Response:
			response = end
		default:
			response.StatusCode = end.(int)
		}
		if response.StatusCode == http.StatusTooManyRequests {
			s.probes.Go(func() {
				time.Sleep(time.Nanosecond) // until the chain has handled it
				if _, err := s.Gate.Enter(context.Background(), http.MethodGet); err == nil {
					s.resumed = append(s.resumed, time.Since(started).Round(time.Second))
				}
			})
		}
		response.Body = io.NopCloser(strings.NewReader("{}"))
		return response, nil
	})
	s.Token = func(context.Context) (string, error) {
		if end, isTokenError := next().(tokenError); isTokenError {
			s.tries++
			return "", end.error
		}
		return secret, nil
	}
	s.Retry = retry.Policy{
		MaxAttempts:   4,
		NewBackoff:    func() retry.Backoff { return &steps{time.Second, 2 * time.Second, 4 * time.Second} },
		MaxRetryAfter: time.Minute,
	}
	return s
}

func (s *script) do(ctx context.Context) Result[string] {
	request, err := http.NewRequest(http.MethodPost, "https://api.example/v1/x", strings.NewReader(`{"a":1}`))
	if err != nil {
		panic(err)
	}
	result := Do(ctx, s.Chain, request, maxTest, &fakeCall{})
	s.probes.Wait()
	return result
}

// fakeCall is a Call that accepts every 200, unless refused is set.
type fakeCall struct {
	refused  error
	found    int       // Reconcile finds the result in its n-th run; 0 for never
	stops    bool      // Reconcile allows no retry
	err      error     // of Reconcile
	outcomes []Outcome // passed to Reconcile
}

func (c *fakeCall) Accept(response *Response) (string, error) {
	return string(response.Body), c.refused
}

func (c *fakeCall) Reconcile(_ context.Context, _ *Run, end Attempted) Decision[string] {
	c.outcomes = append(c.outcomes, end.Outcome)
	return Decision[string]{"found", len(c.outcomes) == c.found, end.MayRetry && !c.stops, c.err}
}

// steps is a backoff with the given waits.
type steps []time.Duration

func (s *steps) NextBackOff() time.Duration {
	next := (*s)[0]
	*s = (*s)[1:]
	return next
}

func retryAfterHeader(status int, value string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{"Retry-After": {value}}}
}

func TestDoRetriesOnSchedule(t *testing.T) {
	const s = time.Second
	for _, row := range []struct {
		name    string
		ends    []any
		times   []time.Duration // when the attempts start
		resumed []time.Duration
		status  int // of the result; 0 for an error
	}{
		{"success at once", []any{200}, []time.Duration{0}, nil, 200},
		{"success at last", []any{503, io.EOF, 429, 200}, []time.Duration{0, s, 3 * s, 7 * s}, []time.Duration{7 * s}, 200},
		{"no success", []any{503, 503, 503, 500}, []time.Duration{0, s, 3 * s, 7 * s}, nil, 500},
		{"no response", []any{io.EOF}, []time.Duration{0, s, 3 * s, 7 * s}, nil, 0},
		{"final at once", []any{404}, []time.Duration{0}, nil, 404},
		{"final later", []any{502, 400}, []time.Duration{0, s}, nil, 400},
		{"Retry-After longer than the backoff", []any{retryAfterHeader(429, "30"), 200}, []time.Duration{0, 30 * s}, []time.Duration{30 * s}, 200},
		{"Retry-After shorter than the backoff", []any{retryAfterHeader(503, "0"), 200}, []time.Duration{0, s}, nil, 200},
		{"Retry-After at the cap", []any{retryAfterHeader(503, "60"), 200}, []time.Duration{0, 60 * s}, nil, 200},
		{"Retry-After beyond the cap", []any{retryAfterHeader(429, "61"), 200}, []time.Duration{0}, []time.Duration{60 * s}, 429},
		{"Retry-After that is invalid", []any{retryAfterHeader(503, "soon"), 200}, []time.Duration{0, s}, nil, 200},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				script := newScript(row.ends...)
				result := script.do(t.Context())
				assert.Equal(t, row.times, script.times)
				assert.Equal(t, row.resumed, script.resumed)
				for _, body := range script.bodies {
					assert.Equal(t, `{"a":1}`, body, "the whole body")
				}
				assert.Equal(t, len(row.times), result.Attempts)
				assert.Equal(t, row.times[len(row.times)-1], result.Elapsed)
				assert.Equal(t, row.status == 200, result.OK)
				switch row.status {
				case 0:
					require.ErrorIs(t, result.Err, io.EOF)
					assert.Nil(t, result.Response)
				case 200:
					assert.Equal(t, "{}", result.Accepted)
				default:
					require.NoError(t, result.Err)
					assert.Equal(t, row.status, result.Response.StatusCode)
				}
			})
		})
	}
}

func TestDoDoesNotRetryWhenItMayNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		script := newScript(503)
		script.Retry.MaxAttempts = 1
		result := script.do(t.Context())
		require.NoError(t, result.Err)
		assert.Equal(t, 503, result.Response.StatusCode)
		assert.Len(t, script.times, 1)

		script = newScript(retryAfterHeader(503, "3600"), 200)
		script.Retry.MaxRetryAfter = -1
		assert.True(t, script.do(t.Context()).OK)
		assert.Equal(t, []time.Duration{0, time.Second}, script.times, "the header is ignored")

		for _, none := range []retry.Backoff{&steps{-1}, nil} {
			script = newScript(503)
			script.Retry.NewBackoff = func() retry.Backoff { return none }
			assert.Equal(t, 503, script.do(t.Context()).Response.StatusCode)
			assert.Len(t, script.times, 1, "the backoff has ended")
		}

		script = newScript(503)
		script.Idempotent = func(*http.Request) bool { return false }
		assert.Equal(t, 503, script.do(t.Context()).Response.StatusCode)
		assert.Len(t, script.times, 1, "it may have been carried out")
	})
}

func TestDoEndsWithTheContext(t *testing.T) {
	for _, end := range []any{503, io.EOF} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
			defer cancel()
			script := newScript(end)
			result := script.do(ctx)
			require.ErrorIs(t, result.Err, context.DeadlineExceeded)
			assert.Equal(t, 1500*time.Millisecond, result.Elapsed, "during the second wait")
			assert.Equal(t, 2, result.Attempts)
			if end == io.EOF {
				require.ErrorIs(t, result.Err, io.EOF)
				assert.Nil(t, result.Response)
			} else {
				assert.Equal(t, 503, result.Response.StatusCode, "with the last response")
			}
		})
	}
}

func TestDoDoesNotRetryAfterTheContextEnded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	script := newScript(io.EOF)
	transport := script.Transport()
	script.Transport = by(func(request *http.Request) (*http.Response, error) {
		cancel()
		return transport.RoundTrip(request)
	}).Transport
	result := script.do(ctx)
	require.ErrorIs(t, result.Err, io.EOF)
	assert.NotContains(t, result.Err.Error(), "while waiting")
	assert.Len(t, script.times, 1)
}

// An attempt without a token ends the call and does not count. The result includes the attempt before.
func TestDoEndsWhenThereIsNoToken(t *testing.T) {
	sealed := errors.New("vault is sealed")
	synctest.Test(t, func(t *testing.T) {
		result := newScript(tokenError{sealed}).do(t.Context())
		require.ErrorIs(t, result.Err, sealed)
		assert.Zero(t, result.Attempts)
		assert.Equal(t, Outcome{NotSent: true}, result.Outcome)

		result = newScript(io.EOF, tokenError{sealed}).do(t.Context())
		require.ErrorIs(t, result.Err, sealed)
		require.ErrorIs(t, result.Err, io.EOF)
		assert.Equal(t, 1, result.Attempts)
		assert.False(t, result.Outcome.NotSent)

		result = newScript(503, tokenError{sealed}).do(t.Context())
		require.ErrorIs(t, result.Err, sealed)
		assert.Equal(t, 503, result.Response.StatusCode)
	})
}

// Each attempt gets its own request, since the transport may still use the one before.
func TestDoSendsACopyPerAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var headers []http.Header
		script := newScript(503, 503, 200)
		transport := script.Transport()
		script.Transport = by(func(request *http.Request) (*http.Response, error) {
			headers = append(headers, request.Header)
			return transport.RoundTrip(request)
		}).Transport
		calls := 0
		script.Token = func(context.Context) (string, error) {
			calls++
			return "token-" + strconv.Itoa(calls), nil
		}
		require.True(t, script.do(t.Context()).OK)
		for i, header := range headers {
			assert.Equal(t, "Bearer token-"+strconv.Itoa(i+1), header.Get("Authorization"))
		}
	})
}

// A 429 slows the client down even if it ends the call.
func TestDoPausesTheClientAfterTheLast429(t *testing.T) {
	for after, want := range map[string]time.Duration{"10": 10 * time.Second, "3600": time.Minute, "": 0} {
		synctest.Test(t, func(t *testing.T) {
			script := newScript(retryAfterHeader(429, after))
			script.Retry.MaxAttempts = 1
			require.NoError(t, script.do(t.Context()).Err)
			assert.Equal(t, []time.Duration{want}, script.resumed)
		})
	}
}

// A request body is closed even if it is not sent.
func TestDoClosesTheBodyOfAnUnsentRequest(t *testing.T) {
	body := &closable{Reader: strings.NewReader("{}")}
	request := newRequest(t, "https://api.example/v1/x")
	request.Body = body
	result := Do(t.Context(), newScript(tokenError{io.EOF}).Chain, request, maxTest, &fakeCall{})
	require.ErrorIs(t, result.Err, io.EOF)
	assert.True(t, body.closed)
}

func TestDoEndsWhenGetBodyFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		script := newScript(503)
		request := newRequest(t, "https://api.example/v1/x")
		request.GetBody = func() (io.ReadCloser, error) { return nil, io.ErrClosedPipe }
		result := Do(t.Context(), script.Chain, request, maxTest, &fakeCall{})
		require.ErrorIs(t, result.Err, io.ErrClosedPipe)
		assert.Len(t, script.times, 1)
	})
}

// After each attempt that was not accepted Reconcile gets its outcome and decides whether to retry.
func TestDoReconcilesAfterEachAttempt(t *testing.T) {
	lost, inFlight := Outcome{MayHaveTakenEffect: true}, Outcome{MayHaveTakenEffect: true, MayStillTakeEffect: true}
	for _, row := range []struct {
		name     string
		ends     []any
		call     fakeCall
		ok       bool
		attempts int
		reported []Outcome
		all      Outcome
	}{
		{"accepted", []any{200}, fakeCall{}, true, 1, nil, Outcome{}},
		{"refused by the service", []any{400}, fakeCall{}, false, 1, []Outcome{{}}, Outcome{}},
		{"not accepted, found", []any{200}, fakeCall{refused: io.EOF, found: 1}, true, 1, []Outcome{lost}, lost},
		{"not yet, found later", []any{200}, fakeCall{refused: NotYet("as before"), found: 2}, true, 2, []Outcome{inFlight, inFlight}, inFlight},
		{"lost, then refused", []any{500, 400}, fakeCall{}, false, 2, []Outcome{lost, {}}, lost},
		{"lost, then refused, found", []any{io.EOF, 400}, fakeCall{found: 2}, true, 2, []Outcome{inFlight, {}}, inFlight},
		{"lost, then not sent, found", []any{500, tokenError{io.EOF}}, fakeCall{found: 2}, true, 1, []Outcome{lost, notSent}, lost},
		{"lost, and no retry allowed", []any{500}, fakeCall{stops: true}, false, 1, []Outcome{lost}, lost},
		{"lost, and reconciling fails", []any{500}, fakeCall{err: context.DeadlineExceeded}, false, 1, []Outcome{lost}, lost},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				result := Do(t.Context(), newScript(row.ends...).Chain, newRequest(t, "https://api.example/v1/x"), maxTest, &row.call)
				assert.Equal(t, row.ok, result.OK)
				if row.call.found > 0 {
					assert.Equal(t, "found", result.Accepted)
				}
				assert.Equal(t, row.attempts, result.Attempts)
				assert.Equal(t, row.reported, row.call.outcomes)
				assert.Equal(t, row.all, result.Outcome)
				if row.call.err != nil {
					require.ErrorIs(t, result.Err, row.call.err)
					assert.Equal(t, 500, result.Response.StatusCode, "the response is still there")
				}
			})
		})
	}
}
