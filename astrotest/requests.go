package astrotest

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// Request is a request that a server received, whatever became of it.
type Request struct {
	Operation     string // as Fault.On names it, also where it was refused; empty if neither the contract nor the storage has it
	Method        string
	Path          string       // as it was sent, escapes and query included: of an upload with its signature, a secret
	Header        http.Header  // without Authorization
	Authorization []api.Secret // one for each Authorization header, "Bearer " included
	Body          []byte       // of an upload nil: Server.Tarball has what it stored
}

// Requests returns copies of the requests received so far, in the order of their arrival.
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
	mu   sync.Mutex
	seen []Request
}

func (rec *recorder) record(routes *http.ServeMux, next http.Handler) http.Handler {
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
