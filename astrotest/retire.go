package astrotest

import (
	"fmt"
	"net/http"
	"strings"
)

// RetireV1Beta1 removes v1beta1, as the vendor may do after its support ends in January 2027. From
// then on the server responds to every request under /platform/v1beta1 as a gateway would. /v1 still
// works. The status selects the response:
//
//   - 404 and 410: plain text, without the requestId of the service's own errors
//   - 301, 302, 307 and 308: a redirect to the same path and query under /v1
//
// RetireV1Beta1 panics for any other status. A later call changes the status. How the service will
// respond is not known.
//
// The requests have no effect, and [Server.Requests] returns them. They need no token and do not
// count for [WithRateLimit]. Retirement comes before faults: a fault of [Server.Inject] remains for
// the next request to /v1.
func (s *Server) RetireV1Beta1(status int) {
	switch status {
	case http.StatusNotFound, http.StatusGone,
		http.StatusMovedPermanently, http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		s.retired.Store(int32(status))
	default:
		panic(fmt.Sprintf("astrotest: RetireV1Beta1(%d); the status must be 301, 302, 307, 308, 404 or 410", status))
	}
}

// retireV1Beta1 responds in place of the routes that RetireV1Beta1 removed.
func (s *Server) retireV1Beta1(next *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status := int(s.retired.Load())
		if status == 0 || !strings.HasPrefix(r.URL.Path+"/", v1Beta1Path+"/") {
			next.ServeHTTP(w, r)
			return
		}
		_, r.Pattern = next.Handler(r) // the log names the operation
		switch status {
		case http.StatusNotFound:
			http.NotFound(w, r)
		case http.StatusGone:
			http.Error(w, "410 gone", status)
		default:
			http.Redirect(w, r, s.URL+strings.Replace(r.URL.RequestURI(), v1Beta1Path, v1Path, 1), status)
		}
	})
}
