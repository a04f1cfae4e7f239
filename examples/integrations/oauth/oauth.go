// Package oauth gets the client's tokens from golang.org/x/oauth2. Copy TokenSource.
//
// Do not pass the client of oauth2.NewClient to wrapper.WithHTTPClient: it adds the token to
// every request, and uploads go to the storage.
package oauth

import (
	"context"

	"golang.org/x/oauth2"

	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// TokenSource adapts source for wrapper.WithTokenSource. The client asks for a token before each
// attempt, so source should cache its token until it expires, as the sources of the oauth2
// configurations and of oauth2.ReuseTokenSource do.
//
// An oauth2.TokenSource does not see the call's context. To bound it, set a Timeout on the
// http.Client that the configuration finds in its context under oauth2.HTTPClient.
func TokenSource(source oauth2.TokenSource) wrapper.TokenSource {
	return func(context.Context) (string, error) {
		token, err := source.Token()
		if err != nil {
			return "", err
		}
		return token.AccessToken, nil
	}
}
