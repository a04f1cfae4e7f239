package wrapper

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// window is the second that the service counts requests in, and a margin for what two
	// requests may differ in on their way: without it the last of one second and the first
	// of the next meet at the border.
	window = 1010 * time.Millisecond
	// recovery is how long a limiter that was slowed down takes to allow one request a
	// window more.
	recovery = 5 * time.Second
)

// windowLimiter lets so many requests start in any window, wherever the window begins: a
// service that counts by fixed seconds, by the last second or by a bucket of tokens is
// content with that. A token bucket is not that strict: right after its burst it goes on at
// its rate, and so doubles the rate in the first second.
type windowLimiter struct {
	turn chan struct{} // held by the first of those that wait

	created  time.Time
	mu       sync.Mutex
	starts   []time.Duration // since created: a ring of the last ones, as many as a window has
	next     int             // where the oldest is
	slowedAt time.Time       // zero if it never was
	slowed   atomic.Int64    // how often it was
}

// NewLimiter returns a limiter that lets perSecond requests (1 to 1,000,000; what is beyond
// counts as the nearer of the two) start in any second. It is what a client has by default, 10
// for POST and 25 for GET; give the same one to several clients with [WithLimiter] if they use
// the same token. Once a request was turned away with 429 it allows one in a second, and every
// five seconds one more.
func NewLimiter(perSecond int) Limiter {
	return &windowLimiter{
		turn:    make(chan struct{}, 1),
		created: time.Now().Add(-window), // so that the ring begins with starts that are past
		starts:  make([]time.Duration, min(max(1, perSecond), 1_000_000)),
	}
}

// Wait implements [Limiter]; who came first goes first.
func (l *windowLimiter) Wait(ctx context.Context) error {
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	for {
		if err := ctx.Err(); err != nil {
			return err // takes no turn
		}
		wait := l.start(time.Now())
		if wait <= 0 {
			return nil
		}
		if err := sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// start notes the start of a request, or returns how long it must wait.
func (l *windowLimiter) start(now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	// The request that must be a window ago: as many back as are allowed.
	back := l.starts[(l.next-l.allowed(now)+len(l.starts))%len(l.starts)]
	if wait := back + window - now.Sub(l.created); wait > 0 {
		return wait
	}
	l.note(now)
	return 0
}

func (l *windowLimiter) note(now time.Time) {
	l.starts[l.next] = now.Sub(l.created)
	l.next = (l.next + 1) % len(l.starts)
}

// allowed returns how many requests may start in a window.
func (l *windowLimiter) allowed(now time.Time) int {
	if l.slowedAt.IsZero() {
		return len(l.starts)
	}
	return min(len(l.starts), 1+int(now.Sub(l.slowedAt)/recovery))
}

// slow is told of a request that was turned away, and how often the limiter was slowed down
// when it started: of those that started together only the first counts.
func (l *windowLimiter) slow(before int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.slowed.CompareAndSwap(before, before+1) {
		return
	}
	l.slowedAt = time.Now()
	l.note(l.slowedAt) // the window is full, whoever filled it
}
