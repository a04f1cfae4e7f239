package astrotest

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"time"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest/internal/server"
)

// Token is the token that a server accepts by default; see [WithTokens].
const Token = "astrotest-token"

// Server is a fake of the Astro Platform API. Make one with [NewServer]; it is safe for
// concurrent use.
type Server struct {
	// URL is the base URL, without the API version's path: what wrapper.WithBaseURL takes.
	URL string

	listener  net.Listener // nil for a new loopback port
	listening *httptest.Server
	conns     *listener
	http2     bool
	mux       *http.ServeMux
	retired   atomic.Int32 // the status of responses under /platform/v1beta1; 0 while it is served
	service   *service
	rates     rates
	faults    faultQueue
	requests  recorder
	tokens    []string
	log       *slog.Logger // or nil
	logged    sync.WaitGroup
	closing   context.Context // done after Close
	close     context.CancelFunc
}

// Option configures a server; see [NewServer].
type Option func(*Server)

// WithTokens sets the tokens that the server accepts. The default is [Token].
func WithTokens(tokens ...string) Option {
	return func(s *Server) { s.tokens = tokens }
}

// WithFinalizedStatus sets the status of a finalized deploy. The default is DEPLOYED.
func WithFinalizedStatus(status api.DeployStatus) Option {
	return func(s *Server) { s.service.finalizedStatus = status }
}

// WithRefinalizeRefused makes the server respond with 400 to a finalize of a deploy that is already
// finalized. By default it finalizes the deploy again.
func WithRefinalizeRefused() Option {
	return func(s *Server) { s.service.refinalizeRefused = true }
}

// WithListener sets the server's listener, for example one on a fixed port. The default is a
// loopback port of the server's own.
func WithListener(listener net.Listener) Option {
	return func(s *Server) { s.listener = listener }
}

// NewServer starts a server on a loopback port. Call Close to stop it. Like [httptest.NewServer] it
// panics if it cannot listen.
func NewServer(options ...Option) *Server {
	s := &Server{
		service: newService(),
		rates:   rates{limits: map[string]int{}, seen: map[string][]time.Time{}},
		tokens:  []string{Token},
	}
	s.closing, s.close = context.WithCancel(context.Background())
	for _, option := range options {
		option(s)
	}
	s.mux = s.routes()
	s.listen(s.logRequests(s.requests.record(s.mux, s.retireV1Beta1(s.mux))))
	s.URL = cmp.Or(s.URL, s.baseURL())
	s.service.storage.baseURL = s.URL
	return s
}

// Close stops the server and ends requests that hang.
func (s *Server) Close() {
	s.close()
	s.conns.closeEnded()
	s.listening.Close()
	if s.http2 {
		dropSharedChannels()
	}
	s.logged.Wait() // listening.Close does not wait for a connection that was cut
}

// routes serves the storage, and every operation of the contract under both base paths. Any other
// path gets the 404 of [http.ServeMux]: text, not JSON.
func (s *Server) routes() *http.ServeMux {
	badRequest := func(w http.ResponseWriter, _ *http.Request, err error) {
		writeError(w, http.StatusBadRequest, "Invalid request: "+err.Error())
	}
	mux := http.NewServeMux()
	for _, base := range []string{v1Beta1Path, v1Path} {
		handlers := server.NewStrictHandlerWithOptions(apiVersion{service: s.service, isV1: base == v1Path}, nil, server.StrictHTTPServerOptions{RequestErrorHandlerFunc: badRequest})
		server.HandlerWithOptions(handlers, server.StdHTTPServerOptions{
			BaseURL:          base,
			BaseRouter:       mux,
			Middlewares:      []server.MiddlewareFunc{s.injectFaults, s.limitRates, s.authenticate}, // the last is the outermost
			ErrorHandlerFunc: badRequest,
		})
	}
	mux.Handle(storagePattern, s.authorizeUpload(s.injectFaults(s.service.storage)))
	return mux
}

func (s *Server) authenticate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, token := range s.tokens {
			if r.Header.Get("Authorization") == "Bearer "+token {
				next.ServeHTTP(w, r)
				return
			}
		}
		writeError(w, http.StatusUnauthorized, "Invalid authentication token")
	})
}

const requestID = "astrotest-request"

// writeError responds with an error in the contract's format.
func writeError(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(newError(status, message))
}

func newError(status int, message string) api.Error {
	return api.Error{Message: message, RequestID: requestID, StatusCode: status}
}
