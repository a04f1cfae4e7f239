package wrapper

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/astro-finalize/astro-finalize-go/internal/redact"
)

// attempt is the step of the chain that sends a request once and reads the answer to its
// end, both within the timeout. The answer's body is a *readBody.
//
// It does what an [http.Client] does that follows no redirects. One that follows them would
// read a 301 or 302 as a wish for GET, whose 200 looks like success, and carry the token
// elsewhere on a 307 or 308.
type attempt struct {
	transport http.RoundTripper
	jar       http.CookieJar // nil means none
	timeout   time.Duration  // 0 means none
}

func (a *attempt) Do(request *http.Request) (*http.Response, error) {
	ctx := request.Context()
	if err := ctx.Err(); err != nil {
		return nil, &unsent{err}
	}
	if a.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, a.timeout)
		defer cancel()
	}
	sending, connection := a.watch(ctx)
	response, err := a.send(request.WithContext(sending))
	if err != nil {
		err = a.explain(ctx, request, err)
		if connection.failed(request) {
			err = &unconnected{err}
		}
		return nil, err
	}
	body, err := readBounded(ctx, response)
	response.Body = &readBody{data: body, err: a.explain(ctx, request, err), request: request}
	return response, nil
}

func (a *attempt) send(request *http.Request) (*http.Response, error) {
	if a.jar != nil {
		request.Header = request.Header.Clone() // another attempt has cookies of its own
		for _, cookie := range a.jar.Cookies(request.URL) {
			request.AddCookie(cookie)
		}
	}
	response, err := a.transport.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	if response == nil || response.Body == nil {
		return nil, errors.New("the http.RoundTripper returned no response, and no error")
	}
	if a.jar != nil {
		a.jar.SetCookies(request.URL, response.Cookies())
	}
	return response, nil
}

// shorter returns the shorter of two bounds; one that is not positive is none.
func shorter(a, b time.Duration) time.Duration {
	if a <= 0 || b <= 0 {
		return max(a, b, 0)
	}
	return min(a, b)
}

// explain makes an error fit to be shown: it says so where it was the attempt's own deadline,
// and not the caller's, that ended it, and holds no secret.
func (a *attempt) explain(ctx context.Context, request *http.Request, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil && !errors.Is(err, ctx.Err()) {
		err = fmt.Errorf("%w: %w", ctx.Err(), err)
	}
	if ctx.Err() != nil && request.Context().Err() == nil {
		err = fmt.Errorf("no complete answer within %v: %w", a.timeout, err)
	}
	return redact.Error(err, tokenOf(request))
}
