package astrotest

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// Request is a request that a server received, including one that failed.
type Request struct {
	Operation     string // the name for Fault.On, also of a rejected request; empty if unknown to the contract and the storage
	Method        string
	Path          string       // as sent, with escapes and query; the path of an upload has its signature, a secret
	Header        http.Header  // without Authorization
	Authorization []api.Secret // one for each Authorization header, "Bearer " included
	Body          []byte       // nil for an upload; see Server.Tarball
}

// Requests returns copies of the requests received so far, in order of arrival; see also
// [WithoutRecording].
func (s *Server) Requests() []Request {
	s.requests.mu.Lock()
	defer s.requests.mu.Unlock()
	copies := make([]Request, len(s.requests.seen))
	for i, request := range s.requests.seen {
		request.Header = request.Header.Clone()
		request.Authorization = slices.Clone(request.Authorization)
		request.Body = bytes.Clone(request.Body)
		copies[i] = request
	}
	return copies
}

type recorder struct {
	off  bool
	mu   sync.Mutex
	seen []Request
}

func (rec *recorder) record(routes *http.ServeMux, next http.Handler) http.Handler {
	if rec.off {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, pattern := routes.Handler(r)
		operation, _ := operationAt(pattern, r)
		seen := Request{Operation: operation, Method: r.Method, Path: r.RequestURI, Header: r.Header.Clone()}
		if !strings.HasPrefix(r.URL.Path, storagePath) {
			seen.Body = buffer(r)
		}
		for _, value := range seen.Header.Values("Authorization") {
			seen.Authorization = append(seen.Authorization, api.NewSecret(value))
		}
		seen.Header.Del("Authorization")
		rec.mu.Lock()
		rec.seen = append(rec.seen, seen)
		rec.mu.Unlock()
		next.ServeHTTP(w, r)
	})
}
