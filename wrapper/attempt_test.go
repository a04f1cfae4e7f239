package wrapper

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return f(request) }

func answering(body io.Reader) *attempt {
	return &attempt{transport: roundTripper(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(body)}, nil
	})}
}

func failing(err error) *attempt {
	return &attempt{transport: roundTripper(func(*http.Request) (*http.Response, error) {
		return nil, err
	})}
}

func authorizedRequest(t *testing.T) *http.Request {
	request := newRequest(t, "https://api.example/v1/x")
	request.Header.Set("Authorization", "Bearer s3cret")
	return request
}

func TestAttemptErrorsHoldNoSecret(t *testing.T) {
	cause := fmt.Errorf("cannot send Bearer s3cret to https://storage.example/x?sig=s1gned: %w", context.Canceled)
	_, err := failing(cause).Do(authorizedRequest(t))
	require.ErrorIs(t, err, context.Canceled)
	for wrapped := err; wrapped != nil; wrapped = errors.Unwrap(wrapped) {
		shown := fmt.Sprintf("%v %+v %#v %s %q", wrapped, wrapped, wrapped, wrapped, wrapped)
		assert.NotContains(t, shown, "s3cret")
		assert.NotContains(t, shown, "s1gned")
	}
}

// An error may say nothing of what the one below it does.
func TestAttemptErrorsHoldNoSecretBelow(t *testing.T) {
	for _, cause := range []error{
		quietError{errors.New("Bearer s3cret")},
		fmt.Errorf("%w", quietError{fmt.Errorf("%w", errors.New("sig=s1gned"))}),
		quietError{errors.Join(io.EOF, errors.New("sig=s1gned"))},
	} {
		_, err := failing(cause).Do(authorizedRequest(t))
		require.Error(t, err)
		assert.Nil(t, errors.Unwrap(err))
	}
	_, err := failing(quietError{io.EOF}).Do(authorizedRequest(t))
	assert.ErrorAs(t, err, new(quietError), "there is nothing to hide")
}

type quietError struct{ below error }

func (e quietError) Error() string { return "it failed" }
func (e quietError) Unwrap() error { return e.below }

func TestAttemptErrorsUnwrapToTheirCause(t *testing.T) {
	cause := errors.New("no route to host")
	_, err := failing(cause).Do(authorizedRequest(t))
	require.ErrorIs(t, err, cause)
}

func TestAttemptSendsNothingWhenTheContextIsDone(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := failing(errors.New("sent")).Do(newRequest(t, "https://api.example/v1/x").WithContext(ctx))
	require.ErrorIs(t, err, context.Canceled)
	var withheld *unsent
	assert.ErrorAs(t, err, &withheld)
}

// hanging is an attempt that gets no answer, or nothing after the answer's header, until its
// context is done.
func hanging(timeout time.Duration, inBody bool) *attempt {
	return &attempt{timeout: timeout, transport: roundTripper(func(request *http.Request) (*http.Response, error) {
		if inBody {
			return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(hangingReader{request.Context()})}, nil
		}
		<-request.Context().Done()
		return nil, request.Context().Err()
	})}
}

// A RoundTripper that says nothing, against its contract, must not make the caller panic.
func TestAttemptOfABrokenRoundTripper(t *testing.T) {
	for _, response := range []*http.Response{nil, {StatusCode: http.StatusOK}} {
		broken := &attempt{transport: roundTripper(func(*http.Request) (*http.Response, error) { return response, nil })}
		_, err := broken.Do(newRequest(t, "https://api.example/v1/x"))
		assert.ErrorContains(t, err, "RoundTripper")
	}
}

// Some transports end a body with an error of their own when the context is done.
func TestAttemptSaysThatTheContextEndedIt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	once := &attempt{transport: roundTripper(func(*http.Request) (*http.Response, error) {
		cancel()
		return nil, net.ErrClosed
	})}
	_, err := once.Do(newRequest(t, "https://api.example/v1/x").WithContext(ctx))
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, net.ErrClosed)
}

func TestAttemptUsesTheJar(t *testing.T) {
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	var sent []string
	once := &attempt{jar: jar, transport: roundTripper(func(request *http.Request) (*http.Response, error) {
		sent = append(sent, request.Header.Get("Cookie"))
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Set-Cookie": {"session=1"}}, Body: http.NoBody}, nil
	})}
	request := newRequest(t, "https://api.example/v1/x")
	for range 3 {
		_, err := once.Do(request)
		require.NoError(t, err)
	}
	assert.Equal(t, []string{"", "session=1", "session=1"}, sent)
}

func TestShorter(t *testing.T) {
	assert.Equal(t, time.Second, shorter(time.Second, time.Minute))
	assert.Equal(t, time.Second, shorter(time.Minute, time.Second))
	assert.Equal(t, time.Second, shorter(0, time.Second))
	assert.Equal(t, time.Second, shorter(time.Second, 0))
	assert.Zero(t, shorter(0, 0))
	assert.Equal(t, time.Second, shorter(time.Second, -1))
	assert.Zero(t, shorter(0, -1))
}

// Other deadlines than the attempt's must not be taken for it.
func TestAttemptNamesItsOwnDeadlineOnly(t *testing.T) {
	once := failing(context.DeadlineExceeded)
	once.timeout = time.Minute
	_, err := once.Do(newRequest(t, "https://api.example/v1/x"))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.NotContains(t, err.Error(), "no complete answer")
}

func TestAttemptReleasesItsTimer(t *testing.T) {
	var sent context.Context
	once := &attempt{timeout: time.Hour, transport: roundTripper(func(request *http.Request) (*http.Response, error) {
		sent = request.Context()
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
	})}
	_, err := once.Do(newRequest(t, "https://api.example/v1/x"))
	require.NoError(t, err)
	assert.ErrorIs(t, sent.Err(), context.Canceled)
}

type hangingReader struct{ ctx context.Context }

func (r hangingReader) Read([]byte) (int, error) {
	<-r.ctx.Done()
	return 0, r.ctx.Err()
}

func TestAttemptEndsAtItsDeadline(t *testing.T) {
	for _, inBody := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			response, err := hanging(30*time.Second, inBody).Do(newRequest(t, "https://api.example/v1/x"))
			if inBody {
				require.NoError(t, err)
				_, err = io.ReadAll(response.Body)
			}
			require.ErrorIs(t, err, context.DeadlineExceeded)
			assert.ErrorContains(t, err, "no complete answer within 30s")
			assert.Equal(t, 30*time.Second, time.Since(start))
		})
	}
}

func TestAttemptEndsWithTheCallersContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := hanging(30*time.Second, false).Do(newRequest(t, "https://api.example/v1/x").WithContext(ctx))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.NotContains(t, err.Error(), "30s", "the caller's deadline is not the attempt's")
	})
}

func TestAttemptWithoutDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 24*time.Hour)
		defer cancel()
		_, err := hanging(0, false).Do(newRequest(t, "https://api.example/v1/x").WithContext(ctx))
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}
