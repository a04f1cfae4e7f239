package wrapper

import (
	"cmp"
	"context"
	"net/http"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// Client calls the Astro Platform API. Make one with [NewClient]; it is safe for
// concurrent use, holds no goroutine and needs no closing.
type Client struct {
	chain   *retrying
	door    *door  // to the chain, for requests that are not the client's own
	server  string // what the paths of the contract are appended to
	version APIVersion
	looksUp bool
	upload  *uploader
}

// NewClient returns a client for https://api.astronomer.io that calls [V1Beta1] with the
// token from the environment variable ASTRO_API_TOKEN, as far as no option says otherwise.
// An option that cannot be used, and a missing token, is a [*ValidationError].
func NewClient(options ...Option) (*Client, error) {
	cfg, err := newConfig(options)
	if err != nil {
		return nil, err
	}
	server, chain := cfg.server(), newChain(cfg)
	return &Client{
		chain:   chain,
		door:    &door{chain, server},
		server:  server.String() + "/",
		version: cfg.version,
		looksUp: cfg.lookUp,
		upload:  &uploader{transport: cmp.Or(cfg.httpClient.Transport, http.DefaultTransport), stall: cfg.stallTimeout},
	}, nil
}

// API returns a client generated from openapi.yaml whose requests pass the same steps as
// those of Client: attempts are repeated and limited, the token is added, redirects are not
// followed, answers are bounded. It looks nothing up before it repeats a finalize. It
// checks neither IDs nor versions (an empty bundleTarballVersion removes a bundle), and
// leaves reading the answer to the caller: its methods return the *http.Response, whose body
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
		return &api.Client{Client: refuse{}} // which says so in place of a panic
	}
	return &api.Client{Server: c.server, Client: c.door}
}

// check reports whether the client was made by NewClient.
func (c *Client) check() error {
	if c == nil || c.chain == nil {
		return &ValidationError{Field: "client", Rule: "must be made by NewClient"}
	}
	return nil
}

func checkContext(ctx context.Context) error {
	if ctx == nil {
		return &ValidationError{Field: "ctx", Rule: "must not be nil; pass context.Background() if there is none"}
	}
	return nil
}
