package wrapper

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type doerFunc func(*http.Request) (*http.Response, error)

func (f doerFunc) Do(request *http.Request) (*http.Response, error) { return f(request) }

// newAuth returns an auth step for https://api.example/v1 that keeps what it passes on.
func newAuth(t *testing.T, tokens TokenSource) (*auth, *[]*http.Request) {
	server, err := url.Parse("https://api.example/v1")
	require.NoError(t, err)
	var passed []*http.Request
	return &auth{
		next: doerFunc(func(request *http.Request) (*http.Response, error) {
			passed = append(passed, request)
			return &http.Response{StatusCode: http.StatusOK, Request: request}, nil
		}),
		tokens:    tokens,
		server:    server,
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
	step, passed := newAuth(t, func(context.Context) (string, error) {
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

func TestAuthSendsNothingElsewhere(t *testing.T) {
	for _, elsewhere := range []string{
		"https://evil.example/v1/organizations/o",
		"http://api.example/v1/organizations/o",
		"https://api.example:8443/v1/organizations/o",
		"https://api.example/organizations/o",
		"https://api.example/v1",
		"https://api.example/v1evil/organizations/o",
		"https://api.example/v1/deploys//finalize",
	} {
		step, passed := newAuth(t, nil)
		step.token = "s3cret"
		_, err := step.Do(newRequest(t, elsewhere))
		requireInvalid(t, err, "url", "https://api.example/v1")
		assert.Empty(t, *passed, elsewhere)
	}
}

func TestAuthWithoutToken(t *testing.T) {
	broken := errors.New("vault is sealed")
	step, passed := newAuth(t, func(context.Context) (string, error) { return "", broken })
	_, err := step.Do(newRequest(t, "https://api.example/v1/organizations/o"))
	require.ErrorIs(t, err, broken)
	assert.ErrorContains(t, err, "token source")

	step.tokens = func(context.Context) (string, error) { return "rotated\n", nil }
	_, err = step.Do(newRequest(t, "https://api.example/v1/organizations/o"))
	requireInvalid(t, err, "token", "newline")
	assert.Empty(t, *passed)
}
