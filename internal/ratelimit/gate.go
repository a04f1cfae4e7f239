// Package ratelimit holds requests back: each takes its turn at the limiter of its HTTP method,
// and all of a client's wait while it was told to slow down.
package ratelimit

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/astro-finalize/astro-finalize-go/internal/retry"
)

// Limiter holds requests back. Wait returns when the next may start, or an error if it never may
// or the context ended.
type Limiter interface {
	Wait(ctx context.Context) error
}

var _ Limiter = (*Window)(nil)

// Gate is where the attempts of one client take their turn.
type Gate struct {
	limiters    map[string]Limiter // by method; one that is missing does not limit
	pausedUntil atomic.Pointer[time.Time]
}

// NewGate returns a gate with a limiter for each method.
func NewGate(limiters map[string]Limiter) *Gate { return &Gate{limiters: limiters} }

// Turn is an attempt that may start.
type Turn struct {
	window *Window // nil if the limiter is of another kind
	slowed int64   // how often the window had been slowed down by then
}

// Enter waits until an attempt may start.
func (g *Gate) Enter(ctx context.Context, method string) (Turn, error) {
	limiter := g.limiters[method]
	if err := g.wait(ctx, limiter); err != nil {
		return Turn{}, err
	}
	window, isOurs := limiter.(*Window)
	if !isOurs {
		return Turn{}, nil
	}
	return Turn{window, window.slowed.Load()}, nil
}

// TurnedAway is told that the attempt got a 429. It slows the limiter down.
func (t Turn) TurnedAway() {
	if t.window != nil {
		t.window.slow(t.slowed)
	}
}

// wait waits for the end of a pause and for the limiter, and asks the limiter anew if a pause
// began meanwhile, so that those that wait do not start all at once when it ends.
func (g *Gate) wait(ctx context.Context, limiter Limiter) error {
	for {
		if left := g.pauseLeft(); left > 0 {
			if err := retry.Sleep(ctx, left); err != nil {
				return fmt.Errorf("%w while waiting, because a request was turned away with 429", err)
			}
			continue
		}
		if limiter == nil {
			return nil
		}
		if err := retry.ContextError(ctx); err != nil {
			return err // which is not the limiter's
		}
		if err := limiter.Wait(ctx); err != nil {
			return fmt.Errorf("limiter: %w", err)
		}
		if g.pauseLeft() <= 0 {
			return nil
		}
	}
}

func (g *Gate) pauseLeft() time.Duration {
	until := g.pausedUntil.Load()
	if until == nil {
		return 0
	}
	return time.Until(*until)
}

// Pause keeps every attempt from starting before then. A shorter pause takes nothing back from a
// longer one.
func (g *Gate) Pause(until time.Time) {
	for {
		before := g.pausedUntil.Load()
		if before != nil && !until.After(*before) || g.pausedUntil.CompareAndSwap(before, &until) {
			return
		}
	}
}
