package wrapper

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/internal/redact"
	"github.com/astro-finalize/astro-finalize-go/internal/retry"
)

// APIError says that the service answered, but not with the deploy asked for.
type APIError struct {
	Operation   string           // operationId of openapi.yaml, such as FinalizeDeploy
	StatusCode  int              // of the answer
	Message     string           // the service's own words, if the body had any
	RequestID   string           // the service's name for the request, for its support, if the body had it
	FieldErrors []api.FieldError // what is wrong with single fields; v1 has them on a 400
	Body        string           // the start of the body, of whatever type it is, without secrets
	Attempts    int              // how often the request was made
	Elapsed     time.Duration    // from the beginning of the first attempt to the end of the last, look-ups included
	RetryAfter  time.Duration    // how long the service asked to wait, if it did
	Hint        string           // what to do, where it is known
	Err         error            // why the answer could not be read, if that is what is wrong
}

// maxFieldErrors is how many field errors are kept: a request has two fields.
const maxFieldErrors = 20

// newAPIError describes an answer that the chain returned.
func (c *Client) newAPIError(operation string, response *http.Response) *APIError {
	body := response.Body.(*readBody)
	token := tokenOf(body.request)
	keep := func(text string) string { return redact.Excerpt([]byte(text), token) }
	decoded := body.apiError()
	apiError := &APIError{
		Operation:  operation,
		StatusCode: response.StatusCode,
		Message:    keep(decoded.Message),
		RequestID:  keep(decoded.RequestID),
		Body:       redact.Excerpt(body.data, token),
		Attempts:   body.attempts,
		Elapsed:    time.Since(body.started),
	}
	apiError.RetryAfter, _ = retry.After(response.Header, time.Now())
	if body.wrong != nil {
		apiError.Err = redact.Error(body.wrong, token)
	}
	for _, field := range decoded.FieldErrors[:min(len(decoded.FieldErrors), maxFieldErrors)] {
		apiError.FieldErrors = append(apiError.FieldErrors, api.FieldError{
			Field: keep(field.Field), Code: keep(field.Code), Message: keep(field.Message),
		})
	}
	apiError.Hint = keep(c.hint(apiError, response, token))
	return apiError
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
	return oneLine(joined(text.String(), e.Hint))
}

// Unwrap returns why the answer could not be read, or nil.
func (e *APIError) Unwrap() error { return e.Err }

// Is reports whether target is the Err variable of this answer's kind.
func (e *APIError) Is(target error) bool { return isKind(e.StatusCode, target) }

// isKind reports whether kind is the Err variable of answers with the status.
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
	case ErrUnexpectedAnswer:
		return status < http.StatusBadRequest
	}
	return false
}
