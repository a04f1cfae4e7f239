// Package tracing makes each attempt of the client a span of OpenTelemetry. Copy Transport and
// the two types below it.
package tracing

import (
	"context"
	"net/http"
	"net/url"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// Transport is for wrapper.WithHTTPClient. It makes a span of each request that it sends by
// next: of repeated ones, look-ups and uploads, too. A span that the context of a call holds
// is their parent. Tokens do not come into spans, because otelhttp records no headers.
func Transport(next http.RoundTripper, provider trace.TracerProvider) http.RoundTripper {
	return hideQuery{next, otelhttp.NewTransport(restoreQuery{next},
		otelhttp.WithTracerProvider(provider),
		// Nobody at the other end goes on with the trace, so neither traceparent nor baggage
		// leaves with the requests.
		otelhttp.WithPropagators(propagation.NewCompositeTextMapPropagator()),
	)}
}

// hideQuery keeps the query from otelhttp, which records the URL in full (url.full) and has
// no option against it: that of an upload URL is what signs it, and so a secret. What never
// comes to a span need not be taken out of it again.
type hideQuery struct{ network, next http.RoundTripper }

// CloseIdleConnections is how the client leaves a connection that is dead.
func (h hideQuery) CloseIdleConnections() {
	if idle, closes := h.network.(interface{ CloseIdleConnections() }); closes {
		idle.CloseIdleConnections()
	}
}

func (h hideQuery) RoundTrip(request *http.Request) (*http.Response, error) {
	hidden := request.Clone(context.WithValue(request.Context(), sentURL{}, request.URL))
	hidden.URL.RawQuery = ""
	return h.next.RoundTrip(hidden)
}

// restoreQuery sends the request to the URL that hideQuery was given.
type restoreQuery struct{ next http.RoundTripper }

func (r restoreQuery) RoundTrip(request *http.Request) (*http.Response, error) {
	restored := request.Clone(request.Context())
	restored.URL = request.Context().Value(sentURL{}).(*url.URL)
	return r.next.RoundTrip(restored)
}

// sentURL is the context's key for the URL as it is to be sent.
type sentURL struct{}
