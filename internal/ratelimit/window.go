package ratelimit

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/astro-finalize/astro-finalize-go/internal/retry"
)

const (
	// span is the second that the service counts requests in, plus a margin for what two
	// requests may differ in on their way: without it the last of one second and the first of
	// the next meet at the border.
	span = 1010 * time.Millisecond
	// recovery is how long a window that was slowed down takes to its full rate. It doubles when
	// the window is slowed down again before that, up to slowest for each request of the rate: a
	// rate that is not to be had is tried less and less often.
	recovery = 20 * time.Second
	slowest  = 5 * time.Second
	// steepest bounds what a window is slowed down to, otherwise half: a rate far above the
	// service's would otherwise take many rounds of 429s to come down.
	steepest = 25
	// most is the highest rate that a window keeps count of.
	most = 1_000_000
)

// Window lets a fixed number of requests start in any span, wherever it begins: that satisfies a
// service that counts by fixed seconds, by the last second or by a token bucket. A token bucket
// of our own would not: right after its burst it goes on at its rate, and so doubles the rate in
// the first second.
type Window struct {
	turn chan struct{} // held by the first of those that wait

	created  time.Time
	mu       sync.Mutex
	starts   []time.Duration // since created: a ring of the last ones, as many as a span has
	next     int             // index of the oldest
	slowedAt time.Time       // zero if it never was
	slowedTo int             // how many a span allowed then
	recovery time.Duration   // from then to the full rate
	slowed   atomic.Int64    // how often it was
}

// NewWindow returns a window of perSecond requests, 1 to 1,000,000; a number beyond counts as
// the nearer of the two.
func NewWindow(perSecond int) *Window {
	return &Window{
		turn:    make(chan struct{}, 1),
		created: time.Now().Add(-span), // so that the ring begins with starts that are past
		starts:  make([]time.Duration, min(max(1, perSecond), most)),
	}
}

// Wait implements [Limiter], first come, first served.
func (w *Window) Wait(ctx context.Context) error {
	select {
	case w.turn <- struct{}{}:
		defer func() { <-w.turn }()
	case <-ctx.Done():
		return retry.ContextError(ctx)
	}
	for {
		if err := retry.ContextError(ctx); err != nil {
			return err // takes no turn
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

// start notes the start of a request, or returns how long it must wait.
func (w *Window) start(now time.Time) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	// What must be a span ago: the request as many back as are allowed, and the last 429, because
	// then the span is full, whoever filled it.
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

// slow is told of a request that got a 429, and how often the window had been slowed down when
// that request started: of those that started together only the first counts.
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
	w.slowedAt, w.slowedTo, w.recovery = now, max(1, min(allowed/2, steepest)), recovery
}
