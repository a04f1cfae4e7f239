package wrapper

import (
	"context"
	"net/http"
	"os"
	"time"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/internal/blob"
	"github.com/astro-finalize/astro-finalize-go/internal/decode"
	"github.com/astro-finalize/astro-finalize-go/internal/ratelimit"
	"github.com/astro-finalize/astro-finalize-go/internal/redact"
	"github.com/astro-finalize/astro-finalize-go/internal/retry"
	"github.com/astro-finalize/astro-finalize-go/internal/transport"
)

// Client calls the Astro Platform API. Make one with [NewClient]; it is safe for
// concurrent use, holds no goroutine and needs no closing.
type Client struct {
	chain        *transport.Chain
	doer         *doer  // into the chain, for requests that are not the client's own
	server       string // what the paths of the contract are appended to
	version      APIVersion
	looksUp      bool
	uploads      *blob.Uploader
	pollInterval time.Duration // of Wait and look-ups; 0 is the default
}

// NewClient returns a client for https://api.astronomer.io that calls [V1Beta1] with the
// token from the environment variable ASTRO_API_TOKEN, as far as no option says otherwise.
// An option that cannot be used, and a missing token, is a [*ValidationError].
func NewClient(options ...Option) (*Client, error) {
	cfg, err := newConfig(options)
	if err != nil {
		secrets := &redact.Recent{}
		secrets.Add(cfg.token, os.Getenv(tokenVariable))
		return nil, hide(err, secrets)
	}
	server, network := cfg.server(), cfg.network()
	log := transport.Logger{To: cfg.logger, Secrets: &redact.Recent{}, RequestID: func(body []byte) string { return decode.Error(body).RequestID }}
	log.Secrets.Add(cfg.token)
	chain := &transport.Chain{
		Transport:  network,
		Jar:        cfg.httpClient.Jar,
		Timeout:    transport.Shorter(cfg.attemptTimeout, cfg.httpClient.Timeout),
		Token:      cfg.askToken,
		UserAgent:  cfg.userAgent,
		Gate:       ratelimit.NewGate(cfg.limiters),
		Retry:      cfg.retry,
		Idempotent: isIdempotent,
		Log:        log,
	}
	return &Client{
		chain:        chain,
		doer:         &doer{chain, server},
		server:       server.String() + "/",
		version:      cfg.version,
		looksUp:      cfg.lookUp,
		uploads:      &blob.Uploader{Transport: network, Stall: cfg.stallTimeout, Retry: cfg.retry, Log: transport.Logger{To: cfg.logger, Secrets: log.Secrets}},
		pollInterval: cfg.pollInterval,
	}, nil
}

// newConfig fills a config with the defaults, and then by the options.
func newConfig(options []Option) (*config, error) {
	cfg := &config{
		version:        V1Beta1,
		httpClient:     http.DefaultClient,
		attemptTimeout: defaultAttemptTimeout,
		userAgent:      userAgent(),
		retry:          retry.Default(),
		limiters:       map[string]ratelimit.Limiter{},
		lookUp:         true,
		stallTimeout:   defaultStallTimeout,
	}
	for method, perSecond := range defaultLimits {
		cfg.limiters[method] = NewLimiter(perSecond)
	}
	if err := WithBaseURL(DefaultBaseURL)(cfg); err != nil {
		return cfg, err
	}
	for _, option := range options {
		if option == nil {
			return cfg, &ValidationError{Field: "options", Rule: "must not hold a nil Option"}
		}
		if err := option(cfg); err != nil {
			return cfg, err
		}
	}
	if cfg.token == "" && cfg.tokens == nil {
		return cfg, WithToken(os.Getenv(tokenVariable))(cfg)
	}
	return cfg, nil
}

// API returns a client generated from openapi.yaml whose requests pass the same steps as
// those of Client: attempts are retried and limited, the token is added, redirects are not
// followed, responses are bounded. It looks nothing up before it retries a finalize. It
// checks neither IDs nor versions (an empty bundleTarballVersion removes a bundle), and
// leaves reading the response to the caller: its methods return the *http.Response, whose body
// is read already and need not be closed. A body that is given as a reader is sent once only,
// unless [http.NewRequest] knows how to read it again.
//
// For methods that decode, wrap it: api.ClientWithResponses{ClientInterface: client.API()}.
// Mind that those return no error for a status that the contract lacks or a body that is
// not JSON.
//
// Each call returns a client of its own, which may be changed.
func (c *Client) API() *api.Client {
	if c.check() != nil {
		return &api.Client{Client: unmade{}} // which says so in place of a panic
	}
	return &api.Client{Server: c.server, Client: c.doer}
}

// check reports whether the client was made by NewClient.
func (c *Client) check() error {
	if c == nil || c.chain == nil {
		return errUnmade()
	}
	return nil
}

// ready reports why a call cannot begin, if only because broken says what is wrong with it.
func (c *Client) ready(ctx context.Context, broken error) error {
	if err := c.check(); err != nil {
		return err
	}
	if ctx == nil {
		return &ValidationError{Field: "ctx", Rule: "must not be nil; pass context.Background() if there is none"}
	}
	return hide(broken, c.chain.Log.Secrets)
}

// hide takes secrets out of the value of a [ValidationError]: something was put in its place.
func hide(err error, secrets *redact.Recent) error {
	if invalid, isInvalid := err.(*ValidationError); isInvalid {
		invalid.Value = secrets.Redactor().Line(invalid.Value)
	}
	return err
}

// redactor takes the client's secrets, those of a call, and the signatures in body out of what is shown.
func (c *Client) redactor(body []byte, secrets ...string) redact.Redactor {
	return c.chain.Log.Secrets.Redactor(append(redact.Signatures(body), secrets...)...)
}

// shown is a deploy as errors show it: a copy without upload URLs.
func (c *Client) shown(deploy *api.Deploy) *api.Deploy {
	return redact.Copy(c.chain.Log.Secrets, deploy)
}

// decoding is the call of a request that is not looked up: a read, or one that creates.
type decoding[T any] func(body []byte) (T, error)

func (d decoding[T]) Accept(response *transport.Response) (T, error) { return d(response.Body) }

func (decoding[T]) Reconcile(_ context.Context, _ *transport.Run, end transport.Attempted) transport.Decision[T] {
	return transport.Decision[T]{Retry: end.MayRetry}
}

// do makes a request that was built, and returns what decode makes of up to limit bytes of its
// response.
func do[T any](ctx context.Context, c *Client, operation string, request *http.Request, err error, limit int, decode decoding[T]) (none T, _ error) {
	if err != nil {
		return none, err
	}
	result := transport.Do(ctx, c.chain, request, limit, decode)
	if !result.OK {
		return none, c.failure(operation, result.End)
	}
	return result.Accepted, nil
}
