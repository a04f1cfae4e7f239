package wrapper

import (
	"context"
	"net/http"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// call is one call of Finalize or GetDeploy on its way through the chain. The retry step
// finds it in the request's context and asks it what only the call can tell. A request made
// through API() has none: there the nil call answers.
type call struct {
	client    *Client
	operation string
	target    Target
	content   *Content // nil for a read

	deploy *api.Deploy // what the call returns, once it is known

	// Of a finalize:
	mayHave   bool        // an attempt of it may have taken effect, then or later
	inDoubt   bool        // so it is, and the last look-up did not tell
	seen      *api.Deploy // as it was looked up last
	lookUpErr error       // why it could not be looked up the last time
}

type callKey struct{}

func withCall(ctx context.Context, c *call) context.Context {
	return context.WithValue(ctx, callKey{}, c)
}

func callOf(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call)
	return c
}

// result is what the call returns for what the chain returned.
func (c *call) result(response *http.Response, err error) (*api.Deploy, error) {
	switch {
	case c.deploy != nil && c.content != nil && c.deploy.Status == api.DeployStatusFailed:
		return nil, &DeployFailedError{Deploy: c.deploy}
	case c.deploy != nil:
		return c.deploy, nil
	case err != nil:
		err = named(err, c.operation)
	default:
		err = c.client.newAPIError(c.operation, response, c.read(response))
	}
	if c.inDoubt {
		err = &OutcomeUnknownError{DeployID: c.target.DeployID, Deploy: c.seen, LookUpErr: c.lookUpErr, Err: err}
	}
	return nil, err
}
