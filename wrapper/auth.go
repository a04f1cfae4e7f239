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

const bearer = "Bearer "

// auth is the step of the chain that says who calls.
type auth struct {
	next      api.HttpRequestDoer
	token     string // if it never changes
	tokens    TokenSource
	server    *url.URL // nothing outside of it gets the token
	userAgent string
}

func (a *auth) Do(request *http.Request) (*http.Response, error) {
	if err := checkInside(a.server, request.URL); err != nil {
		return nil, &unsent{err}
	}
	token := a.token
	if a.tokens != nil {
		var err error
		if token, err = a.tokens(request.Context()); err != nil {
			return nil, &unsent{fmt.Errorf("token source: %w", err)}
		}
		if err := checkToken(token); err != nil {
			return nil, &unsent{err}
		}
	}
	// One slice for all three, for this is done for every attempt.
	values := []string{bearer + token, "application/json", a.userAgent}
	request.Header["Authorization"] = values[0:1:1]
	request.Header["Accept"] = values[1:2:2]
	request.Header["User-Agent"] = values[2:3:3]
	return a.next.Do(request)
}

// tokenOf returns the token that request was given.
func tokenOf(request *http.Request) string {
	return strings.TrimPrefix(request.Header.Get("Authorization"), bearer)
}

// checkInside reports a request that would take the token out of the API that the client
// is for, or whose path an empty ID broke.
func checkInside(server, requested *url.URL) error {
	below, isBelow := strings.CutPrefix(requested.EscapedPath(), server.EscapedPath())
	if requested.Scheme != server.Scheme || requested.Host != server.Host || !isBelow || !strings.HasPrefix(below, "/") || strings.Contains(below, "//") {
		return &ValidationError{Field: "url", Rule: "the request's URL is not one of the API at " + server.String() + "; check the IDs and the request editors"}
	}
	return nil
}
