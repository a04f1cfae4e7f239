package astrotest

import (
	"fmt"
	"net/http"
	"sync"
	"time"
)

// WithRateLimit has the server answer 429, with a body that is text, to the requests of a
// method, such as [http.MethodPost], that a token makes beyond so many in any second. By
// default there is no limit. Requests that are turned away do not count.
func WithRateLimit(method string, perSecond int) Option {
	return func(s *Server) {
		if perSecond < 1 {
			panic(fmt.Sprintf("astrotest: a rate limit of %d; it must be at least 1", perSecond))
		}
		s.rates.limits[method] = perSecond
	}
}

// rates counts the requests of each token.
type rates struct {
	limits map[string]int // by method

	mu   sync.Mutex
	seen map[string][]time.Time // by method and token: the last ones, oldest first
}

func (r *rates) allow(method, token string) bool {
	limit := r.limits[method]
	if limit == 0 {
		return true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	now, key := time.Now(), method+" "+token
	seen := r.seen[key]
	if len(seen) == limit {
		if now.Sub(seen[0]) < time.Second {
			return false
		}
		seen = seen[1:]
	}
	r.seen[key] = append(seen, now)
	return true
}

func (s *Server) limitRates(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.rates.allow(r.Method, r.Header.Get("Authorization")) {
			http.Error(w, "Too many requests", http.StatusTooManyRequests)
			return
		}
		next.ServeHTTP(w, r)
	})
}
