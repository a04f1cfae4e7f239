package redact

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// An error below may say what the one above does not.
func TestErrorHidesWhatIsBelow(t *testing.T) {
	for _, err := range []error{
		fmt.Errorf("cannot send Bearer s3cret to https://storage.example/x?sig=s1gned: %w", context.Canceled),
		quiet{fmt.Errorf("Bearer s3cret: %w", context.Canceled)},
		fmt.Errorf("%w", quiet{fmt.Errorf("%w", errors.Join(context.Canceled, errors.New("sig=s1gned")))}),
		quietAll{nil, context.Canceled, errors.New("Bearer s3cret")},
	} {
		redacted := Error(err, "s3cret")
		require.ErrorIs(t, redacted, context.Canceled)
		assert.NotEqual(t, err, redacted, "what is below could be had")
		assert.Nil(t, errors.Unwrap(redacted))
		shown := fmt.Sprintf("%v %+v %#v %s %q", redacted, redacted, redacted, redacted, redacted)
		assert.NotContains(t, shown, "s3cret")
		assert.NotContains(t, shown, "s1gned")
	}
}

func TestErrorWithNothingToHide(t *testing.T) {
	for _, err := range []error{io.EOF, quiet{io.EOF}, fmt.Errorf("twice: %w, %w", io.EOF, quiet{nil}), quietAll{nil, io.EOF}} {
		assert.Equal(t, err, Error(err, "s3cret"))
	}
}

type quiet struct{ below error }

func (e quiet) Error() string { return "it failed" }
func (e quiet) Unwrap() error { return e.below }

type quietAll []error

func (quietAll) Error() string     { return "they failed" }
func (e quietAll) Unwrap() []error { return e }
