package wrapper

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type doerFunc func(*http.Request) (*http.Response, error)

func (f doerFunc) Do(request *http.Request) (*http.Response, error) { return f(request) }

// newAuth returns an auth step that keeps what it passes on.
func newAuth(tokens TokenSource) (*auth, *[]*http.Request) {
	var passed []*http.Request
	return &auth{
		next: doerFunc(func(request *http.Request) (*http.Response, error) {
			passed = append(passed, request)
			return &http.Response{StatusCode: http.StatusOK, Request: request}, nil
		}),
		tokens:    tokens,
		userAgent: "agent",
	}, &passed
}

func newRequest(t *testing.T, url string) *http.Request {
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader("{}"))
	require.NoError(t, err)
	return request
}

func TestAuthAsksForATokenEachTime(t *testing.T) {
	calls := 0
	step, passed := newAuth(func(context.Context) (string, error) {
		calls++
		return "token-" + strconv.Itoa(calls), nil
	})
	for _, want := range []string{"Bearer token-1", "Bearer token-2"} {
		request := newRequest(t, "https://api.example/v1/organizations/o")
		request.Header.Add("Authorization", "Bearer of the request editor")
		_, err := step.Do(request)
		require.NoError(t, err)
		assert.Equal(t, []string{want}, request.Header.Values("Authorization"), "one, and ours")
		assert.Equal(t, "agent", request.Header.Get("User-Agent"))
		assert.Equal(t, "application/json", request.Header.Get("Accept"))
	}
	assert.Len(t, *passed, 2)
}

func TestAuthWithoutToken(t *testing.T) {
	broken := errors.New("vault is sealed")
	step, passed := newAuth(func(context.Context) (string, error) { return "", broken })
	_, err := step.Do(newRequest(t, "https://api.example/v1/organizations/o"))
	require.ErrorIs(t, err, broken)
	assert.ErrorContains(t, err, "token source")

	step.tokens = func(context.Context) (string, error) {
		return "s3cret", errors.New("cannot refresh s3cret, see https://a.example/?sig=s1gned")
	}
	_, err = step.Do(newRequest(t, "https://api.example/v1/organizations/o"))
	assert.EqualError(t, err, "token source: cannot refresh [REDACTED], see [REDACTED]")

	step.tokens = func(context.Context) (string, error) { return "rotated\n", nil }
	_, err = step.Do(newRequest(t, "https://api.example/v1/organizations/o"))
	requireInvalid(t, err, "token", "newline")
	assert.Empty(t, *passed)
}
