package transport

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/internal/ratelimit"
	"github.com/astro-finalize/astro-finalize-go/internal/retry"
)

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return f(request) }

const secret = "s3cret"

// by returns a chain that uses transport, without limits, with a secret token.
func by(transport roundTripper) *Chain {
	return &Chain{
		Transport:  func() http.RoundTripper { return transport },
		Token:      func(context.Context) (string, error) { return secret, nil },
		UserAgent:  "agent",
		Gate:       ratelimit.NewGate(nil),
		Retry:      retry.Policy{MaxAttempts: 1},
		Idempotent: func(*http.Request) bool { return true },
	}
}

func responding(body io.Reader) *Chain {
	return by(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(body)}, nil
	})
}

func failing(err error) *Chain {
	return by(func(*http.Request) (*http.Response, error) { return nil, err })
}

func newRequest(t *testing.T, url string) *http.Request {
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader("{}"))
	require.NoError(t, err)
	return request
}

// try makes a single attempt.
func try(t *testing.T, chain *Chain) attempt {
	return tryUnder(t.Context(), chain, newRequest(t, "https://api.example/v1/x"))
}

// maxTest limits how much of a response the tests read.
const maxTest = 1 << 20

func tryUnder(ctx context.Context, chain *Chain, request *http.Request) attempt {
	return (&Run{chain: chain}).attempt(ctx, request, chain.Timeout, maxTest)
}

func TestAttemptErrorsUnwrapToTheirCause(t *testing.T) {
	cause := errors.New("no route to host")
	err := try(t, failing(cause)).err
	require.ErrorIs(t, err, cause)
}

func TestAttemptSendsNothingWhenTheContextIsDone(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	last := tryUnder(ctx, failing(errors.New("sent")), newRequest(t, "https://api.example/v1/x"))
	require.ErrorIs(t, last.err, context.Canceled)
	assert.False(t, last.made)
}

// hanging returns a chain whose attempts get no response, or no body, until their context is done.
func hanging(timeout time.Duration, inBody bool) *Chain {
	chain := by(func(request *http.Request) (*http.Response, error) {
		if inBody {
			return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(hangingReader{request.Context()})}, nil
		}
		<-request.Context().Done()
		return nil, request.Context().Err()
	})
	chain.Timeout = timeout
	return chain
}

// A RoundTripper that breaks its contract must not make the caller panic.
func TestAttemptReportsABrokenRoundTripper(t *testing.T) {
	for _, response := range []*http.Response{nil, {StatusCode: http.StatusOK}} {
		broken := by(func(*http.Request) (*http.Response, error) { return response, nil })
		assert.ErrorContains(t, try(t, broken).err, "RoundTripper")
	}
}

// Some transports return their own error when the context is done.
func TestAttemptReportsTheContextsError(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	chain := by(func(*http.Request) (*http.Response, error) {
		cancel()
		return nil, net.ErrClosed
	})
	err := tryUnder(ctx, chain, newRequest(t, "https://api.example/v1/x")).err
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, net.ErrClosed)
}

func TestAttemptUsesTheCookieJar(t *testing.T) {
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	var sent []string
	chain := by(func(request *http.Request) (*http.Response, error) {
		sent = append(sent, request.Header.Get("Cookie"))
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Set-Cookie": {"session=1"}}, Body: http.NoBody}, nil
	})
	chain.Jar = jar
	request := newRequest(t, "https://api.example/v1/x")
	for range 3 {
		require.NoError(t, tryUnder(t.Context(), chain, request).err)
	}
	assert.Equal(t, []string{"", "session=1", "session=1"}, sent)
}

func TestShorterIgnoresTimeoutsThatAreNotSet(t *testing.T) {
	assert.Equal(t, time.Second, Shorter(time.Second, time.Minute))
	assert.Equal(t, time.Second, Shorter(time.Minute, time.Second))
	assert.Equal(t, time.Second, Shorter(0, time.Second))
	assert.Equal(t, time.Second, Shorter(time.Second, 0))
	assert.Zero(t, Shorter(0, 0))
	assert.Equal(t, time.Second, Shorter(time.Second, -1))
	assert.Zero(t, Shorter(0, -1))
}

// A deadline other than the attempt's own must not be reported as the attempt's timeout.
func TestAttemptNamesOnlyItsOwnTimeout(t *testing.T) {
	chain := failing(context.DeadlineExceeded)
	chain.Timeout = time.Minute
	err := try(t, chain).err
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.NotContains(t, err.Error(), "no complete response")
}

func TestAttemptReleasesItsTimer(t *testing.T) {
	var sent context.Context
	chain := by(func(request *http.Request) (*http.Response, error) {
		sent = request.Context()
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
	})
	chain.Timeout = time.Hour
	require.NoError(t, try(t, chain).err)
	assert.ErrorIs(t, sent.Err(), context.Canceled)
}

type hangingReader struct{ ctx context.Context }

func (r hangingReader) Read([]byte) (int, error) {
	<-r.ctx.Done()
	return 0, r.ctx.Err()
}

func TestAttemptEndsAtItsTimeout(t *testing.T) {
	for _, inBody := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			last := try(t, hanging(30*time.Second, inBody))
			err := last.err
			if inBody {
				require.NoError(t, err)
				err = last.response.Cut
			}
			require.ErrorIs(t, err, context.DeadlineExceeded)
			assert.ErrorContains(t, err, "no complete response within 30s")
			assert.Equal(t, 30*time.Second, time.Since(start))
		})
	}
}

func TestAttemptEndsWithTheCallersContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := tryUnder(ctx, hanging(30*time.Second, false), newRequest(t, "https://api.example/v1/x")).err
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.NotContains(t, err.Error(), "30s", "the caller's deadline is not the attempt's")
	})
}

func TestAttemptWithoutATimeoutEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 24*time.Hour)
		defer cancel()
		err := tryUnder(ctx, hanging(0, false), newRequest(t, "https://api.example/v1/x")).err
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

func TestEachAttemptGetsAToken(t *testing.T) {
	calls := 0
	var sent []http.Header
	chain := by(func(request *http.Request) (*http.Response, error) {
		sent = append(sent, request.Header.Clone())
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
	})
	chain.Token = func(context.Context) (string, error) {
		calls++
		return "token-" + strconv.Itoa(calls), nil
	}
	for range 2 {
		request := newRequest(t, "https://api.example/v1/x")
		request.Header.Add("Authorization", "Bearer of the request editor")
		require.NoError(t, tryUnder(t.Context(), chain, request).err)
	}
	require.Len(t, sent, 2)
	for i, header := range sent {
		assert.Equal(t, []string{"Bearer token-" + strconv.Itoa(i+1)}, header.Values("Authorization"), "only ours")
		assert.Equal(t, "agent", header.Get("User-Agent"))
		assert.Equal(t, "application/json", header.Get("Accept"))
	}
}

func TestAttemptWithoutATokenSendsNothing(t *testing.T) {
	sealed := errors.New("vault is sealed")
	chain := failing(errors.New("sent"))
	chain.Token = func(context.Context) (string, error) { return "", sealed }
	last := try(t, chain)
	require.ErrorIs(t, last.err, sealed)
	assert.False(t, last.made)
}

// Each attempt waits for the limiter, and a 429 slows the limiter down.
func TestAttemptWaitsForTheLimiter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		chain := by(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusTooManyRequests, Body: http.NoBody}, nil
		})
		chain.Gate = ratelimit.NewGate(map[string]ratelimit.Limiter{http.MethodPost: ratelimit.NewWindow(10)})
		started := time.Now()
		for range 3 {
			require.NoError(t, try(t, chain).err)
		}
		assert.Greater(t, time.Since(started), 2*time.Second, "one a second, though 10 are allowed at first")

		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		last := tryUnder(ctx, chain, newRequest(t, "https://api.example/v1/x"))
		require.ErrorIs(t, last.err, context.Canceled)
		assert.False(t, last.made)
	})
}
