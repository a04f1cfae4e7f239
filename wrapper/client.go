package wrapper

import (
	"cmp"
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

// Client calls the Astro Platform API. Create one with [NewClient]. It is safe for concurrent use,
// runs no goroutine and need not be closed.
type Client struct {
	chain        *transport.Chain
	doer         *doer      // sends the requests of API()
	server       string     // the base URL of requests, with a trailing slash
	pinned       APIVersion // "" if the client may move to V1
	lookUp       bool
	uploads      *blob.Uploader
	pollInterval time.Duration // of Wait and look-ups; 0 is the default
}

// NewClient returns a client for [DefaultBaseURL], or for the URL in the environment variable
// ASTRO_API_URL, with the token in ASTRO_API_TOKEN; options take precedence. An invalid option or
// variable, or a missing token, is a [*ValidationError].
func NewClient(options ...Option) (*Client, error) {
	cfg, err := newConfig(options)
	if err != nil {
		secrets := &redact.Recent{}
		secrets.Add(cfg.token, os.Getenv(tokenVariable))
		return nil, hide(err, secrets)
	}
	server, network := cfg.server(cmp.Or(cfg.pinned, defaultVersion)), cfg.network()
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
		Header:     cfg.header,
		Idempotent: idempotent(server),
		Log:        log,
		Versions:   cfg.versions(),
	}
	return &Client{
		chain:        chain,
		doer:         &doer{chain, server},
		server:       server.String() + "/",
		pinned:       cfg.pinned,
		lookUp:       cfg.lookUp,
		uploads:      &blob.Uploader{Transport: network, Stall: cfg.stallTimeout, Retry: cfg.retry, Log: transport.Logger{To: cfg.logger, Secrets: log.Secrets}},
		pollInterval: cfg.pollInterval,
	}, nil
}

// version returns the API version of the next request.
func (c *Client) version() APIVersion {
	if c.chain.Versions != nil && c.chain.Versions.Moved() {
		return V1
	}
	return cmp.Or(c.pinned, defaultVersion)
}

// newConfig applies the options to the defaults.
func newConfig(options []Option) (*config, error) {
	cfg := &config{
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
	for _, option := range options {
		if option == nil {
			return cfg, &ValidationError{Field: "options", Rule: "must not hold a nil Option"}
		}
		if err := option(cfg); err != nil {
			return cfg, err
		}
	}
	if cfg.baseURL == nil {
		if err := cfg.setBaseURL(baseURLVariable, cmp.Or(os.Getenv(baseURLVariable), DefaultBaseURL)); err != nil {
			return cfg, err
		}
	}
	if cfg.token == "" && cfg.tokens == nil {
		return cfg, WithToken(os.Getenv(tokenVariable))(cfg)
	}
	return cfg, nil
}

// API returns a new client generated from openapi.yaml. Its requests have the same token, headers, retries and
// limits as those of Client; redirects are not followed, and responses are bounded. A finalize is retried
// without being read back. Neither IDs nor versions are checked (an empty bundleTarballVersion removes a
// bundle). Its methods return the *http.Response, whose body is already read and need not be closed. A
// request body that [http.NewRequest] cannot rewind is sent once.
//
// For methods that decode, wrap it: api.ClientWithResponses{ClientInterface: client.API()}. Those return
// no error for a status that the contract lacks, or for a body that is not JSON.
func (c *Client) API() *api.Client {
	if c.check() != nil {
		return &api.Client{Client: unmade{}} // an error, not a panic
	}
	return &api.Client{Server: c.server, Client: c.doer}
}

// check returns an error if the client was not created by NewClient.
func (c *Client) check() error {
	if c == nil || c.chain == nil {
		return errUnmade()
	}
	return nil
}

// ready returns the error that keeps a call from starting; checked is the error of the call's own checks.
func (c *Client) ready(ctx context.Context, checked error) error {
	if err := c.check(); err != nil {
		return err
	}
	if ctx == nil {
		return &ValidationError{Field: "ctx", Rule: "must not be nil; pass context.Background() if you have none"}
	}
	return hide(checked, c.chain.Log.Secrets)
}

// hide removes secrets from the value of a [ValidationError].
func hide(err error, secrets *redact.Recent) error {
	if invalid, isInvalid := err.(*ValidationError); isInvalid {
		invalid.Value = secrets.Redactor().Line(invalid.Value)
	}
	return err
}

// redactor removes the client's secrets, those given, and the signatures in body from text.
func (c *Client) redactor(body []byte, secrets ...string) redact.Redactor {
	return c.chain.Log.Secrets.Redactor(append(redact.Signatures(body), secrets...)...)
}

// shown returns a copy of a deploy for an error, without upload URLs.
func (c *Client) shown(deploy *api.Deploy) *api.Deploy {
	return redact.Copy(c.chain.Log.Secrets, deploy)
}

// decoding is a call that only decodes its response: a read or a create. It is never read back.
type decoding[T any] func(body []byte) (T, error)

func (d decoding[T]) Accept(response *transport.Response) (T, error) { return d(response.Body) }

func (decoding[T]) Reconcile(_ context.Context, _ *transport.Run, end transport.Attempted) transport.Decision[T] {
	return transport.Decision[T]{Retry: end.MayRetry}
}

// do sends a request, and decodes up to limit bytes of its response. err is the error of building it.
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
