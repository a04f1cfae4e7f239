package transport

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// moveWindow is how long after its first attempt a call may still move. A finalize starts no attempt
// later, which bounds its time.
const moveWindow = 90 * time.Second

// Versions are two versions of an API that have the same paths below their base URLs. A client whose
// requests are addressed to Old moves to New once Old turns out to be gone.
type Versions struct {
	Old, New *url.URL // base URLs on the same host, without a trailing slash
	moved    atomic.Bool
}

// Moved reports whether all requests go to New from now on.
func (v *Versions) Moved() bool { return v.moved.Load() }

// atNew returns the URL of the same resource at New.
func (v *Versions) atNew(u *url.URL) *url.URL {
	path, isBelow := strings.CutPrefix(u.Path, v.Old.Path+"/")
	raw, isBelowRaw := strings.CutPrefix(u.EscapedPath(), v.Old.EscapedPath()+"/")
	if !isBelow || !isBelowRaw {
		return u
	}
	moved := *u
	moved.Path, moved.RawPath = v.New.Path+"/"+path, v.New.EscapedPath()+"/"+raw
	return &moved
}

// isGone reports whether a response shows that nothing at Old handled the request: a 404 that is
// not the service's own, a 410, or a redirect to the same resource at New. A 303 does not show it,
// because it may be the result of a request that took effect.
func (r *Run) isGone(request *http.Request, response *Response) bool {
	switch response.StatusCode {
	case http.StatusNotFound:
		return response.Cut == nil && r.chain.Log.requestID(response) == ""
	case http.StatusGone:
		return true
	case http.StatusMovedPermanently, http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		target, err := request.URL.Parse(response.Header.Get("Location"))
		expected := r.chain.Versions.atNew(request.URL)
		return err == nil && origin(target) == origin(expected) && target.EscapedPath() == expected.EscapedPath()
	}
	return false
}

// origin returns the scheme and host of a URL in one spelling. Some load balancers write the default port
// into a Location.
func origin(u *url.URL) string {
	port := ":443"
	if u.Scheme == "http" {
		port = ":80"
	}
	return u.Scheme + "://" + strings.TrimSuffix(strings.ToLower(u.Host), port)
}

// route addresses a request of this call to New if the client, or this call, has moved.
func (r *Run) route(request *http.Request) {
	versions := r.chain.Versions
	if versions == nil {
		return
	}
	if r.atNew = r.atNew || versions.Moved(); r.atNew {
		request.URL = versions.atNew(request.URL)
	}
}

// move reports whether to send the request to New next: its last attempt showed that Old is gone, and
// no attempt can have taken effect, not even one that a transport sent twice. A call moves at most once.
func (r *Run) move(ctx context.Context, request *http.Request, last attempt, before Outcome, attempts int) bool {
	versions := r.chain.Versions
	switch {
	case versions == nil || last.response == nil:
		return false
	case r.atNew:
		if !versions.Moved() && r.chain.Log.requestID(last.response) != "" {
			r.arrive(ctx)
		}
		return false
	case r.Elapsed() > moveWindow, r.Requests > attempts && request.Method != http.MethodGet:
		return false
	}
	r.atNew = !before.MayHaveTakenEffect && canRewind(request) && r.isGone(request, last.response)
	return r.atNew
}

// arrive moves the whole client if this call has moved: a response of the service shows that New exists.
func (r *Run) arrive(ctx context.Context) {
	if versions := r.chain.Versions; r.atNew && versions.moved.CompareAndSwap(false, true) {
		r.chain.Log.Moved(ctx, versions, r.tokens...)
	}
}
