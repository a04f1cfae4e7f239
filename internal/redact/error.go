package redact

import (
	"errors"
	"fmt"
	"slices"
)

// Error returns an error that says what err says, without secrets and in one line, and that hides
// err: package json, assertions and the verb %#v would show what it holds. [errors.Is] finds the same
// causes below, and [errors.As] does among those that show no secret.
func (r Redactor) Error(err error) error {
	return &sealed{
		text: r.Line(fmt.Sprint(err)), // which survives a nil pointer in err
		is:   func(target error) bool { return errors.Is(err, target) },
		as:   func(target any) bool { return r.as(err, target, maxDepth) },
	}
}

// Error is New(secrets...).Error(err).
func Error(err error, secrets ...string) error { return New(secrets...).Error(err) }

// maxDepth is how deep errors are looked into. One may be below itself.
const maxDepth = 100

// as is [errors.As] for err, or for the causes below it that show no secret.
func (r Redactor) as(err error, target any, depth int) bool {
	if r.isClean(err, depth) {
		return errors.As(err, target)
	}
	return depth > 0 && slices.ContainsFunc(below(err), func(cause error) bool { return r.as(cause, target, depth-1) })
}

func (r Redactor) isClean(err error, depth int) bool {
	if text := fmt.Sprint(err); depth == 0 || r.Text(text) != text {
		return false
	}
	return !slices.ContainsFunc(below(err), func(cause error) bool { return !r.isClean(cause, depth-1) })
}

// below are the causes of an error.
func below(err error) (causes []error) {
	switch wraps := err.(type) {
	case interface{ Unwrap() error }:
		causes = []error{wraps.Unwrap()}
	case interface{ Unwrap() []error }:
		causes = wraps.Unwrap()
	}
	return slices.DeleteFunc(slices.Clone(causes), func(cause error) bool { return cause == nil })
}

// sealed holds an error where nothing but a call gets at it.
type sealed struct {
	text string
	is   func(error) bool
	as   func(any) bool
}

func (e *sealed) Error() string        { return e.text }
func (e *sealed) Is(target error) bool { return e.is(target) }
func (e *sealed) As(target any) bool   { return e.as(target) }

// MarshalText has JSON show what the error says.
func (e *sealed) MarshalText() ([]byte, error) { return []byte(e.text), nil }
