// Package sharedlimit has many machines share the requests that one token may make in a
// second, through a Redis. Copy all of it.
package sharedlimit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/go-redis/redis_rate/v10"
	"github.com/redis/go-redis/v9"

	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// Posts is the limit for wrapper.WithLimiter(http.MethodPost, …), of which a token may make 10
// in a second.
//
// redis_rate counts by the generic cell rate algorithm (GCRA): after a burst it goes on at its
// rate, so that a second can hold Rate + Burst requests. redis_rate.PerSecond(10), whose burst
// is 10, lets 20 start in the first second. One at a time and eight a second is nine at most,
// and eleven would need 1.25 s: one may be a quarter of a second late on its way before the
// service counts eleven in a second.
var Posts = redis_rate.Limit{Rate: 8, Burst: 1, Period: time.Second}

// Gets is the same for http.MethodGet, of which a token may make 25 in a second.
var Gets = redis_rate.Limit{Rate: 20, Burst: 1, Period: time.Second}

// Limiter is a share of the budget. The time is that of Redis, so the machines' clocks need not
// agree. Those that wait have no order among them.
type Limiter struct {
	limiter *redis_rate.Limiter
	key     string
	limit   redis_rate.Limit
}

var _ wrapper.Limiter = (*Limiter)(nil)

// New returns the share of one method's budget of one token. What Redis gets to see of the
// token is a hash. For tokens that rotate give a name in its place, the same on all machines.
func New(client redis.UniversalClient, token, method string, limit redis_rate.Limit) *Limiter {
	hash := sha256.Sum256([]byte(token))
	return &Limiter{redis_rate.NewLimiter(client), "astro:" + method + ":" + hex.EncodeToString(hash[:16]), limit}
}

// Wait returns when the next request may start. Where Redis cannot be asked that is an error:
// then nothing is sent, because nobody knows what the others send.
func (l *Limiter) Wait(ctx context.Context) error {
	for {
		asked, err := l.limiter.Allow(ctx, l.key, l.limit)
		if err != nil {
			return fmt.Errorf("the budget of requests, which is in Redis: %w", err)
		}
		if asked.Allowed > 0 {
			return nil
		}
		select {
		case <-time.After(asked.RetryAfter):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
