package wrapper

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/internal/redact"
)

// The kinds of an [*APIError], for [errors.Is].
var (
	ErrBadRequest         = errors.New("bad request")         // 400: see Message and FieldErrors
	ErrHibernating        = errors.New("hibernating")         // also a 400: the Deployment hibernates; Hint says how to wake it
	ErrUnauthorized       = errors.New("unauthorized")        // 401: create a new token
	ErrForbidden          = errors.New("forbidden")           // 403: the token's role lacks the permission in Hint
	ErrNotFound           = errors.New("not found")           // 404: an ID or the base URL is wrong; Hint says which
	ErrRateLimited        = errors.New("rate limited")        // 429: share a limiter ([WithLimiter]); retry after RetryAfter
	ErrServer             = errors.New("server error")        // 500 to 599: try again later
	ErrUnexpectedResponse = errors.New("unexpected response") // below 400, but not what was asked for: a redirect, a 204, a 200 with another body
)

// ValidationError reports a call that breaks a rule. Nothing was sent.
type ValidationError struct {
	Field string // a parameter of the API, such as deployId, an option, such as baseURL, or an environment variable
	Value string // the value; "" if it is missing or long, or may be a secret
	Rule  string // the rule, and what to do
}

func (e *ValidationError) Error() string {
	if e.Value == "" {
		return e.Field + " " + e.Rule
	}
	return fmt.Sprintf("%s %s (got %s)", e.Field, e.Rule, quote(e.Value))
}

// DeployFailedError reports a deploy whose status is FAILED. Create a new deploy: what happens
// when a failed one is finalized again is not documented.
type DeployFailedError struct {
	Deploy *api.Deploy // without its upload URLs
}

func (e *DeployFailedError) Error() string {
	if e.Deploy == nil {
		return "the deploy failed"
	}
	return fmt.Sprintf("deploy %s of Deployment %s is %s", e.Deploy.ID, e.Deploy.DeploymentID, e.Deploy.Status)
}

// TransportError reports a request without a response, or a call that the context or a token source
// ended before the next attempt. It then wraps the last response, an [*APIError].
type TransportError struct {
	Operation          string        // operationId of openapi.yaml, such as FinalizeDeploy; method and path if made through API()
	Attempts           int           // how many were made; 0 if nothing was sent
	Elapsed            time.Duration // from the start of the first attempt to the end of the last, look-ups included
	MayHaveTakenEffect bool          // whether the request may have taken effect despite the error; for a finalize, look-ups included
	Hint               string        // what to do, if known
	Err                error         // the cause of the last attempt's end
}

func (e *TransportError) Error() string {
	if e.Attempts == 0 {
		return redact.OneLine(fmt.Sprintf("%s: nothing was sent: %v", e.Operation, e.Err))
	}
	text := fmt.Sprintf("%s: no response%s: %v", e.Operation, afterAttempts(e.Attempts, e.Elapsed), e.Err)
	return redact.OneLine(joined(joined(text, e.Hint), effect(e.Operation, e.MayHaveTakenEffect)))
}

// Unwrap returns the cause, such as an error that wraps [context.Canceled] or a *net.OpError.
func (e *TransportError) Unwrap() error { return e.Err }

// ErrOutcomeUnknown is the kind of an [*OutcomeUnknownError], for [errors.Is].
var ErrOutcomeUnknown = errors.New("outcome unknown")

// OutcomeUnknownError reports a deploy that may have been finalized, or still may be. Check with
// [Client.GetDeploy] later. Finalizing it again with the same content is allowed, but replaces what
// somebody else has deployed since, so check first. Test for this error before [APIError] and its kinds,
// since it wraps the error of the last attempt.
type OutcomeUnknownError struct {
	DeployID  string
	Err       error       // how the last attempt ended: an *APIError or a *TransportError
	LookUpErr error       // why the last look-up failed; nil if it succeeded or look-ups are off
	Deploy    *api.Deploy // as the last successful look-up showed it, without upload URLs; nil if there was none
}

func (e *OutcomeUnknownError) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "deploy %s may have been finalized: %v", e.DeployID, e.Err)
	switch {
	case e.LookUpErr != nil:
		fmt.Fprintf(&text, "; reading it back failed: %v", e.LookUpErr)
	case e.Deploy != nil && e.Deploy.Status == api.DeployStatusInitialized:
		text.WriteString("; it read back as INITIALIZED, but a request may still be in flight; check with GetDeploy")
	case e.Deploy != nil:
		status := "with an unknown status"
		if e.Deploy.Status.Valid() {
			status = "as " + string(e.Deploy.Status)
		}
		fmt.Fprintf(&text, "; it read back %s, but does not show what was sent; check with GetDeploy", status)
	default:
		text.WriteString("; check with GetDeploy")
	}
	return text.String()
}

// Is reports whether target is [ErrOutcomeUnknown].
func (e *OutcomeUnknownError) Is(target error) bool { return target == ErrOutcomeUnknown }

// Unwrap returns how the last attempt ended.
func (e *OutcomeUnknownError) Unwrap() error { return e.Err }

// WaitError reports that [Client.Wait] ended before the deploy was DEPLOYED or FAILED. It may still
// become either, so wait again.
type WaitError struct {
	DeployID string
	Deploy   *api.Deploy // as the last successful poll showed it, without upload URLs; nil if there was none
	PollErr  error       // why the last poll failed; nil if it succeeded
	Err      error       // why Wait ended: the context's error, or a response such as 401
}

func (e *WaitError) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "waiting for deploy %s: %v", e.DeployID, e.Err)
	if e.Deploy != nil {
		fmt.Fprintf(&text, "; its last status was %.40s", e.Deploy.Status)
	}
	if e.PollErr != nil {
		fmt.Fprintf(&text, "; the last poll failed: %v", e.PollErr)
	}
	return redact.OneLine(text.String())
}

// Unwrap returns why Wait ended.
func (e *WaitError) Unwrap() error { return e.Err }
