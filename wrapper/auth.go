package wrapper

import (
	"context"
	"fmt"

	"github.com/astro-finalize/astro-finalize-go/internal/check"
)

// tokenVariable is the environment variable that the vendor's CLI and Terraform provider
// read too.
const tokenVariable = "ASTRO_API_TOKEN"

// TokenSource returns the API token to use now. It is called for every attempt, maybe from
// several goroutines at once, when the attempt has its turn; so it should return at once,
// from a token that it keeps and renews, or those that wait for it start together. An error of
// it ends the call. It must return when ctx ends: nothing else ends it, and the call waits until
// it does.
type TokenSource func(ctx context.Context) (string, error)

// WithToken sets the API token: of the Organization, of a Workspace or of the Deployment,
// with the permission deployment.deploys.update. It is sent as it is, so it must be what a bearer
// token is made of (RFC 6750), of at most 16 KiB, without white space, quotes or "Bearer ".
func WithToken(token string) Option {
	return func(cfg *config) error {
		if err := checkToken(token); err != nil {
			return err
		}
		cfg.token, cfg.tokens = token, nil
		return nil
	}
}

// WithTokenSource has source asked for the token of every attempt, for tokens that rotate.
func WithTokenSource(source TokenSource) Option {
	return func(cfg *config) error {
		if source == nil {
			return &ValidationError{Field: "tokenSource", Rule: "must not be nil"}
		}
		cfg.token, cfg.tokens = "", source
		return nil
	}
}

// checkToken does not quote the token.
func checkToken(token string) error { return invalid("token", "", check.Token(token)) }

// askToken returns the token of an attempt.
func (cfg *config) askToken(ctx context.Context) (string, error) {
	if cfg.tokens == nil {
		return cfg.token, nil
	}
	token, err := cfg.tokens(ctx)
	if err != nil {
		return token, fmt.Errorf("token source: %w", err)
	}
	return token, checkToken(token)
}
