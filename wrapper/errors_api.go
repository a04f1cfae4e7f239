package wrapper

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/internal/decode"
	"github.com/astro-finalize/astro-finalize-go/internal/hint"
	"github.com/astro-finalize/astro-finalize-go/internal/redact"
	"github.com/astro-finalize/astro-finalize-go/internal/retry"
	"github.com/astro-finalize/astro-finalize-go/internal/transport"
)

// APIError reports a response other than the one asked for.
type APIError struct {
	Operation          string           // operationId of openapi.yaml, such as FinalizeDeploy
	StatusCode         int              // of the response
	Message            string           // from the body, if it has one
	RequestID          string           // from the body, if it has one; the vendor's support asks for it
	FieldErrors        []api.FieldError // from the body; v1 has them on a 400
	Body               string           // the start of the body without secrets: up to 2 KiB of the service's own error, 200 bytes of any other
	Attempts           int              // how many were made
	Elapsed            time.Duration    // from the start of the first attempt to the end of the last, look-ups included
	MayHaveTakenEffect bool             // whether the request may have taken effect despite the error; for a finalize, look-ups included
	RetryAfter         time.Duration    // from the response's Retry-After; 0 if it has none
	Hint               string           // what to do, if known
	Err                error            // why the response could not be used; nil if only its status is wrong
}

// maxFieldErrors bounds APIError.FieldErrors: a request has few fields.
const maxFieldErrors = 20

// failure returns the error of a request without an accepted response.
func (c *Client) failure(operation string, end transport.End) error {
	shown := c.redactor(end.Body(), end.Tokens...)
	if end.Err == nil {
		return apiError(c.pinned, shown, operation, end)
	}
	err := transportError(shown, operation, end)
	failed := (*TransportError)(nil)
	if end.Response != nil && errors.As(err, &failed) {
		failed.Err = fmt.Errorf("%w; the last attempt: %w", failed.Err, apiError(c.pinned, shown, operation, end))
	}
	return err
}

// transportError returns the error of a call that ended without a final response.
func transportError(shown redact.Redactor, operation string, end transport.End) error {
	invalid, connect := (*ValidationError)(nil), (*transport.ConnectError)(nil)
	switch own, isOwn := end.Err.(*ValidationError); {
	case isOwn && end.Attempts == 0:
		return own
	case end.Attempts > 0 && errors.As(end.Err, &invalid):
		end.Err = errors.New(end.Err.Error()) // the type would say that nothing was sent
	}
	failed := &TransportError{Operation: shown.Line(operation), Attempts: end.Attempts, Elapsed: end.Elapsed, MayHaveTakenEffect: end.Outcome.MayHaveTakenEffect, Err: shown.Error(end.Err)}
	switch {
	case errors.As(end.Err, &connect) && connect.Refused:
		failed.Hint = "the connection was refused: check the certificates and any proxy"
	case connect != nil:
		failed.Hint = "could not connect: check the base URL and any proxy"
	}
	return failed
}

// apiError returns the error of a response that was not accepted.
func apiError(pinned APIVersion, shown redact.Redactor, operation string, end transport.End) *APIError {
	response := end.Response
	said := decode.Error(response.Body)
	failed := &APIError{
		Operation:          operation,
		StatusCode:         response.StatusCode,
		Message:            shown.Line(said.Message),
		RequestID:          shown.Line(said.RequestID),
		Body:               shown.Excerpt(redact.Quotable(response.Body, response.StatusCode >= http.StatusBadRequest && said.Message != "")),
		Attempts:           end.Attempts,
		Elapsed:            end.Elapsed,
		MayHaveTakenEffect: end.Outcome.MayHaveTakenEffect,
	}
	failed.RetryAfter, _ = retry.After(response.Header, time.Now())
	if err := response.Err(); err != nil {
		failed.Err = shown.Error(err)
	}
	for _, field := range said.FieldErrors[:min(len(said.FieldErrors), maxFieldErrors)] {
		failed.FieldErrors = append(failed.FieldErrors, api.FieldError{
			Field: shown.Line(field.Field), Code: shown.Line(field.Code), Message: shown.Line(field.Message),
		})
	}
	failed.Hint = shown.Line(hint.Of(hint.Refusal{
		Response: response, Message: failed.Message, RequestID: failed.RequestID, Permission: permissions[operation], ToBeta: pinned == V1Beta1,
	}, time.Now()))
	return failed
}

func (e *APIError) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s: %s%s", e.Operation, statusText(e.StatusCode), afterAttempts(e.Attempts, e.Elapsed))
	if e.Err != nil {
		fmt.Fprintf(&text, ": %v", e.Err)
	}
	text.WriteString(quoted(e.Message, e.Body))
	for _, field := range e.FieldErrors {
		fmt.Fprintf(&text, "; %.100s: %.200s (%.100s)", field.Field, field.Message, field.Code)
	}
	text.WriteString(reference(e.RequestID, e.RetryAfter))
	return redact.OneLine(joined(joined(text.String(), e.Hint), effect(e.Operation, e.MayHaveTakenEffect)))
}

// Unwrap returns why the response could not be used, or nil.
func (e *APIError) Unwrap() error { return e.Err }

// Is reports whether target is a kind of this response, such as [ErrNotFound].
func (e *APIError) Is(target error) bool {
	if target == ErrHibernating {
		return e.StatusCode == http.StatusBadRequest && hint.IsHibernating(e.Message)
	}
	return isKind(e.StatusCode, target)
}

// isKind reports whether responses with the status are of a kind.
func isKind(status int, kind error) bool {
	switch kind {
	case ErrBadRequest:
		return status == http.StatusBadRequest
	case ErrUnauthorized:
		return status == http.StatusUnauthorized
	case ErrForbidden:
		return status == http.StatusForbidden
	case ErrNotFound:
		return status == http.StatusNotFound
	case ErrRateLimited:
		return status == http.StatusTooManyRequests
	case ErrServer:
		return status >= http.StatusInternalServerError && status < 600
	case ErrUnexpectedResponse:
		return status < http.StatusBadRequest
	}
	return false
}
