package redact

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A wrapped error may show a secret that the outer text does not.
func TestErrorHidesCauses(t *testing.T) {
	for _, err := range []error{
		fmt.Errorf("cannot send Bearer s3cret to https://storage.example/x?sig=s1gned: %w", context.Canceled),
		quiet{fmt.Errorf("Bearer s3cret: %w", context.Canceled)},
		fmt.Errorf("%w", quiet{fmt.Errorf("%w", errors.Join(context.Canceled, errors.New("sig=s1gned")))}),
		quietAll{nil, context.Canceled, errors.New("Bearer s3cret")},
	} {
		hidden := Error(err, "s3cret")
		require.ErrorIs(t, hidden, context.Canceled)
		assert.Nil(t, errors.Unwrap(hidden))
		assert.False(t, errors.As(hidden, new(quiet)) || errors.As(hidden, new(quietAll)), "errors.As must not reach a cause that shows a secret")
		requireHidden(t, hidden)
	}
}

// A field of an error may contain a secret that no text shows.
func TestErrorHidesFields(t *testing.T) {
	hidden := Error(fmt.Errorf("twice: %w", holding{URL: "https://storage.example/x?sig=s1gned", Header: map[string]string{"Authorization": "Bearer s3cret"}}), "s3cret")
	requireHidden(t, hidden)
	var found holding
	require.ErrorAs(t, hidden, &found, "errors.As returns a cause whose text is clean")
	assert.Equal(t, "it holds", found.Error())
	assert.EqualError(t, hidden, "twice: it holds")
}

func requireHidden(t *testing.T, err error) {
	encoded, failure := json.Marshal(struct{ Err error }{err})
	require.NoError(t, failure)
	shown := fmt.Sprintf("%v %+v %#v %s %q %s %#v %s", err, err, err, err, err, encoded, struct{ err error }{err}, difference(err))
	assert.Contains(t, shown, err.Error())
	assert.NotContains(t, shown, "s3cret")
	assert.NotContains(t, shown, "s1gned")
}

// difference returns what a failed assertion shows of an error.
func difference(err error) string {
	var seen recorder
	assert.Equal(&seen, nil, err)
	assert.Equal(&seen, Error(io.EOF), err)
	return string(seen)
}

type recorder string

func (r *recorder) Errorf(format string, args ...any) { *r += recorder(fmt.Sprintf(format, args...)) }

func TestErrorWithNothingToHide(t *testing.T) {
	for _, err := range []error{io.EOF, quiet{io.EOF}, fmt.Errorf("twice: %w, %w", io.EOF, quiet{nil}), quietAll{nil, io.EOF}, Error(io.EOF)} {
		require.ErrorIs(t, Error(err, "s3cret"), io.EOF)
		assert.EqualError(t, Error(err, "s3cret"), err.Error())
	}
	require.ErrorAs(t, Error(Error(quiet{&net.OpError{Op: "dial", Err: io.EOF}})), new(*net.OpError))
	assert.EqualError(t, Error(errors.Join(io.EOF, errors.New("a\u2028b"))), "EOF a b")
}

// A secret in the text of one error does not hide its clean causes.
func TestErrorFindsCleanCauses(t *testing.T) {
	hidden := Error(fmt.Errorf("sig=s1gned: %w", &net.OpError{Op: "dial", Err: io.EOF}))
	var found *net.OpError
	require.ErrorAs(t, hidden, &found)
	assert.Equal(t, "dial", found.Op)
	assert.False(t, errors.As(Error(fmt.Errorf("a: %w", &net.OpError{Op: "sig=s1gned", Err: io.EOF})), &found))
}

// A caller's transport may return an error that wraps itself.
func TestErrorThatWrapsItself(t *testing.T) {
	itself := &circle{}
	itself.below = itself
	assert.False(t, New("s3cret").isClean(itself, maxDepth))
	assert.EqualError(t, Error(itself), "round")
	assert.EqualError(t, Error((*net.OpError)(nil)), "<nil>", "a nil pointer in a non-nil error")
}

type circle struct{ below error }

func (c *circle) Error() string { return "round" }
func (c *circle) Unwrap() error { return c.below }

type quiet struct{ below error }

func (e quiet) Error() string { return "it failed" }
func (e quiet) Unwrap() error { return e.below }

type quietAll []error

func (quietAll) Error() string     { return "they failed" }
func (e quietAll) Unwrap() []error { return e }

type holding struct {
	URL    string
	Header map[string]string
}

func (holding) Error() string { return "it holds" }
