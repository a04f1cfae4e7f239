package wrapper

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/internal/ratelimit"
	"github.com/astro-finalize/astro-finalize-go/internal/redact"
	"github.com/astro-finalize/astro-finalize-go/internal/retry"
	"github.com/astro-finalize/astro-finalize-go/internal/transport"
)

type roundTrips func(*http.Request) (*http.Response, error)

func (r roundTrips) RoundTrip(request *http.Request) (*http.Response, error) { return r(request) }

func by(transport roundTrips) func() http.RoundTripper {
	return func() http.RoundTripper { return transport }
}

// newDoer returns a doer for https://api.example/v1 and the requests that it sent.
func newDoer(t *testing.T) (*doer, *[]*http.Request) {
	server, err := url.Parse("https://api.example/v1")
	require.NoError(t, err)
	var sent []*http.Request
	return &doer{server: server, chain: &transport.Chain{
		Transport: by(func(request *http.Request) (*http.Response, error) {
			sent = append(sent, request)
			return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader("{}"))}, nil
		}),
		Token:      func(context.Context) (string, error) { return "s3cret", nil },
		Gate:       ratelimit.NewGate(nil),
		Log:        transport.Logger{Secrets: &redact.Recent{}},
		Retry:      retry.Policy{MaxAttempts: 1},
		Idempotent: idempotent(server),
	}}, &sent
}

func newRequest(t *testing.T, url string) *http.Request {
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader("{}"))
	require.NoError(t, err)
	return request
}

type closable struct {
	io.Reader
	closed bool
}

func (c *closable) Close() error {
	c.closed = true
	return nil
}

func TestDoerDoesNotShowTheTokenToTheCaller(t *testing.T) {
	doer, sent := newDoer(t)
	request := newRequest(t, "https://api.example/v1/organizations/o")
	request.Header.Set("Authorization", "Bearer of the request editor")
	request.Header["authorization"] = []string{"Bearer of another editor"}
	response, err := doer.Do(request)
	require.NoError(t, err)
	assert.Equal(t, "Bearer s3cret", (*sent)[0].Header.Get("Authorization"))
	assert.NotContains(t, (*sent)[0].Header, "authorization")
	assert.Equal(t, "Bearer of the request editor", request.Header.Get("Authorization"))
	assert.Same(t, request, response.Request)
}

func TestDoerSendsToTheBaseURLOnly(t *testing.T) {
	for _, elsewhere := range []string{
		"https://evil.example/v1/organizations/o",
		"http://api.example/v1/organizations/o",
		"https://api.example:8443/v1/organizations/o",
		"https://api.example/organizations/o",
		"https://api.example/v1",
		"https://api.example/v1evil/organizations/o",
		"https://api.example/v1/deploys//finalize",
		"https://api.example/v1/deploys/",
		"https://api.example/v1/../steal",
		"https://api.example/v1/%2e%2e/steal",
		"https://api.example/v1/deploys/./finalize",
	} {
		doer, sent := newDoer(t)
		_, err := doer.Do(newRequest(t, elsewhere))
		requireInvalid(t, err, "url", "https://api.example/v1")
		assert.Empty(t, *sent, elsewhere)
	}
	for _, none := range []*http.Request{nil, {}} {
		doer, sent := newDoer(t)
		_, err := doer.Do(none)
		requireInvalid(t, err, "url", "must not be nil")
		assert.Empty(t, *sent)
	}
	doer, sent := newDoer(t)
	request := newRequest(t, "https://api.example/v1/organizations/o")
	request.URL.Opaque = "//evil.example/steal"
	_, err := doer.Do(request)
	requireInvalid(t, err, "url", "https://api.example/v1")
	request = newRequest(t, "https://api.example/v1/organizations/o")
	request.Host = "evil.example"
	_, err = doer.Do(request)
	requireInvalid(t, err, "url", "https://api.example/v1")
	assert.Empty(t, *sent, "the same server may host another site")
}

func TestDoerClosesTheBodyOfARejectedRequest(t *testing.T) {
	doer, _ := newDoer(t)
	body := &closable{Reader: strings.NewReader("{}")}
	request := newRequest(t, "https://evil.example/v1/x")
	request.Body = body
	_, err := doer.Do(request)
	require.Error(t, err)
	assert.True(t, body.closed)
}

// A request need not be made by http.NewRequest.
func TestDoerAcceptsABareRequest(t *testing.T) {
	doer, _ := newDoer(t)
	requested, err := url.Parse("https://api.example/v1/organizations/o")
	require.NoError(t, err)
	_, err = doer.Do(&http.Request{Method: http.MethodGet, URL: requested})
	require.NoError(t, err)
}

// API() accepts any JSON, and any body with a Content-Encoding, which the caller asked for.
func TestAnyJSONAcceptsJSONAndEncodedBodies(t *testing.T) {
	for body, isJSON := range map[string]bool{"{}": true, "null": true, "[1]": true, "": false, "<html>": false, "{": false, "{}{}": false} {
		_, err := anyJSON{}.Accept(&transport.Response{StatusCode: http.StatusOK, Body: []byte(body)})
		assert.Equal(t, isJSON, err == nil, body)
	}
	_, err := anyJSON{}.Accept(&transport.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Encoding": {"zstd"}}, Body: []byte("(\xb5/\xfd")})
	assert.NoError(t, err)
}

// The error of a request that is not one of the client's own operations names its method and path.
func TestDoerErrorsNameMethodAndPath(t *testing.T) {
	doer, _ := newDoer(t)
	doer.chain.Transport = by(func(*http.Request) (*http.Response, error) { return nil, io.EOF })
	_, err := doer.Do(newRequest(t, "https://api.example/v1/deploys/s3cret/finalize?limit=1"))
	var transportErr *TransportError
	require.ErrorAs(t, err, &transportErr)
	require.ErrorIs(t, err, io.EOF)
	assert.Equal(t, "POST /v1/deploys/[REDACTED]/finalize", transportErr.Operation)
	assert.Equal(t, 1, transportErr.Attempts)
}

// The error at the end of a cut body keeps its cause and shows no secret.
func TestDoerRedactsTheErrorOfACutBody(t *testing.T) {
	doer, _ := newDoer(t)
	doer.chain.Transport = by(func(*http.Request) (*http.Response, error) {
		body := io.MultiReader(strings.NewReader("{"), iotest.ErrReader(fmt.Errorf("Bearer s3cret: %w", io.ErrUnexpectedEOF)))
		return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(body)}, nil
	})
	response, err := doer.Do(newRequest(t, "https://api.example/v1/deploys"))
	require.NoError(t, err)
	_, err = io.ReadAll(response.Body)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.EqualError(t, err, "Bearer [REDACTED]: unexpected EOF")
}
