package redact

import (
	"errors"
	"slices"
)

// Error returns err itself unless its text, or that of an error below it, holds a secret or an
// upload URL, as that of a *url.Error or of a caller's transport may. Then it returns an error in
// which [errors.Is] finds the same causes, but that cannot be unwrapped.
func Error(err error, secrets ...string) error {
	if isClean(err, secrets...) {
		return err
	}
	return &redactedError{Text(err.Error(), secrets...), func(target error) bool { return errors.Is(err, target) }}
}

func isClean(err error, secrets ...string) bool {
	if text := err.Error(); Text(text, secrets...) != text {
		return false
	}
	switch below := err.(type) {
	case interface{ Unwrap() error }:
		cause := below.Unwrap()
		return cause == nil || isClean(cause, secrets...)
	case interface{ Unwrap() []error }:
		return !slices.ContainsFunc(below.Unwrap(), func(cause error) bool { return cause != nil && !isClean(cause, secrets...) })
	}
	return true
}

type redactedError struct {
	text string
	is   func(error) bool // hides the error from %#v
}

func (e *redactedError) Error() string        { return e.text }
func (e *redactedError) Is(target error) bool { return e.is(target) }
