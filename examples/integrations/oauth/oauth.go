// Package oauth has tokens of golang.org/x/oauth2 for the client, for programs that get them
// from there already. Copy TokenSource.
//
// Do not give wrapper.WithHTTPClient what oauth2.NewClient returns: it adds the token to
// whatever it sends, and uploads go to a storage that is not the service.
package oauth

import (
	"context"

	"golang.org/x/oauth2"

	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// TokenSource has the client ask source for the token of each attempt, so source should keep
// its token until it expires, as those of the configurations of oauth2 and what
// oauth2.ReuseTokenSource returns do.
//
// An oauth2.TokenSource knows nothing of the call's context. What bounds it is the Timeout of
// the http.Client that it was made with: oauth2.HTTPClient in the context given to the
// configuration.
func TokenSource(source oauth2.TokenSource) wrapper.TokenSource {
	return func(context.Context) (string, error) {
		token, err := source.Token()
		if err != nil {
			return "", err
		}
		return token.AccessToken, nil
	}
}
