package wrapper

import (
	"context"
	"net/http"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/internal/ratelimit"
)

// Limiter holds requests back. Wait returns when the next may start, or with an error if it
// never may or the context ended. It is called from many goroutines at once. A *rate.Limiter
// of golang.org/x/time is one, and so is whatever shares a budget between processes.
type Limiter interface {
	Wait(ctx context.Context) error
}

// NewLimiter returns a limiter that lets perSecond requests (1 to 1,000,000; what is beyond
// counts as the nearer of the two) start in any second. It is what a client has by default, 10
// for POST and 25 for GET; give the same one to several clients with [WithLimiter] if they use
// the same token. Once a request was turned away with 429 it allows one in a second, and every
// five seconds one more.
func NewLimiter(perSecond int) Limiter { return ratelimit.NewWindow(perSecond) }

// defaultLimits are the documented limits of a token: requests a second, by method.
var defaultLimits = map[string]int{
	http.MethodPost:   10,
	http.MethodGet:    25,
	http.MethodDelete: 5,
}

// limits is the step of the chain in which each attempt takes its turn.
type limits struct {
	next api.HttpRequestDoer
	gate *ratelimit.Gate
}

func (l *limits) Do(request *http.Request) (*http.Response, error) {
	turn, err := l.gate.Enter(request.Context(), request.Method)
	if err != nil {
		return nil, &unsent{err}
	}
	response, err := l.next.Do(request)
	if err == nil && response.StatusCode == http.StatusTooManyRequests {
		turn.TurnedAway()
	}
	return response, err
}
