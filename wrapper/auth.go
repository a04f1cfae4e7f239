package wrapper

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/internal/redact"
)

// TokenSource returns the API token to use now. It is called for every attempt, maybe from
// several goroutines at once, when the attempt has its turn; so it should answer at once,
// from a token that it keeps and renews, or those that wait for it start together. An error of
// it ends the call.
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
	userAgent string
}

func (a *auth) Do(request *http.Request) (*http.Response, error) {
	token := a.token
	if a.tokens != nil {
		var err error
		if token, err = a.tokens(request.Context()); err != nil {
			return nil, &unsent{fmt.Errorf("token source: %w", redact.Error(err, token))}
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
