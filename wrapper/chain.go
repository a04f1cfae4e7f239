package wrapper

import (
	"cmp"
	"net/http"

	"github.com/astro-finalize/astro-finalize-go/internal/ratelimit"
)

// newChain returns what every request of the generated client passes before it is sent, so
// that an operation which is added to the contract has all of it too. Outermost first:
//
//	retry    repeats attempts, by the policy; all below is done anew for each of them
//	limits   has the attempt take its turn, a repeated one like any other
//	auth     asks for the token of now, and adds it for our host alone
//	attempt  sends the request and reads the answer whole, within a deadline of its own
//
// The steps may change the request: it is nobody else's, or a copy that [door] made.
func newChain(cfg *config) *retrying {
	attempt := &attempt{
		transport: cmp.Or(cfg.httpClient.Transport, http.DefaultTransport),
		jar:       cfg.httpClient.Jar,
		timeout:   shorter(cfg.attemptTimeout, cfg.httpClient.Timeout),
	}
	auth := &auth{next: attempt, token: cfg.token, tokens: cfg.tokens, userAgent: cfg.userAgent}
	limits := &limits{next: auth, gate: ratelimit.NewGate(cfg.limiters)}
	return &retrying{
		next:   limits,
		policy: cfg.retry,
		pause:  limits.gate.Pause,
		log:    cfg.logger,
	}
}

// refuse stands in for the chain of a client that NewClient did not make.
type refuse struct{}

func (refuse) Do(*http.Request) (*http.Response, error) { return nil, (*Client)(nil).check() }
