package wrapper

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/internal/retry"
)

// newDoor returns the door to https://api.example/v1, behind which a request gets a token, and
// keeps what came through.
func newDoor(t *testing.T) (*door, *[]*http.Request) {
	server, err := url.Parse("https://api.example/v1")
	require.NoError(t, err)
	var passed []*http.Request
	return &door{server: server, chain: &retrying{policy: retry.Policy{MaxAttempts: 1}, next: doerFunc(func(request *http.Request) (*http.Response, error) {
		request.Header.Set("Authorization", "Bearer s3cret")
		passed = append(passed, request)
		return &http.Response{StatusCode: http.StatusOK, Body: &readBody{data: []byte("{}")}, Request: request}, nil
	})}}, &passed
}

func TestDoorKeepsTheTokenFromTheCaller(t *testing.T) {
	door, passed := newDoor(t)
	request := newRequest(t, "https://api.example/v1/organizations/o")
	request.Header.Set("Authorization", "Bearer of the request editor")
	request.Header["authorization"] = []string{"Bearer of another editor"}
	response, err := door.Do(request)
	require.NoError(t, err)
	assert.Equal(t, http.Header{"Authorization": {"Bearer s3cret"}}, (*passed)[0].Header)
	assert.Equal(t, "Bearer of the request editor", request.Header.Get("Authorization"))
	assert.Same(t, request, response.Request)
}

func TestDoorLetsNothingElsewhere(t *testing.T) {
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
		door, passed := newDoor(t)
		_, err := door.Do(newRequest(t, elsewhere))
		requireInvalid(t, err, "url", "https://api.example/v1")
		assert.Empty(t, *passed, elsewhere)
	}
	for _, none := range []*http.Request{nil, {}} {
		door, passed := newDoor(t)
		_, err := door.Do(none)
		requireInvalid(t, err, "url", "has none")
		assert.Empty(t, *passed)
	}
	door, passed := newDoor(t)
	request := newRequest(t, "https://api.example/v1/organizations/o")
	request.URL.Opaque = "//evil.example/steal"
	_, err := door.Do(request)
	requireInvalid(t, err, "url", "https://api.example/v1")
	request = newRequest(t, "https://api.example/v1/organizations/o")
	request.Host = "evil.example"
	_, err = door.Do(request)
	requireInvalid(t, err, "url", "https://api.example/v1")
	assert.Empty(t, *passed, "the same machine may serve another host")
}

func TestDoorClosesTheBodyOfWhatItRefuses(t *testing.T) {
	door, _ := newDoor(t)
	body := &closable{Reader: strings.NewReader("{}")}
	request := newRequest(t, "https://evil.example/v1/x")
	request.Body = body
	_, err := door.Do(request)
	require.Error(t, err)
	assert.True(t, body.closed)
}

// A request need not come out of http.NewRequest.
func TestDoorTakesABareRequest(t *testing.T) {
	door, _ := newDoor(t)
	requested, err := url.Parse("https://api.example/v1/organizations/o")
	require.NoError(t, err)
	_, err = door.Do(&http.Request{Method: http.MethodGet, URL: requested})
	require.NoError(t, err)
}
