package redact

import (
	"errors"
	"fmt"
	"slices"
)

// Error returns an error with the text of err in one line, without secrets. It hides err itself, whose
// fields encoding/json, assertions and the verb %#v would show. [errors.Is] finds the same causes, and
// [errors.As] finds those that show no secret.
func (r Redactor) Error(err error) error {
	return &sealed{
		text: r.Line(fmt.Sprint(err)), // unlike err.Error(), it does not panic on a nil pointer
		is:   func(target error) bool { return errors.Is(err, target) },
		as:   func(target any) bool { return r.as(err, target, maxDepth) },
	}
}

// Error is New(secrets...).Error(err).
func Error(err error, secrets ...string) error { return New(secrets...).Error(err) }

// maxDepth limits how deep errors are unwrapped, since an error may wrap itself.
const maxDepth = 100

// as is like [errors.As], but skips errors that show a secret.
func (r Redactor) as(err error, target any, depth int) bool {
	if r.isClean(err, depth) {
		return errors.As(err, target)
	}
	return depth > 0 && slices.ContainsFunc(causes(err), func(cause error) bool { return r.as(cause, target, depth-1) })
}

func (r Redactor) isClean(err error, depth int) bool {
	if text := fmt.Sprint(err); depth == 0 || r.Text(text) != text {
		return false
	}
	return !slices.ContainsFunc(causes(err), func(cause error) bool { return !r.isClean(cause, depth-1) })
}

// causes returns the errors that an error wraps.
func causes(err error) (wrapped []error) {
	switch wraps := err.(type) {
	case interface{ Unwrap() error }:
		wrapped = []error{wraps.Unwrap()}
	case interface{ Unwrap() []error }:
		wrapped = wraps.Unwrap()
	}
	return slices.DeleteFunc(slices.Clone(wrapped), func(cause error) bool { return cause == nil })
}

// sealed hides an error in closures, where only a call can reach it.
type sealed struct {
	text string
	is   func(error) bool
	as   func(any) bool
}

func (e *sealed) Error() string        { return e.text }
func (e *sealed) Is(target error) bool { return e.is(target) }
func (e *sealed) As(target any) bool   { return e.as(target) }

// MarshalText makes encoding/json show the text.
func (e *sealed) MarshalText() ([]byte, error) { return []byte(e.text), nil }
