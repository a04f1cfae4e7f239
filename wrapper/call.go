package wrapper

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// call is one call of Finalize or GetDeploy. Its request comes out of a generated client of
// its own, so that the retry step can ask the call what only it can tell. A request made
// through API() has none: there the nil call answers.
type call struct {
	generated api.Client
	client    *Client
	operation string
	target    Target
	content   Content // of a finalize

	deploy *api.Deploy // what the call returns, once it is known

	// Of a finalize:
	mayHave   bool        // an attempt of it may have taken effect
	mayYet    bool        // an attempt of it may take effect yet
	inDoubt   bool        // it may have or may yet, and the last look-up did not tell
	seen      *api.Deploy // what the last look-up that succeeded showed
	lookUpErr error       // why it could not be looked up the last time
}

// Do implements [api.HttpRequestDoer].
func (c *call) Do(request *http.Request) (*http.Response, error) {
	return c.client.chain.do(request, c)
}

// newCall returns a call, and as its field the generated client that makes its request.
func (c *Client) newCall(operation string, target Target) *call {
	made := &call{client: c, operation: operation, target: target}
	made.generated = api.Client{Server: c.server, Client: made}
	return made
}

func (c *call) isFinalize() bool { return c != nil && c.operation == opFinalizeDeploy }

// result is what the call returns for what the chain returned.
func (c *call) result(response *http.Response, err error) (*api.Deploy, error) {
	switch {
	case c.deploy != nil && c.isFinalize() && c.deploy.Status == api.DeployStatusFailed:
		return nil, &DeployFailedError{Deploy: c.deploy}
	case c.deploy != nil:
		return c.deploy, nil
	case err != nil:
		err = c.named(err, response)
	default:
		err = c.client.newAPIError(c.operation, response)
	}
	if c.inDoubt {
		err = &OutcomeUnknownError{DeployID: c.target.DeployID, Deploy: c.seen, LookUpErr: c.lookUpErr, Err: err}
	}
	return nil, err
}

// named gives an error of the chain the name of the operation in place of its path, and the
// last answer, if there was one.
func (c *call) named(err error, last *http.Response) error {
	unanswered := (*TransportError)(nil)
	if !errors.As(err, &unanswered) {
		return err
	}
	unanswered.Operation = c.operation
	if last != nil {
		unanswered.Err = fmt.Errorf("%w; the last answer: %w", unanswered.Err, c.client.newAPIError(c.operation, last))
	}
	return err
}
