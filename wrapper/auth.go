package wrapper

import (
	"context"
	"fmt"

	"github.com/astro-finalize/astro-finalize-go/internal/check"
)

// The environment variables of [NewClient]. The vendor's CLI and Terraform provider also read the token's.
const (
	tokenVariable   = "ASTRO_API_TOKEN"
	baseURLVariable = "ASTRO_API_URL"
)

// TokenSource returns the current API token. It is called for every attempt, after the limiter, and must
// be safe for concurrent use. Return a cached token without delay, since attempts that wait for one start
// together. It must return when ctx ends, since the call waits for it. An error ends the call.
type TokenSource func(ctx context.Context) (string, error)

// WithToken sets the API token of an Organization, a Workspace or a Deployment. The default is the
// environment variable ASTRO_API_TOKEN. It must be a bearer token (RFC 6750) of at most 16 KiB without
// white space, quotes or "Bearer ".
func WithToken(token string) Option {
	return func(cfg *config) error {
		if err := checkToken(token); err != nil {
			return err
		}
		cfg.token, cfg.tokens = token, nil
		return nil
	}
}

// WithTokenSource sets a source of tokens that rotate.
func WithTokenSource(source TokenSource) Option {
	return func(cfg *config) error {
		if source == nil {
			return &ValidationError{Field: "tokenSource", Rule: "must not be nil"}
		}
		cfg.token, cfg.tokens = "", source
		return nil
	}
}

// checkToken leaves the token out of its error.
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
