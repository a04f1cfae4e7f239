package wrapper

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/internal/retry"
)

// script is a retry step whose attempts end one after the other as given: with a status, or
// an error. It notes when each was made, what body it had, and the pauses.
type script struct {
	retrying
	ends   []any
	times  []time.Duration
	bodies []string
	pauses []time.Duration
}

func newScript(ends ...any) *script {
	s := &script{ends: ends}
	started := time.Now()
	s.retrying = retrying{
		policy: retry.Policy{
			MaxAttempts:   4,
			NewBackoff:    func() retry.Backoff { return &steps{time.Second, 2 * time.Second, 4 * time.Second} },
			MaxRetryAfter: time.Minute,
		},
		pause: func(until time.Time) { s.pauses = append(s.pauses, time.Until(until)) },
		next: doerFunc(func(request *http.Request) (*http.Response, error) {
			body, err := io.ReadAll(request.Body)
			if err != nil {
				return nil, err
			}
			s.times = append(s.times, time.Since(started))
			s.bodies = append(s.bodies, string(body))
			end := s.ends[min(len(s.times), len(s.ends))-1]
			if err, ok := end.(error); ok {
				return nil, err
			}
			if response, ok := end.(*http.Response); ok {
				response.Body = &readBody{data: []byte("{}")}
				return response, nil
			}
			return &http.Response{StatusCode: end.(int), Body: &readBody{data: []byte("{}")}}, nil
		}),
	}
	return s
}

func (s *script) finalize(t *testing.T, ctx context.Context) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://api.example/v1/deploys/p/finalize", strings.NewReader(`{"a":1}`))
	require.NoError(t, err)
	return s.do(request, nil)
}

// steps is a schedule of given waits.
type steps []time.Duration

func (s *steps) NextBackOff() time.Duration {
	next := (*s)[0]
	*s = (*s)[1:]
	return next
}

func retryAfterHeader(status int, value string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{"Retry-After": {value}}}
}

func TestRetrySchedule(t *testing.T) {
	const s = time.Second
	for _, row := range []struct {
		name   string
		ends   []any
		times  []time.Duration // of the attempts
		pauses []time.Duration
		status int // of what is returned; 0 for an error
	}{
		{"success at once", []any{200}, []time.Duration{0}, nil, 200},
		{"success at last", []any{503, io.EOF, 429, 200}, []time.Duration{0, s, 3 * s, 7 * s}, []time.Duration{4 * s}, 200},
		{"no success", []any{503, 503, 503, 500}, []time.Duration{0, s, 3 * s, 7 * s}, nil, 500},
		{"no answer", []any{io.EOF}, []time.Duration{0, s, 3 * s, 7 * s}, nil, 0},
		{"final at once", []any{404}, []time.Duration{0}, nil, 404},
		{"final later", []any{502, 400}, []time.Duration{0, s}, nil, 400},
		{"Retry-After longer than the schedule", []any{retryAfterHeader(429, "30"), 200}, []time.Duration{0, 30 * s}, []time.Duration{30 * s}, 200},
		{"Retry-After shorter than the schedule", []any{retryAfterHeader(503, "0"), 200}, []time.Duration{0, s}, nil, 200},
		{"Retry-After at the cap", []any{retryAfterHeader(503, "60"), 200}, []time.Duration{0, 60 * s}, nil, 200},
		{"Retry-After beyond the cap", []any{retryAfterHeader(429, "61"), 200}, []time.Duration{0}, []time.Duration{60 * s}, 429},
		{"Retry-After that is none", []any{retryAfterHeader(503, "soon"), 200}, []time.Duration{0, s}, nil, 200},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				script := newScript(row.ends...)
				response, err := script.finalize(t, t.Context())
				assert.Equal(t, row.times, script.times)
				assert.Equal(t, row.pauses, script.pauses)
				for _, body := range script.bodies {
					assert.Equal(t, `{"a":1}`, body, "rewound")
				}
				if row.status == 0 {
					var unanswered *TransportError
					require.ErrorAs(t, err, &unanswered)
					require.ErrorIs(t, err, io.EOF)
					assert.Equal(t, len(row.times), unanswered.Attempts)
					assert.Equal(t, row.times[len(row.times)-1], unanswered.Elapsed)
					assert.Equal(t, "POST /v1/deploys/p/finalize", unanswered.Operation)
					return
				}
				require.NoError(t, err)
				assert.Equal(t, row.status, response.StatusCode)
				body := response.Body.(*readBody)
				assert.Equal(t, len(row.times), body.attempts)
				assert.Equal(t, row.times[len(row.times)-1], time.Since(body.started))
			})
		})
	}
}

func TestRetryAfterAsADate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		at := time.Now().Add(20 * time.Second).UTC().Format(http.TimeFormat)
		script := newScript(retryAfterHeader(503, at), 200)
		_, err := script.finalize(t, t.Context())
		require.NoError(t, err)
		assert.Equal(t, []time.Duration{0, 20 * time.Second}, script.times)
	})
}

func TestRetryTurnedOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		script := newScript(503)
		script.policy.MaxAttempts = 1
		response, err := script.finalize(t, t.Context())
		require.NoError(t, err)
		assert.Equal(t, 503, response.StatusCode)
		assert.Len(t, script.times, 1)

		script = newScript(retryAfterHeader(503, "3600"), 200)
		script.policy.MaxRetryAfter = -1
		_, err = script.finalize(t, t.Context())
		require.NoError(t, err)
		assert.Equal(t, []time.Duration{0, time.Second}, script.times, "the header is not heeded")

		script = newScript(503)
		script.policy.NewBackoff = func() retry.Backoff { return &steps{-1} }
		_, err = script.finalize(t, t.Context())
		require.NoError(t, err)
		assert.Len(t, script.times, 1, "the schedule has no more")
	})
}

func TestRetryEndsWithTheContext(t *testing.T) {
	for _, end := range []any{503, io.EOF} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
			defer cancel()
			started := time.Now()
			script := newScript(end)
			response, err := script.finalize(t, ctx)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			assert.Equal(t, 1500*time.Millisecond, time.Since(started), "amid the second wait")
			var unanswered *TransportError
			require.ErrorAs(t, err, &unanswered)
			assert.Equal(t, 2, unanswered.Attempts)
			if end == io.EOF {
				require.ErrorIs(t, err, io.EOF)
				assert.Nil(t, response)
			} else {
				assert.Equal(t, 503, response.StatusCode, "the last answer comes along")
			}
		})
	}
}

func TestRetryRepeatsNothingAfterTheContextEnded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	script := newScript(io.EOF)
	attempt := script.next
	script.next = doerFunc(func(request *http.Request) (*http.Response, error) {
		cancel()
		return attempt.Do(request)
	})
	_, err := script.finalize(t, ctx)
	require.ErrorIs(t, err, io.EOF)
	assert.NotContains(t, err.Error(), "while waiting")
	assert.Len(t, script.times, 1)
}

// Errors before an attempt: with nothing sent a ValidationError stays one, later it does not,
// because it says that nothing was sent.
func TestRetryOfAttemptsThatWereNotMade(t *testing.T) {
	invalid := &ValidationError{Field: "token", Rule: "is bad"}
	broken := errors.New("vault is sealed")
	synctest.Test(t, func(t *testing.T) {
		_, err := newScript(&unsent{invalid}).finalize(t, t.Context())
		assert.Equal(t, invalid, err)

		_, err = newScript(&unsent{broken}).finalize(t, t.Context())
		var unanswered *TransportError
		require.ErrorAs(t, err, &unanswered)
		assert.Zero(t, unanswered.Attempts)
		require.ErrorIs(t, err, broken)

		_, err = newScript(io.EOF, &unsent{broken}).finalize(t, t.Context())
		require.ErrorIs(t, err, broken)
		require.ErrorIs(t, err, io.EOF, "how the one before ended")

		_, err = newScript(io.EOF, &unsent{invalid}).finalize(t, t.Context())
		require.ErrorAs(t, err, &unanswered)
		assert.Equal(t, 1, unanswered.Attempts)
		require.ErrorContains(t, err, invalid.Error())
		assert.False(t, errors.As(err, new(*ValidationError)), "something was sent")
	})
}

// What is handed down may be changed; it must not be what the transport may still be at.
func TestRetryHandsDownCopies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var headers []http.Header
		script := newScript(503, 503, 200)
		attempt := script.next
		script.next = doerFunc(func(request *http.Request) (*http.Response, error) {
			headers = append(headers, request.Header)
			request.Header.Set("Authorization", "Bearer "+strconv.Itoa(len(headers)))
			return attempt.Do(request)
		})
		_, err := script.finalize(t, t.Context())
		require.NoError(t, err)
		for i, header := range headers {
			assert.Equal(t, "Bearer "+strconv.Itoa(i+1), header.Get("Authorization"))
		}
	})
}

// A schedule that is none has no next attempt.
func TestRetryWithoutASchedule(t *testing.T) {
	script := newScript(503)
	script.policy.NewBackoff = func() retry.Backoff { return nil }
	response, err := script.finalize(t, t.Context())
	require.NoError(t, err)
	assert.Equal(t, 503, response.StatusCode)
}

// A 429 slows the client down even if the call that got it goes on no more.
func TestRetryPausesTheClientAfterTheLast429(t *testing.T) {
	for after, want := range map[string][]time.Duration{"10": {10 * time.Second}, "3600": {time.Minute}, "": nil} {
		synctest.Test(t, func(t *testing.T) {
			script := newScript(retryAfterHeader(429, after))
			script.policy.MaxAttempts = 1
			_, err := script.finalize(t, t.Context())
			require.NoError(t, err)
			assert.Equal(t, want, script.pauses)
		})
	}
}

// What is not sent is closed all the same.
func TestRetryClosesTheBodyOfARequestThatIsNotSent(t *testing.T) {
	script := newScript(&unsent{io.EOF})
	body := &closable{Reader: strings.NewReader("{}")}
	request := newRequest(t, "https://api.example/v1/x")
	request.Body = body
	_, err := script.do(request, nil)
	require.ErrorIs(t, err, io.EOF)
	assert.True(t, body.closed)
}

func TestRetryOfABodyThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		script := newScript(503)
		request := newRequest(t, "https://api.example/v1/deploys/p/finalize")
		request.GetBody = func() (io.ReadCloser, error) { return nil, io.ErrClosedPipe }
		_, err := script.do(request, nil)
		require.ErrorIs(t, err, io.ErrClosedPipe)
		assert.Len(t, script.times, 1)
	})
}
