package wrapper

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/internal/decode"
	"github.com/astro-finalize/astro-finalize-go/internal/redact"
	"github.com/astro-finalize/astro-finalize-go/internal/retry"
	"github.com/astro-finalize/astro-finalize-go/internal/transport"
)

// APIError says that the service responded, but not with the deploy asked for.
type APIError struct {
	Operation          string           // operationId of openapi.yaml, such as FinalizeDeploy
	StatusCode         int              // of the response
	Message            string           // the service's own words, if the body had any
	RequestID          string           // the service's name for the request, for its support, if the body had it
	FieldErrors        []api.FieldError // what is wrong with single fields; v1 has them on a 400
	Body               string           // the start of the body without secrets: of an error of the service 2 KiB, else 200 bytes
	Attempts           int              // how often the request was made
	Elapsed            time.Duration    // from the beginning of the first attempt to the end of the last, look-ups included
	MayHaveTakenEffect bool             // whether the request may have been carried out all the same; of a finalize, whether the look-ups left that open
	RetryAfter         time.Duration    // how long the service asked to wait, if it did
	Hint               string           // what to do, where it is known
	Err                error            // why the response could not be read, if that is what is wrong
}

// maxFieldErrors is how many field errors are kept: a request has two fields.
const maxFieldErrors = 20

// failure is the error of a request that brought nothing that was accepted.
func (c *Client) failure(operation string, end transport.End) error {
	shown := c.redactor(end.Body(), end.Tokens...)
	if end.Err == nil {
		return apiError(c.version, shown, operation, end)
	}
	err := transportError(shown, operation, end)
	failed := (*TransportError)(nil)
	if end.Response != nil && errors.As(err, &failed) {
		failed.Err = fmt.Errorf("%w; the last response: %w", failed.Err, apiError(c.version, shown, operation, end))
	}
	return err
}

// transportError is the error of a request that got no response that was final.
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
		failed.Hint = "the connection was refused: check the certificates, and the proxy"
	case connect != nil:
		failed.Hint = "no connection came about: check the base URL, that something listens there, and the proxies on the way"
	}
	return failed
}

// apiError describes a response that was not accepted.
func apiError(version APIVersion, shown redact.Redactor, operation string, end transport.End) *APIError {
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
	failed.Hint = shown.Line(hint(version, operation, failed.RequestID, response))
	return failed
}

func (e *APIError) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s: the service answered %s%s", e.Operation, statusText(e.StatusCode), afterAttempts(e.Attempts, e.Elapsed))
	if e.Err != nil {
		fmt.Fprintf(&text, ": %v", e.Err)
	}
	text.WriteString(wordsOf(e.Message, e.Body))
	for _, field := range e.FieldErrors {
		fmt.Fprintf(&text, "; %.100s: %.200s (%.100s)", field.Field, field.Message, field.Code)
	}
	text.WriteString(afterwards(e.RequestID, e.RetryAfter))
	return redact.OneLine(joined(joined(text.String(), e.Hint), effect(e.Operation, e.MayHaveTakenEffect)))
}

// Unwrap returns why the response could not be read, or nil.
func (e *APIError) Unwrap() error { return e.Err }

// Is reports whether target is the Err variable of this response's kind.
func (e *APIError) Is(target error) bool { return isKind(e.StatusCode, target) }

// isKind reports whether kind is the Err variable of responses with the status.
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
