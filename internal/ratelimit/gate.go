// Package ratelimit delays requests: each waits for the limiter of its HTTP method, and all requests
// of a client wait during a pause after a 429.
package ratelimit

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/astro-finalize/astro-finalize-go/internal/retry"
)

// Limiter limits the rate of requests. Wait returns when the next request may start, or an error if
// the context ends or the request may never start.
type Limiter interface {
	Wait(ctx context.Context) error
}

var _ Limiter = (*Window)(nil)

// Gate delays the attempts of one client.
type Gate struct {
	limiters    map[string]Limiter // by method; a method without one is not limited
	pausedUntil atomic.Pointer[time.Time]
}

// NewGate returns a gate with the given limiters by method.
func NewGate(limiters map[string]Limiter) *Gate { return &Gate{limiters: limiters} }

// Turn is an attempt that may start.
type Turn struct {
	window *Window // nil if the limiter is not a Window
	slowed int64   // the window's slowdowns when the attempt started
}

// Enter waits until an attempt may start.
func (g *Gate) Enter(ctx context.Context, method string) (Turn, error) {
	limiter := g.limiters[method]
	if err := g.wait(ctx, limiter); err != nil {
		return Turn{}, err
	}
	window, isWindow := limiter.(*Window)
	if !isWindow {
		return Turn{}, nil
	}
	return Turn{window, window.slowed.Load()}, nil
}

// Rejected is called if the attempt got a 429. It slows the limiter down.
func (t Turn) Rejected() {
	if t.window != nil {
		t.window.slow(t.slowed)
	}
}

// wait waits for the end of a pause, then for the limiter. If a pause begins in the meantime, it
// starts over, so that the waiting requests do not all start at once when the pause ends.
func (g *Gate) wait(ctx context.Context, limiter Limiter) error {
	for {
		if left := g.pauseLeft(); left > 0 {
			if err := retry.Sleep(ctx, left); err != nil {
				return fmt.Errorf("%w while waiting after a 429 response", err)
			}
			continue
		}
		if limiter == nil {
			return nil
		}
		if err := retry.ContextError(ctx); err != nil {
			return err // without the prefix "limiter:"
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

// Pause delays every attempt until the given time. It never shortens a pause.
func (g *Gate) Pause(until time.Time) {
	for {
		before := g.pausedUntil.Load()
		if before != nil && !until.After(*before) || g.pausedUntil.CompareAndSwap(before, &until) {
			return
		}
	}
}
