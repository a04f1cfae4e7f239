package wrapper

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/astro-finalize/astro-finalize-go/internal/blob"
	"github.com/astro-finalize/astro-finalize-go/internal/redact"
)

// ErrUploadURLExpired is the kind of a [*StorageError] whose upload URL has expired by the storage's
// clock. Create a new deploy; a retry does not help. No other 403 is of this kind.
var ErrUploadURLExpired = errors.New("upload URL expired")

// StorageError reports an upload whose response, from the storage or a proxy, has no tarball version.
// The Deployment is unchanged.
type StorageError struct {
	StatusCode int           // of the response
	Code       string        // the storage's error code, such as AuthenticationFailed, if the response has one
	Message    string        // the storage's message, if the response has one
	RequestID  string        // the storage's request ID, if the response has one
	Body       string        // the start of the response's body, without secrets
	Attempts   int           // how many were made
	Elapsed    time.Duration // from the start of the first attempt to the end of the last
	RetryAfter time.Duration // from the response's Retry-After, or until the upload URL is valid
	Expired    bool          // the upload URL has expired
	Hint       string        // what to do, if known
	Err        error         // what is wrong with a 201; otherwise nil
}

func (e *StorageError) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s: %s%s", opUpload, statusText(e.StatusCode), afterAttempts(e.Attempts, e.Elapsed))
	if e.Err != nil {
		fmt.Fprintf(&text, ": %v", e.Err)
	}
	if e.Code != "" {
		fmt.Fprintf(&text, ": %.100s", e.Code)
	}
	text.WriteString(quoted(e.Message, e.Body))
	text.WriteString(reference(e.RequestID, e.RetryAfter))
	return redact.OneLine(joined(text.String(), e.Hint))
}

// Unwrap returns what is wrong with a 201, or nil.
func (e *StorageError) Unwrap() error { return e.Err }

// Is reports whether target is the kind of this response: [ErrUploadURLExpired], [ErrServer] or
// [ErrUnexpectedResponse].
func (e *StorageError) Is(target error) bool {
	switch target {
	case ErrUploadURLExpired:
		return e.Expired
	case ErrServer, ErrUnexpectedResponse:
		return isKind(e.StatusCode, target)
	}
	return false
}

// storageError returns the error of an upload that was refused.
func storageError(result blob.Result) *StorageError {
	said := result.Refusal
	return &StorageError{
		StatusCode: said.StatusCode, Code: said.Code, Message: said.Message, RequestID: said.RequestID, Body: said.Body,
		Attempts: result.Attempts, Elapsed: result.Elapsed, RetryAfter: said.RetryAfter,
		Expired: said.Expired, Hint: said.Hint, Err: said.Err,
	}
}
