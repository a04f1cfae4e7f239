package blob

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/astro-finalize/astro-finalize-go/internal/retry"
)

var (
	errHangs  = errors.New("the tarball's Read or the progress callback did not return")
	errGoexit = errors.New("the tarball's Read or the progress callback ended its goroutine")
)

// grace is how long wait waits for a call after the context has ended.
const grace = time.Second

// calling is a call of the caller's code in a separate goroutine, so that it can be abandoned if it
// hangs. A panic of an abandoned call is dropped.
type calling[T any] chan called[T]

// called is how a call ended.
type called[T any] struct {
	value    T
	err      error
	hangs    bool // it may still be running
	panicked any
}

// start calls do in a new goroutine.
func start[T any](do func() (T, error)) calling[T] {
	c := make(calling[T], 1)
	go func() {
		end := called[T]{err: errGoexit} // unless do returns
		defer func() {
			end.panicked = recover()
			c <- end
		}()
		end.value, end.err = do()
	}()
	return c
}

// wait waits for the end of the call: at most atMost, if that is positive, and a moment after ctx has
// ended. It repanics a panic of the call, so that the caller can recover it.
func (c calling[T]) wait(ctx context.Context, atMost time.Duration) called[T] {
	var late <-chan time.Time
	if atMost > 0 {
		timer := time.NewTimer(atMost)
		defer timer.Stop()
		late = timer.C
	}
	select {
	case end := <-c:
		return end.orPanic()
	case <-late:
		return called[T]{err: errHangs, hangs: true}
	case <-ctx.Done():
	}
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case end := <-c:
		return end.orPanic()
	case <-timer.C:
		return called[T]{err: fmt.Errorf("%w: %w", retry.ContextError(ctx), errHangs), hangs: true}
	}
}

func (c called[T]) orPanic() called[T] {
	if c.panicked != nil {
		panic(c.panicked)
	}
	return c
}
