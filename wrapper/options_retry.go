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

// Retry configures retries; see [WithRetry]. The zero value of each field is its default.
type Retry struct {
	// MaxAttempts includes the first attempt. The default is 4; 1 turns retries off.
	MaxAttempts int

	// Backoff returns a new schedule for each call that has to wait. The default is exponential with
	// full jitter: a random time of up to 0.5 s, then up to 1 s, 2 s and so on to 30 s.
	Backoff func() Backoff

	// MaxRetryAfter is the longest Retry-After to wait for. The default is 60 s. A longer one ends the
	// call, with the time in the error. If MaxRetryAfter is negative, the header is ignored.
	MaxRetryAfter time.Duration
}

// Backoff is the schedule of one call: the wait before each retry. A negative duration ends the call.
// The schedules of github.com/cenkalti/backoff implement it.
type Backoff interface {
	NextBackOff() time.Duration
}

// ConstantBackoff returns a [Retry] schedule that always waits d. ConstantBackoff(0) is for tests; after
// a 429, a limiter of [NewLimiter] still waits a second (pass nil to [WithLimiter] for no limiter). A
// negative d turns retries off.
func ConstantBackoff(d time.Duration) func() Backoff {
	return func() Backoff { return retry.Constant(d) }
}

// WithRetry configures the retries of requests and uploads. The last WithRetry replaces the others.
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

// Limiter limits the rate of requests. Wait returns when the next one may start, or an error if it never
// may or the context ended. It must be safe for concurrent use. *rate.Limiter of golang.org/x/time
// implements it; one of your own can share a budget between processes.
type Limiter interface {
	Wait(ctx context.Context) error
}

// NewLimiter returns a limiter that starts at most perSecond requests in any second. perSecond is
// clamped to 1 to 1,000,000. After a 429 it starts nothing for a second, halves its rate (to at most 25),
// and returns to perSecond evenly within 20 s. Each 429 before then doubles that time, up to 5 s for each
// request of perSecond.
func NewLimiter(perSecond int) Limiter { return ratelimit.NewWindow(perSecond) }

// defaultLimits are the documented limits of a token: requests a second, by method.
var defaultLimits = map[string]int{
	http.MethodPost:   10,
	http.MethodGet:    25,
	http.MethodDelete: 5,
}

// WithLimiter sets the limiter for one method, such as [http.MethodPost]; nil means none. The defaults
// are the limits that the vendor documents for a token: NewLimiter(10) for POST, NewLimiter(25) for GET and
// NewLimiter(5) for DELETE. Clients with the same token can share a limiter, but not the wait for a
// Retry-After. Only limiters from NewLimiter slow down after a 429.
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

// WithoutLookUp turns off the look-ups of [Client.Finalize]. An attempt whose outcome is unknown is then
// retried, and the call may end with an [*OutcomeUnknownError].
func WithoutLookUp() Option {
	return func(cfg *config) error {
		cfg.lookUp = false
		return nil
	}
}

// WithLogger logs every attempt of a request or an upload at debug level ("astro: attempt"), when it has
// ended: method, host, path, attempt, status or error, request ID, and the wait before it. If a retry is
// planned, "astro: retry" follows before the wait: method, host, path, status or error, and wait. The
// retry is not sent if reading the deploy back shows that it is finalized. The move to another API version
// is a warning. Bodies, headers and queries are never logged. The default, nil, logs nothing.
func WithLogger(logger *slog.Logger) Option {
	return func(cfg *config) error {
		cfg.logger = logger
		return nil
	}
}
