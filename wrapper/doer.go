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

// doer is where the requests of API() enter the chain. Those of Client's own methods need none of
// what it does: nobody else has them, and their paths are made of IDs that were checked.
type doer struct {
	chain  *transport.Chain
	server *url.URL
}

var _ api.HttpRequestDoer = (*doer)(nil)

// Do makes the request by a copy: the caller's must not change, nor keep the token.
func (d *doer) Do(request *http.Request) (*http.Response, error) {
	if err := d.check(request); err != nil {
		if request != nil && request.Body != nil {
			_ = request.Body.Close() // as an http.Client does
		}
		return nil, err
	}
	copied := request.Clone(request.Context())
	if copied.Header == nil {
		copied.Header = http.Header{}
	}
	for name := range copied.Header {
		if strings.EqualFold(name, "Authorization") {
			delete(copied.Header, name) // however it is written
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

// maxBody is how much of a response is read for a caller who decodes it: a page of 1,000 deploys
// takes about 3 MB.
const maxBody = 10 << 20

// check reports a request that would take the token out of the API that the client is for.
func (d *doer) check(request *http.Request) error {
	if request == nil {
		request = &http.Request{}
	}
	return invalid("url", "", check.RequestURL(request.URL, request.Host, d.server))
}

// anyJSON is the call of a request that is not the client's own: any JSON will do, and whatever the
// caller asked to be encoded.
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

// unmade stands in for the chain of a client that NewClient did not make.
type unmade struct{}

func (unmade) Do(*http.Request) (*http.Response, error) { return nil, errUnmade() }
