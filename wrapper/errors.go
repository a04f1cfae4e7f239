package wrapper

import (
	"errors"
	"fmt"
	"time"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// The kinds of answers that are no success, for [errors.Is]; the error itself is an
// [*APIError].
var (
	ErrBadRequest       = errors.New("bad request")       // 400
	ErrUnauthorized     = errors.New("unauthorized")      // 401
	ErrForbidden        = errors.New("forbidden")         // 403
	ErrNotFound         = errors.New("not found")         // 404
	ErrRateLimited      = errors.New("rate limited")      // 429
	ErrServer           = errors.New("server error")      // 500 to 599
	ErrUnexpectedAnswer = errors.New("unexpected answer") // below 400, yet not the deploy asked for: a redirect, a 204, a 200 that holds something else
)

// ValidationError says that a call breaks a rule. Nothing was sent.
type ValidationError struct {
	// Field is what is at fault: a parameter by its name in the API, such as deployId or
	// dagTarballVersion, or an option, such as token or baseURL.
	Field string
	// Value is the value at fault; empty where it is missing, or long, or may be a secret.
	Value string
	// Rule is the rule, and what to do.
	Rule string
}

func (e *ValidationError) Error() string {
	if e.Value == "" {
		return e.Field + " " + e.Rule
	}
	return fmt.Sprintf("%s %s (it is %q)", e.Field, e.Rule, e.Value)
}

// DeployFailedError says that the service finalized the deploy and reports the status
// FAILED. What becomes of a failed deploy that is finalized again is not documented; a new
// deploy is the safe way on.
type DeployFailedError struct {
	Deploy *api.Deploy
}

func (e *DeployFailedError) Error() string {
	if e.Deploy == nil {
		return "the deploy failed"
	}
	return fmt.Sprintf("the status of deploy %s of Deployment %s is %s", e.Deploy.ID, e.Deploy.DeploymentID, e.Deploy.Status)
}

// TransportError says that a request got no answer, or none that was the last word: the
// context or a token source ended the call before another attempt. That answer is then below
// it, an [*APIError] for [errors.As]. If it was a finalize, no attempt can have taken effect;
// else the error is below an [*OutcomeUnknownError].
type TransportError struct {
	Operation string        // operationId of openapi.yaml, such as FinalizeDeploy; method and path if made through API()
	Attempts  int           // how often it was tried to make the request; 0 if it never came to that
	Elapsed   time.Duration // from the beginning of the first attempt to the end of the last, look-ups included
	Hint      string        // what the request may have left behind, and what to do, where it is known
	Err       error         // the cause, of the last attempt
}

func (e *TransportError) Error() string {
	if e.Attempts == 0 {
		return oneLine(fmt.Sprintf("%s: nothing was sent: %v", e.Operation, e.Err))
	}
	return oneLine(joined(fmt.Sprintf("%s: no answer%s: %v", e.Operation, afterAttempts(e.Attempts, e.Elapsed), e.Err), e.Hint))
}

// Unwrap returns the cause, such as [context.Canceled] or a *net.OpError somewhere below.
func (e *TransportError) Unwrap() error { return e.Err }
