package wrapper

import (
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// WithMaxAttempts sets how often a request is made at most; the default is
// [DefaultMaxAttempts], and 1 turns retries off.
func WithMaxAttempts(attempts int) Option {
	return func(cfg *config) error {
		if attempts < 1 {
			return &ValidationError{Field: "maxAttempts", Value: strconv.Itoa(attempts), Rule: "must be at least 1, which turns retries off"}
		}
		cfg.maxAttempts = attempts
		return nil
	}
}

// WithBackoff sets the schedule: newBackoff is asked for a new one by every call that has to
// wait. The default waits a random time of up to 0.5 s, then up to 1 s, 2 s and so on to 30 s
// (exponential, with full jitter).
func WithBackoff(newBackoff func() Backoff) Option {
	return func(cfg *config) error {
		if newBackoff == nil {
			return &ValidationError{Field: "backoff", Rule: "must not be nil; WithMaxAttempts(1) turns retries off"}
		}
		cfg.newBackoff = newBackoff
		return nil
	}
}

// WithMaxRetryAfter sets how long a Retry-After header is obeyed; the default is
// [DefaultMaxRetryAfter]. If the service asks for more, the call ends at once, with the time
// in the error. 0 means that the header is not heeded.
func WithMaxRetryAfter(limit time.Duration) Option {
	return func(cfg *config) error {
		if limit < 0 {
			return &ValidationError{Field: "maxRetryAfter", Value: limit.String(), Rule: "must not be negative; 0 turns it off"}
		}
		cfg.maxRetryAfter = limit
		return nil
	}
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
			return &ValidationError{Field: "limiter", Value: shown(method), Rule: "must be for one of the methods " + strings.Join(methods, ", ")}
		}
		if limiter == nil {
			delete(cfg.limiters, method)
		} else {
			cfg.limiters[method] = limiter
		}
		return nil
	}
}

// WithoutLookUp has Finalize not look a deploy up whose fate is unknown: it is finalized once
// more, as far as the policy allows, and may end as an [*OutcomeUnknownError].
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
