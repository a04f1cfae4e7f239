package wrapper

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// call is one call of a method of Client. Its request comes out of a generated client of its
// own, so that the retry step can ask the call what only it can tell. A request made through
// API() has none: there the nil call answers.
type call struct {
	generated api.Client
	client    *Client
	operation string
	keep      func(body []byte) error // keeps what was asked for, or says why the body is not that
	kept      bool
	mayHave   bool  // an attempt may have taken effect
	fate      *fate // of a finalize
}

// Do implements [api.HttpRequestDoer].
func (c *call) Do(request *http.Request) (*http.Response, error) {
	return c.client.chain.do(request, c)
}

// newCall returns a call, and as its field the generated client that makes its request.
func (c *Client) newCall(operation string, keep func(body []byte) error) *call {
	made := &call{client: c, operation: operation, keep: keep}
	made.generated = api.Client{Server: c.server, Client: made}
	return made
}

// failure returns why what the chain returned is not what was asked for, or nil if that was
// kept.
func (c *call) failure(response *http.Response, err error) error {
	switch {
	case c.kept:
		return nil
	case err != nil:
		err = c.named(err, response)
	default:
		answered := c.client.newAPIError(c.operation, response)
		answered.Hint = joined(answered.Hint, c.leftBehind())
		err = answered
	}
	if f := c.fate; f != nil && f.inDoubt {
		return &OutcomeUnknownError{DeployID: f.target.DeployID, Deploy: f.seen, LookUpErr: f.lookUpErr, Err: err}
	}
	return err
}

// named gives an error of the chain the name of the operation in place of its path, and the
// last answer, if there was one.
func (c *call) named(err error, last *http.Response) error {
	unanswered := (*TransportError)(nil)
	if !errors.As(err, &unanswered) {
		return err
	}
	unanswered.Operation = c.operation
	unanswered.Hint = c.leftBehind()
	if unconnected := (*unconnected)(nil); errors.As(err, &unconnected) {
		unanswered.Hint = "no connection came about: check the base URL, that something listens there, and the proxies on the way"
	}
	if last != nil {
		unanswered.Err = fmt.Errorf("%w; the last answer: %w", unanswered.Err, c.client.newAPIError(c.operation, last))
	}
	return err
}

// leftBehind says what a call without success may have left on the service, and what that
// means, or nothing. A finalize has an error of its own for that.
func (c *call) leftBehind() string {
	if c.operation == opCreateDeploy && c.mayHave {
		return "a deploy may have been created; it changes nothing unless it is finalized, so another can be created"
	}
	return ""
}
