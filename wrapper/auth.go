package wrapper

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// TokenSource returns the API token to use now. It is called for every attempt, maybe from
// several goroutines at once. An error of it ends the call.
type TokenSource func(ctx context.Context) (string, error)

// unsent marks an error for which an attempt was not made.
type unsent struct{ err error }

func (e *unsent) Error() string { return e.err.Error() }
func (e *unsent) Unwrap() error { return e.err }

func staticToken(token string) TokenSource {
	return func(context.Context) (string, error) { return token, nil }
}

const bearer = "Bearer "

// auth is the step of the chain that says who calls.
type auth struct {
	next      api.HttpRequestDoer
	tokens    TokenSource
	server    *url.URL // nothing outside of it gets the token
	userAgent string
}

func (a *auth) Do(request *http.Request) (*http.Response, error) {
	if err := checkInside(a.server, request.URL); err != nil {
		return nil, &unsent{err}
	}
	token, err := a.tokens(request.Context())
	if err != nil {
		return nil, &unsent{fmt.Errorf("token source: %w", err)}
	}
	if err := checkToken(token); err != nil {
		return nil, &unsent{err}
	}
	// A clone: the caller's request must not keep the token.
	authorized := request.Clone(request.Context())
	authorized.Header.Set("Authorization", bearer+token)
	authorized.Header.Set("Accept", "application/json")
	authorized.Header.Set("User-Agent", a.userAgent)
	response, err := a.next.Do(authorized)
	if err != nil {
		return nil, err
	}
	response.Request = request
	return response, nil
}

// tokenOf returns the token that request was given.
func tokenOf(request *http.Request) string {
	return strings.TrimPrefix(request.Header.Get("Authorization"), bearer)
}

// checkInside reports a request that would take the token out of the API that the client
// is for, or whose path an empty ID broke.
func checkInside(server, requested *url.URL) error {
	path := requested.EscapedPath()
	prefix := strings.TrimSuffix(server.EscapedPath(), "/") + "/"
	if requested.Scheme != server.Scheme || requested.Host != server.Host || !strings.HasPrefix(path, prefix) || strings.Contains(path, "//") {
		return &ValidationError{Field: "url", Rule: "the request's URL is not one of the API at " + server.String() + "; check the IDs and the request editors"}
	}
	return nil
}
