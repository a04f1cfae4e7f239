package blob

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/astro-finalize/astro-finalize-go/internal/retry"
)

var (
	errHangs  = errors.New("tarball: reading the tarball, or reporting the progress, does not come to an end")
	errGoexit = errors.New("tarball: reading the tarball, or reporting the progress, ended its goroutine")
)

// grace is how long the end of the context waits for what is under way.
const grace = time.Second

// calling is a call of what the caller gave, in a goroutine of its own, so that one that hangs can be
// left behind. Whatever becomes of it stays in there until it is waited for: a panic that comes later
// reaches nobody.
type calling[T any] chan called[T]

// called is how a call ended.
type called[T any] struct {
	value    T
	err      error
	hangs    bool // it may still be under way
	panicked any
}

// start calls do.
func start[T any](do func() (T, error)) calling[T] {
	c := make(calling[T], 1)
	go func() {
		end := called[T]{err: errGoexit}
		defer func() {
			end.panicked = recover()
			c <- end
		}()
		end.value, end.err = do()
	}()
	return c
}

// wait waits for the end of the call: for atMost, if that is positive, and for a moment once ctx has
// ended. A panic goes on here, where the caller can recover.
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
