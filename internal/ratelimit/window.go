package ratelimit

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/astro-finalize/astro-finalize-go/internal/retry"
)

const (
	// span is the second in which the service counts requests, plus a margin for network jitter.
	// Without it, the last requests of one second could arrive together with the first of the next.
	span = 1010 * time.Millisecond
	// recovery is how long a window that was slowed down takes to return to its full rate. It doubles
	// each time the window is slowed down before that, up to slowest times the rate, so that a rate
	// that the service never allows is tried less and less often.
	recovery = 20 * time.Second
	slowest  = 5 * time.Second
	// maxSlowed caps the rate after a slowdown, which is otherwise half the rate before. Without it, a
	// rate far above the service's limit would need many rounds of 429s to come down.
	maxSlowed = 25
	// maxRate is the highest rate of a window.
	maxRate = 1_000_000
)

// Window lets a fixed number of requests start in any span, wherever the span begins. That satisfies
// a service that counts per calendar second, over a sliding second or with a token bucket. A token
// bucket on our side would not: it allows a burst and then continues at its rate, so that the first
// second has twice as many requests.
type Window struct {
	turn chan struct{} // held by the first in line

	created  time.Time
	mu       sync.Mutex
	starts   []time.Duration // ring of the last start times, since created; its length is the full rate
	next     int             // index of the oldest start
	slowedAt time.Time       // the last slowdown; zero if there was none
	slowedTo int             // the rate right after it
	recovery time.Duration   // how long it takes to recover the full rate
	slowed   atomic.Int64    // number of slowdowns
}

// NewWindow returns a window of perSecond requests. A number outside of 1 to 1,000,000 is clamped.
func NewWindow(perSecond int) *Window {
	return &Window{
		turn:    make(chan struct{}, 1),
		created: time.Now().Add(-span), // so that the zero starts in the ring are in the past
		starts:  make([]time.Duration, min(max(1, perSecond), maxRate)),
	}
}

// Wait implements [Limiter]. It serves callers in the order in which they arrive.
func (w *Window) Wait(ctx context.Context) error {
	select {
	case w.turn <- struct{}{}:
		defer func() { <-w.turn }()
	case <-ctx.Done():
		return retry.ContextError(ctx)
	}
	for {
		if err := retry.ContextError(ctx); err != nil {
			return err // an ended call must not use up a request
		}
		wait := w.start(time.Now())
		if wait <= 0 {
			return nil
		}
		if err := retry.Sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// start records the start of a request, or returns how long the request must wait.
func (w *Window) start(now time.Time) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	// Both of these must be at least a span ago: the start that is the allowed number of requests
	// back, and the last 429, which means that the span was full, possibly because of other clients.
	back := w.created.Add(w.starts[(w.next-w.allowed(now)+len(w.starts))%len(w.starts)])
	if w.slowedAt.After(back) {
		back = w.slowedAt
	}
	if wait := back.Add(span).Sub(now); wait > 0 {
		return wait
	}
	w.starts[w.next] = now.Sub(w.created)
	w.next = (w.next + 1) % len(w.starts)
	return 0
}

// allowed returns how many requests may start in a span.
func (w *Window) allowed(now time.Time) int {
	full, recovered := len(w.starts), 1.0
	if passed := now.Sub(w.slowedAt); passed < w.recovery {
		recovered = float64(passed) / float64(w.recovery)
	}
	return w.slowedTo + int(recovered*float64(full-w.slowedTo))
}

// slow is called when a request got a 429. before is the number of slowdowns when that request
// started: of the requests that started together, only the first 429 counts.
func (w *Window) slow(before int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.slowed.CompareAndSwap(before, before+1) {
		return
	}
	now := time.Now()
	allowed, recovery := w.allowed(now), recovery
	if allowed < len(w.starts) {
		recovery = max(recovery, min(2*w.recovery, time.Duration(len(w.starts))*slowest))
	}
	w.slowedAt, w.slowedTo, w.recovery = now, max(1, min(allowed/2, maxSlowed)), recovery
}
