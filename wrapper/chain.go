package wrapper

import (
	"cmp"
	"net/http"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// newChain returns what every request of the generated client passes before it is sent, so
// that an operation which is added to the contract has all of it too. Outermost first:
//
//	retry    repeats attempts, by the policy; all below is done anew for each of them
//	limits   has the attempt take its turn, a repeated one like any other
//	auth     asks for the token of now, and adds it for our host alone
//	attempt  sends the request and reads the answer whole, within a deadline of its own
func newChain(cfg *config) api.HttpRequestDoer {
	attempt := &attempt{client: withoutRedirects(cfg.httpClient), timeout: cfg.attemptTimeout}
	auth := &auth{next: attempt, tokens: cfg.tokens, server: cfg.server(), userAgent: cfg.userAgent}
	limits := &limits{next: auth, limiters: cfg.limiters}
	return &retry{
		next:          limits,
		maxAttempts:   cfg.maxAttempts,
		newBackoff:    cfg.newBackoff,
		maxRetryAfter: cfg.maxRetryAfter,
		pause:         limits.pause,
		log:           cfg.logger,
	}
}

// withoutRedirects returns a copy of client that hands out a redirect as the answer. By
// default 301 and 302 would turn the POST into a GET, whose 200 reads like success, and 307
// and 308 would carry the token elsewhere.
func withoutRedirects(client *http.Client) *http.Client {
	copied := *client
	copied.Transport = readableRedirects{cmp.Or(copied.Transport, http.DefaultTransport)}
	copied.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &copied
}

// refuse is the chain of a client that NewClient did not make.
type refuse struct{}

func (refuse) Do(*http.Request) (*http.Response, error) { return nil, (*Client)(nil).check() }

// readableRedirects takes a Location that is no URL out of an answer, because net/http would
// drop the answer for it, status and all.
type readableRedirects struct{ next http.RoundTripper }

func (r readableRedirects) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := r.next.RoundTrip(request)
	if err == nil && response != nil && response.Header != nil {
		if _, invalid := response.Location(); invalid != nil {
			response.Header.Del("Location")
		}
	}
	return response, err
}
