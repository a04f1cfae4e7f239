package wrapper

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// door is where the requests of API() come in. Those of Finalize and GetDeploy need none of
// what it does: nobody else has them, and their paths are made of IDs that were checked.
type door struct {
	chain  *retrying
	server *url.URL
}

var _ api.HttpRequestDoer = (*door)(nil)

// Do makes the request by a copy: the caller's must not change, nor keep the token.
func (d *door) Do(request *http.Request) (*http.Response, error) {
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
	response, err := d.chain.do(copied, nil)
	if err != nil {
		return nil, err // an *http.Client returns no answer with an error either
	}
	response.Request = request
	return response, nil
}

// check reports a request that would take the token out of the API that the client is for,
// or whose path an empty ID broke.
func (d *door) check(request *http.Request) error {
	if request == nil || request.URL == nil {
		return &ValidationError{Field: "url", Rule: "the request has none"}
	}
	below, isBelow := strings.CutPrefix(request.URL.EscapedPath(), d.server.EscapedPath())
	switch {
	case request.URL.Scheme != d.server.Scheme, request.URL.Host != d.server.Host, request.Host != d.server.Host && request.Host != "",
		!isBelow, !strings.HasPrefix(below, "/"), strings.Contains(below+"/", "//"), request.URL.Opaque != "", hasDots(request.URL.Path):
		return &ValidationError{Field: "url", Rule: "the request's URL is not one of the API at " + d.server.String() + "; check the IDs and the request editors"}
	}
	return nil
}

// hasDots reports a path that leads elsewhere than it seems to.
func hasDots(path string) bool {
	return slices.ContainsFunc(strings.Split(path, "/"), func(segment string) bool { return segment == "." || segment == ".." })
}
