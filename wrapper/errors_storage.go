package wrapper

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/astro-finalize/astro-finalize-go/internal/blob"
	"github.com/astro-finalize/astro-finalize-go/internal/redact"
)

// ErrUploadURLExpired is the kind of a [*StorageError] whose upload URL has expired, by the storage's
// clock. A retry does not help, a new deploy does. No other 403 is of this kind.
var ErrUploadURLExpired = errors.New("upload URL expired")

// StorageError says that the upload got a response, of the storage or of a proxy before it, without
// the version of the tarball. Nothing that runs was changed.
type StorageError struct {
	StatusCode int           // of the response
	Code       string        // the storage's name for what is wrong, such as AuthenticationFailed, if the response had one
	Message    string        // the storage's own words, if the response had any
	RequestID  string        // the storage's name for the request, if the response had it
	Body       string        // the start of the response's body, without secrets
	Attempts   int           // how often the upload was tried
	Elapsed    time.Duration // from the beginning of the first attempt to the end of the last
	RetryAfter time.Duration // how long the storage asked to wait, or until the upload URL is valid
	Expired    bool          // whether the upload URL has expired: a new deploy has a new one
	Hint       string        // what to do, where it is known
	Err        error         // what is wrong with a 201, if that is what is wrong
}

func (e *StorageError) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s: the response was %s%s", opUpload, statusText(e.StatusCode), afterAttempts(e.Attempts, e.Elapsed))
	if e.Err != nil {
		fmt.Fprintf(&text, ": %v", e.Err)
	}
	if e.Code != "" {
		fmt.Fprintf(&text, ": %.100s", e.Code)
	}
	text.WriteString(wordsOf(e.Message, e.Body))
	text.WriteString(afterwards(e.RequestID, e.RetryAfter))
	return redact.OneLine(joined(text.String(), e.Hint))
}

// Unwrap returns what is wrong with a 201, or nil.
func (e *StorageError) Unwrap() error { return e.Err }

// Is reports whether target is [ErrUploadURLExpired], [ErrServer] or [ErrUnexpectedResponse],
// and the response of that kind.
func (e *StorageError) Is(target error) bool {
	switch target {
	case ErrUploadURLExpired:
		return e.Expired
	case ErrServer, ErrUnexpectedResponse:
		return isKind(e.StatusCode, target)
	}
	return false
}

// storageError describes a response of the storage that was no success.
func storageError(result blob.Result) *StorageError {
	said := result.Refusal
	return &StorageError{
		StatusCode: said.StatusCode, Code: said.Code, Message: said.Message, RequestID: said.RequestID, Body: said.Body,
		Attempts: result.Attempts, Elapsed: result.Elapsed, RetryAfter: said.RetryAfter,
		Expired: said.Expired, Hint: said.Hint, Err: said.Err,
	}
}
