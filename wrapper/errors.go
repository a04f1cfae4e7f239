package wrapper

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/internal/redact"
)

// The kinds of responses that are no success, for [errors.Is]; the error itself is an
// [*APIError].
var (
	ErrBadRequest         = errors.New("bad request")       // 400
	ErrUnauthorized       = errors.New("unauthorized")      // 401
	ErrForbidden          = errors.New("forbidden")         // 403
	ErrNotFound           = errors.New("not found")         // 404
	ErrRateLimited        = errors.New("rate limited")      // 429
	ErrServer             = errors.New("server error")      // 500 to 599
	ErrUnexpectedResponse = errors.New("unexpected answer") // below 400, yet not the deploy asked for: a redirect, a 204, a 200 that holds something else
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
	Deploy *api.Deploy // without its upload URLs
}

func (e *DeployFailedError) Error() string {
	if e.Deploy == nil {
		return "the deploy failed"
	}
	return fmt.Sprintf("the status of deploy %s of Deployment %s is %s", e.Deploy.ID, e.Deploy.DeploymentID, e.Deploy.Status)
}

// TransportError says that a request got no response, or none that was final: the context or a
// token source ended the call before another attempt. That response is then below it, an
// [*APIError] for [errors.As].
type TransportError struct {
	Operation          string        // operationId of openapi.yaml, such as FinalizeDeploy; method and path if made through API()
	Attempts           int           // how often the request was made; 0 if it never came to that
	Elapsed            time.Duration // from the beginning of the first attempt to the end of the last, look-ups included
	MayHaveTakenEffect bool          // whether the request may have been carried out all the same; of a finalize, whether the look-ups left that open
	Hint               string        // what to do, where it is known
	Err                error         // the cause, of the last attempt
}

func (e *TransportError) Error() string {
	if e.Attempts == 0 {
		return redact.OneLine(fmt.Sprintf("%s: nothing was sent: %v", e.Operation, e.Err))
	}
	text := fmt.Sprintf("%s: no response%s: %v", e.Operation, afterAttempts(e.Attempts, e.Elapsed), e.Err)
	return redact.OneLine(joined(joined(text, e.Hint), effect(e.Operation, e.MayHaveTakenEffect)))
}

// Unwrap returns the cause, such as [context.Canceled] or a *net.OpError somewhere below.
func (e *TransportError) Unwrap() error { return e.Err }

// ErrOutcomeUnknown is the kind of an [*OutcomeUnknownError], for [errors.Is].
var ErrOutcomeUnknown = errors.New("outcome unknown")

// OutcomeUnknownError says that a deploy may be finalized or may still be, and that it could not
// be found out whether it is. [Client.GetDeploy] may tell later. The vendor allows it to be finalized
// again with the same content; that replaces what somebody else deployed meanwhile, so look first.
// Ask for this error before the kinds of an [APIError]: it unwraps to how the last attempt ended,
// which is of such a kind too.
type OutcomeUnknownError struct {
	DeployID  string
	Err       error       // how the last attempt ended: an *APIError or a *TransportError
	LookUpErr error       // why the last look-up failed; nil if it did not, or if look-ups are off
	Deploy    *api.Deploy // what the last look-up that succeeded showed, without upload URLs; nil if there was none
}

func (e *OutcomeUnknownError) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "deploy %s may be finalized nevertheless: %v", e.DeployID, e.Err)
	switch {
	case e.LookUpErr != nil:
		fmt.Fprintf(&text, "; and it could not be looked up: %v", e.LookUpErr)
	case e.Deploy != nil && e.Deploy.Status == api.DeployStatusInitialized:
		text.WriteString("; it read back as INITIALIZED, but a request may still be in flight; check with GetDeploy")
	case e.Deploy != nil:
		status := "in a status that is not known here"
		if e.Deploy.Status.Valid() {
			status = string(e.Deploy.Status)
		}
		fmt.Fprintf(&text, "; and looked up it is %s, but does not show what was to be finalized", status)
	default:
		text.WriteString("; GetDeploy tells")
	}
	return text.String()
}

// Is reports whether target is [ErrOutcomeUnknown].
func (e *OutcomeUnknownError) Is(target error) bool { return target == ErrOutcomeUnknown }

// Unwrap returns how the last attempt ended.
func (e *OutcomeUnknownError) Unwrap() error { return e.Err }

// WaitError says that [Client.Wait] ended before the deploy was DEPLOYED or FAILED. It may be
// either by now, or still become it.
type WaitError struct {
	DeployID string
	Deploy   *api.Deploy // as it was read last, without upload URLs; nil if it never was
	PollErr  error       // why the last look failed; nil if it did not
	Err      error       // what ended the waiting: the context's error, or a response such as 401
}

func (e *WaitError) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "waiting for deploy %s: %v", e.DeployID, e.Err)
	if e.Deploy != nil {
		fmt.Fprintf(&text, "; when it was read last, it was %.40s", e.Deploy.Status)
	}
	if e.PollErr != nil {
		fmt.Fprintf(&text, "; the last look failed: %v", e.PollErr)
	}
	return redact.OneLine(text.String())
}

// Unwrap returns what ended the waiting.
func (e *WaitError) Unwrap() error { return e.Err }
