package wrapper

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/internal/check"
	"github.com/astro-finalize/astro-finalize-go/internal/transport"
)

// doer sends the requests of API() through the chain. Requests of Client's own methods do not need its
// check, since their IDs were checked.
type doer struct {
	chain  *transport.Chain
	server *url.URL
}

var _ api.HttpRequestDoer = (*doer)(nil)

// Do sends a copy of the request: the caller's must not change, and must not hold the token.
func (d *doer) Do(request *http.Request) (*http.Response, error) {
	if err := d.check(request); err != nil {
		if request != nil && request.Body != nil {
			_ = request.Body.Close() // as http.Client does
		}
		return nil, err
	}
	copied := request.Clone(request.Context())
	if copied.Header == nil {
		copied.Header = http.Header{}
	}
	for name := range copied.Header {
		if strings.EqualFold(name, "Authorization") {
			delete(copied.Header, name)
		}
	}
	shown := d.chain.Log.Secrets.Redactor
	result := transport.Do(request.Context(), d.chain, copied, maxBody, anyJSON{})
	if result.Err != nil {
		return nil, transportError(shown(), request.Method+" "+request.URL.Path, result.End)
	}
	if cut := result.Response.Cut; cut != nil {
		result.Response.Cut = shown().Error(cut)
	}
	response := *result.Response.HTTP
	response.Body, response.Request = result.Response.Reader(), request
	return &response, nil
}

// maxBody bounds a response that the caller decodes. A page of 1,000 deploys takes about 3 MB.
const maxBody = 10 << 20

// check refuses a request that would send the token anywhere but to the API.
func (d *doer) check(request *http.Request) error {
	if request == nil {
		request = &http.Request{}
	}
	return invalid("url", "", check.RequestURL(request.URL, request.Host, d.server))
}

// anyJSON accepts any JSON, and any body with a Content-Encoding, which the caller asked for.
type anyJSON struct{}

func (anyJSON) Accept(response *transport.Response) (*transport.Response, error) {
	if response.Header.Get("Content-Encoding") == "" && !json.Valid(response.Body) {
		return nil, errors.New("the response is not JSON")
	}
	return response, nil
}

func (anyJSON) Reconcile(_ context.Context, _ *transport.Run, end transport.Attempted) transport.Decision[*transport.Response] {
	return transport.Decision[*transport.Response]{Retry: end.MayRetry}
}

// unmade stands in for the chain of a client that NewClient did not create.
type unmade struct{}

func (unmade) Do(*http.Request) (*http.Response, error) { return nil, errUnmade() }
