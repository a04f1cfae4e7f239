package redact

import "errors"

// Error returns an error that says what err says, without secrets and in one line, and that hides
// err: package json, assertions and the verb %#v would show what it holds. [errors.Is] finds the same
// causes below, and [errors.As] does unless one of them shows a secret.
func (r Redactor) Error(err error) error {
	return &sealed{
		text: r.Line(err.Error()),
		is:   func(target error) bool { return errors.Is(err, target) },
		as:   func(target any) bool { return r.isClean(err, maxDepth) && errors.As(err, target) },
	}
}

// Error is New(secrets...).Error(err).
func Error(err error, secrets ...string) error { return New(secrets...).Error(err) }

// maxDepth is how deep errors are looked into. One may be below itself.
const maxDepth = 100

func (r Redactor) isClean(err error, depth int) bool {
	if err == nil {
		return true
	}
	if text := err.Error(); depth == 0 || r.Text(text) != text {
		return false
	}
	switch below := err.(type) {
	case *sealed:
		return true
	case interface{ Unwrap() error }:
		return r.isClean(below.Unwrap(), depth-1)
	case interface{ Unwrap() []error }:
		for _, cause := range below.Unwrap() {
			if !r.isClean(cause, depth-1) {
				return false
			}
		}
	}
	return true
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
