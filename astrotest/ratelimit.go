package astrotest

import (
	"fmt"
	"net/http"
	"sync"
	"time"
)

// WithRateLimit limits the requests of a method, such as [http.MethodPost], that a token may make in
// any window of one second. The server responds to further requests with 429 and a plain text body,
// and does not count them. By default there is no limit. WithRateLimit panics if perSecond is less
// than 1.
func WithRateLimit(method string, perSecond int) Option {
	return func(s *Server) {
		if perSecond < 1 {
			panic(fmt.Sprintf("astrotest: WithRateLimit(%q, %d); the limit must be at least 1", method, perSecond))
		}
		s.rates.limits[method] = perSecond
	}
}

// rates counts the requests of each token.
type rates struct {
	limits map[string]int // by method

	mu   sync.Mutex
	seen map[string][]time.Time // the latest requests by method and token, oldest first
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
