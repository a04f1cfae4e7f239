package wrapper

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// Limiter holds requests back. Wait returns when the next may start, or with an error if it
// never may or the context ended. It is called from many goroutines at once. A *rate.Limiter
// of golang.org/x/time is one, and so is whatever shares a budget between processes.
type Limiter interface {
	Wait(ctx context.Context) error
}

// defaultLimits are the documented limits of a token: requests a second, by method.
var defaultLimits = map[string]int{
	http.MethodPost:   10,
	http.MethodGet:    25,
	http.MethodDelete: 5,
}

// limits is the step of the chain in which each attempt takes its turn. After a 429 all of
// them wait.
type limits struct {
	next     api.HttpRequestDoer
	limiters map[string]Limiter // by method

	pausedUntil atomic.Pointer[time.Time]
}

func (l *limits) Do(request *http.Request) (*http.Response, error) {
	limiter := l.limiters[request.Method]
	if err := l.wait(request.Context(), limiter); err != nil {
		return nil, &unsent{err}
	}
	ours, isOurs := limiter.(*windowLimiter)
	if !isOurs {
		return l.next.Do(request)
	}
	slowed := ours.slowed.Load()
	response, err := l.next.Do(request)
	if err == nil && response.StatusCode == http.StatusTooManyRequests {
		ours.slow(slowed)
	}
	return response, err
}

// wait waits for the end of a pause and for the limiter, and asks the limiter anew if a pause
// began meanwhile, so that those that wait do not start all at once when it ends.
func (l *limits) wait(ctx context.Context, limiter Limiter) error {
	for {
		if left := l.pauseLeft(); left > 0 {
			if err := sleep(ctx, left); err != nil {
				return fmt.Errorf("%w while waiting, because a request was turned away with 429", err)
			}
			continue
		}
		if limiter == nil {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err // which is not the limiter's
		}
		if err := limiter.Wait(ctx); err != nil {
			return fmt.Errorf("limiter: %w", withoutSecrets(err))
		}
		if l.pauseLeft() <= 0 {
			return nil
		}
	}
}

func (l *limits) pauseLeft() time.Duration {
	until := l.pausedUntil.Load()
	if until == nil {
		return 0
	}
	return time.Until(*until)
}

// pause has no attempt of the client start before then.
func (l *limits) pause(until time.Time) {
	for {
		before := l.pausedUntil.Load()
		if before != nil && !until.After(*before) || l.pausedUntil.CompareAndSwap(before, &until) {
			return
		}
	}
}
