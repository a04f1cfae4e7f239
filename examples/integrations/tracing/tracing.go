// Package tracing records an OpenTelemetry span for each attempt of the client. Copy Transport and
// the types below it.
package tracing

import (
	"context"
	"net/http"
	"net/url"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// Transport returns a transport for wrapper.WithHTTPClient. It sends requests with next and records a
// span for each, including retries, read-backs and uploads. The span in the call's context is their
// parent. Spans hold no token, because otelhttp records no headers.
func Transport(next http.RoundTripper, provider trace.TracerProvider) http.RoundTripper {
	return hideQuery{next, otelhttp.NewTransport(restoreQuery{next},
		otelhttp.WithTracerProvider(provider),
		// The service does not continue the trace, so requests carry no traceparent and no baggage.
		otelhttp.WithPropagators(propagation.NewCompositeTextMapPropagator()),
	)}
}

// hideQuery removes the query before otelhttp records the URL (url.full): the query of an upload URL
// holds its signature, a secret. otelhttp has no option for that.
type hideQuery struct{ network, next http.RoundTripper }

// CloseIdleConnections lets the client drop a dead connection.
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

// restoreQuery restores the query that hideQuery removed.
type restoreQuery struct{ next http.RoundTripper }

func (r restoreQuery) RoundTrip(request *http.Request) (*http.Response, error) {
	restored := request.Clone(request.Context())
	restored.URL = request.Context().Value(sentURL{}).(*url.URL)
	return r.next.RoundTrip(restored)
}

// sentURL is the context key of the whole URL.
type sentURL struct{}
