// Package sharedlimit shares the rate limit of one token among many machines, through Redis. Copy
// all of it.
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

// Posts is the limit for wrapper.WithLimiter(http.MethodPost, …). A token may make 10 POST a second.
//
// redis_rate uses the generic cell rate algorithm (GCRA): a burst is followed by requests at the
// rate, so one second can hold Rate + Burst requests. redis_rate.PerSecond(10), whose burst is 10,
// lets 20 start in the first second. A rate of eight without a burst lets nine start; eleven take
// 1.25 s, so a request may arrive a quarter of a second late before the service counts eleven in
// one second.
var Posts = redis_rate.Limit{Rate: 8, Burst: 1, Period: time.Second}

// Gets is the limit for http.MethodGet. A token may make 25 GET a second.
var Gets = redis_rate.Limit{Rate: 20, Burst: 1, Period: time.Second}

// Limiter is one machine's access to the shared limit. It uses the clock of Redis, so the clocks of
// the machines need not agree. Waiting requests have no order.
type Limiter struct {
	limiter *redis_rate.Limiter
	key     string
	limit   redis_rate.Limit
}

var _ wrapper.Limiter = (*Limiter)(nil)

// New returns a limiter for one token and one method. Redis sees only a hash of the token. For
// tokens that rotate, pass a name instead, the same on all machines.
func New(client redis.UniversalClient, token, method string, limit redis_rate.Limit) *Limiter {
	hash := sha256.Sum256([]byte(token))
	return &Limiter{redis_rate.NewLimiter(client), "astro:" + method + ":" + hex.EncodeToString(hash[:16]), limit}
}

// Wait returns when the next request may start. If Redis fails, Wait returns an error and nothing is
// sent, because the requests of the other machines are not known.
func (l *Limiter) Wait(ctx context.Context) error {
	for {
		result, err := l.limiter.Allow(ctx, l.key, l.limit)
		if err != nil {
			return fmt.Errorf("rate limit in Redis: %w", err)
		}
		if result.Allowed > 0 {
			return nil
		}
		select {
		case <-time.After(result.RetryAfter):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
