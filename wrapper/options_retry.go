package wrapper

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/astro-finalize/astro-finalize-go/internal/ratelimit"
	"github.com/astro-finalize/astro-finalize-go/internal/retry"
)

// Retry says how attempts at a request follow each other; see [WithRetry]. The zero value of each
// field is its default.
type Retry struct {
	// MaxAttempts is how often a request is made at most, the first attempt included. The
	// default is 4, and 1 turns retries off.
	MaxAttempts int

	// Backoff is asked for a new schedule by every call that has to wait. The default is
	// exponential with full jitter: a random time of up to 0.5 s, then up to 1 s, 2 s and so on
	// to 30 s.
	Backoff func() Backoff

	// MaxRetryAfter is the longest Retry-After that is honored; the default is 60 s. If the
	// service asks for more, the call ends at once, with the time in the error. If it is
	// negative the header is ignored.
	MaxRetryAfter time.Duration
}

// Backoff is the schedule of one call: how long to wait before each next attempt. A negative
// duration ends the call. The schedules of github.com/cenkalti/backoff are such.
type Backoff interface {
	NextBackOff() time.Duration
}

// ConstantBackoff returns a schedule for [Retry] that always waits d. ConstantBackoff(0) retries
// at once, for tests, but for a 429: after that a limiter of [NewLimiter] starts nothing for a
// second ([WithLimiter] takes nil for none). A negative d turns retries off.
func ConstantBackoff(d time.Duration) func() Backoff {
	return func() Backoff { return retry.Constant(d) }
}

// WithRetry sets how requests to the API and uploads are retried: all of it, so that the last
// WithRetry is the one that counts.
func WithRetry(r Retry) Option {
	return func(cfg *config) error {
		if r.MaxAttempts < 0 {
			return invalid("maxAttempts", strconv.Itoa(r.MaxAttempts), "must be at least 1, which turns retries off, or 0 for the default")
		}
		policy := retry.Default()
		policy.MaxAttempts = cmp.Or(r.MaxAttempts, policy.MaxAttempts)
		policy.MaxRetryAfter = cmp.Or(r.MaxRetryAfter, policy.MaxRetryAfter)
		if r.Backoff != nil {
			policy.NewBackoff = func() retry.Backoff { return r.Backoff() }
		}
		cfg.retry = policy
		return nil
	}
}

// Limiter holds requests back. Wait returns when the next may start, or with an error if it
// never may or the context ended. It is called from many goroutines at once. A *rate.Limiter
// of golang.org/x/time is one, and so is whatever shares a budget between processes.
type Limiter interface {
	Wait(ctx context.Context) error
}

// NewLimiter returns a limiter that lets perSecond requests (1 to 1,000,000; what is beyond
// counts as the nearer of the two) start in any second. It is what a client has by default, 10
// for POST and 25 for GET; give the same one to several clients with [WithLimiter] if they use
// the same token. After a 429 it starts nothing for a second, falls to half of what it allows (at most
// 25), and rises evenly to perSecond within 20 s; each further 429 on the way doubles that time, up to
// 5 s for each request of perSecond.
func NewLimiter(perSecond int) Limiter { return ratelimit.NewWindow(perSecond) }

// defaultLimits are the documented limits of a token: requests a second, by method.
var defaultLimits = map[string]int{
	http.MethodPost:   10,
	http.MethodGet:    25,
	http.MethodDelete: 5,
}

// WithLimiter sets the limiter of one method's requests, such as [http.MethodPost]; nil turns
// it off. The default of POST is NewLimiter(10), of GET NewLimiter(25) and of DELETE
// NewLimiter(5), which are the limits that the vendor documents for a token. Clients that use
// one token can be given one limiter; how long a Retry-After has a client wait they do not
// share. Limiters of other kinds are not slowed down by a 429.
func WithLimiter(method string, limiter Limiter) Option {
	return func(cfg *config) error {
		if _, known := defaultLimits[method]; !known {
			methods := slices.Sorted(maps.Keys(defaultLimits))
			return invalid("limiter", method, "must be for one of the methods "+strings.Join(methods, ", "))
		}
		if limiter == nil {
			delete(cfg.limiters, method)
		} else {
			cfg.limiters[method] = limiter
		}
		return nil
	}
}

// WithoutLookUp has Finalize not look a deploy up after an attempt whose outcome is unknown: it is
// finalized once more, as far as the policy allows, and may end as an [*OutcomeUnknownError].
func WithoutLookUp() Option {
	return func(cfg *config) error {
		cfg.lookUp = false
		return nil
	}
}

// WithLogger has every attempt logged at debug level: method, path, status or error, number
// of the attempt, wait before it, request ID. Bodies and headers are never logged. By
// default, and with nil, nothing is.
func WithLogger(logger *slog.Logger) Option {
	return func(cfg *config) error {
		cfg.logger = logger
		return nil
	}
}
