package simulator

import (
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"strings"
	"time"

	"github.com/astro-finalize/astro-finalize-go/astrotest"
)

// routes serves the platform and the faults, and forwards all other requests to the fake.
func routes(fake *astrotest.Server, p platform, injected *faults) http.Handler {
	mux := http.NewServeMux()
	p.routes(mux)
	fake.InjectFunc(injected.take)
	mux.HandleFunc(faultsPath, func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		status, text := injected.respond(r)
		p.logRequest(r, "Faults", status, began)
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	})
	transport := fake.Client().Transport.(*http.Transport)
	transport.ExpectContinueTimeout = time.Minute // the fake decides whether a body is sent
	transport.DisableKeepAlives = true            // on a new connection the transport does not send a request again that a fault cut
	proxy := &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.Out.URL.Scheme, r.Out.URL.Host = "http", r.In.Host },
		Transport: transport,
		ErrorLog:  log.New(io.Discard, "", 0), // of clients that go away
		// A fault cut the fake's connection, or the client went away.
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { proxy.ServeHTTP(respelled{w}, r) })
	return mux
}

// respelled writes the names of the storage's headers as the storage does, which scripts search for.
// The proxy changes their case.
type respelled struct{ http.ResponseWriter }

func (w respelled) WriteHeader(status int) {
	header := w.Header()
	for name, values := range header {
		if strings.HasPrefix(name, "X-Ms-") {
			delete(header, name)
			header[strings.ToLower(name)] = values
		}
	}
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap is for [http.ResponseController].
func (w respelled) Unwrap() http.ResponseWriter { return w.ResponseWriter }
