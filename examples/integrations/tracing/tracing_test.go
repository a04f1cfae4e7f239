package tracing_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/examples/integrations/tracing"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

func Example() {
	spans := tracetest.NewInMemoryExporter() // instead of your exporter
	provider := sdk.NewTracerProvider(sdk.WithSyncer(spans))
	server := astrotest.NewServer()
	defer server.Close()
	deployment := server.AddDeployment(astrotest.Deployment{DAGDeploys: true})
	deploy := server.AddDeploy(api.Deploy{DeploymentID: deployment.ID, Type: api.DeployTypeImageOnly})
	server.Inject(astrotest.BadGateway())

	client, err := wrapper.NewClient(
		wrapper.WithHTTPClient(&http.Client{Transport: tracing.Transport(http.DefaultTransport, provider)}),
		wrapper.WithBaseURL(server.URL), wrapper.WithToken(astrotest.Token),
		wrapper.WithRetry(wrapper.Retry{Backoff: atOnce}), wrapper.WithPollInterval(time.Millisecond),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, span := provider.Tracer("my-pipeline").Start(context.Background(), "deploy")
	_, err = client.Finalize(ctx, wrapper.TargetOf(deployment.OrganizationID, &deploy), wrapper.ImageOnly())
	span.End()
	fmt.Println(err)
	for _, span := range spans.GetSpans() {
		fmt.Println(span.Name, span.Status.Code)
	}
	// Output:
	// <nil>
	// HTTP POST Error
	// HTTP GET Unset
	// HTTP GET Unset
	// HTTP POST Unset
	// deploy Unset
}

func atOnce() wrapper.Backoff { return &backoff.ZeroBackOff{} }

// A finalize takes three attempts, with two read-backs after each failure, and an upload takes two.
// Each request has a span below the caller's, and no span holds a secret.
func TestSpanOfEachAttemptWithoutSecrets(t *testing.T) {
	global := otel.GetTextMapPropagator()
	otel.SetTextMapPropagator(propagation.TraceContext{})
	defer otel.SetTextMapPropagator(global)
	spans := tracetest.NewInMemoryExporter()
	provider := sdk.NewTracerProvider(sdk.WithSyncer(spans))
	server := astrotest.NewServer()
	defer server.Close()
	deployment := server.AddDeployment(astrotest.Deployment{DAGDeploys: true})
	deploy := server.AddDeploy(api.Deploy{DeploymentID: deployment.ID, Type: api.DeployTypeDAGOnly})
	client, err := newClient(provider, wrapper.WithBaseURL(server.URL))
	require.NoError(t, err)
	server.Inject(
		astrotest.CutConnection().On("PutBlob"),
		astrotest.BadGateway().On("FinalizeDeploy"),
		astrotest.CutConnection().On("FinalizeDeploy"),
	)

	ctx, parent := provider.Tracer("test").Start(t.Context(), "deploy")
	version, err := client.Upload(ctx, deploy.DAGsUploadURL, bytes.NewReader([]byte{0x1f, 0x8b, 8, 0}))
	require.NoError(t, err)
	_, err = client.Finalize(ctx, wrapper.TargetOf(deployment.OrganizationID, &deploy), wrapper.DAGTarball(version))
	require.NoError(t, err)

	var methods, spanned []string
	for _, request := range server.Requests() {
		methods = append(methods, "HTTP "+request.Method)
		assert.Empty(t, request.Header.Get("Traceparent"))
	}
	require.Equal(t, []string{"HTTP PUT", "HTTP PUT", "HTTP POST", "HTTP GET", "HTTP GET", "HTTP POST", "HTTP GET", "HTTP GET", "HTTP POST"}, methods)
	for _, span := range spans.GetSpans() {
		spanned = append(spanned, span.Name)
		assert.Equal(t, parent.SpanContext().SpanID(), span.Parent.SpanID(), span.Name)
		assertHoldsNone(t, span, secretsOf(t, deploy.DAGsUploadURL))
	}
	assert.Equal(t, methods, spanned)
}

// If nothing listens, the error is the span's status, which holds no secret either.
func TestSpanOfAFailedUploadWithoutSecrets(t *testing.T) {
	spans := tracetest.NewInMemoryExporter()
	server := astrotest.NewServer()
	client, err := newClient(sdk.NewTracerProvider(sdk.WithSyncer(spans)), wrapper.WithBaseURL(server.URL), wrapper.WithRetry(wrapper.Retry{MaxAttempts: 1}))
	require.NoError(t, err)
	deploy := server.AddDeploy(api.Deploy{DeploymentID: server.AddDeployment(astrotest.Deployment{DAGDeploys: true}).ID})
	server.Close()

	_, err = client.Upload(t.Context(), deploy.DAGsUploadURL, bytes.NewReader([]byte{0x1f, 0x8b, 8, 0}))
	require.Error(t, err)
	require.Len(t, spans.GetSpans(), 1)
	assert.Contains(t, spans.GetSpans()[0].Status.Description, "refused")
	assertHoldsNone(t, spans.GetSpans()[0], secretsOf(t, deploy.DAGsUploadURL))
}

func newClient(provider trace.TracerProvider, options ...wrapper.Option) (*wrapper.Client, error) {
	return wrapper.NewClient(append([]wrapper.Option{
		wrapper.WithHTTPClient(&http.Client{Transport: tracing.Transport(http.DefaultTransport, provider)}),
		wrapper.WithToken(astrotest.Token),
		wrapper.WithRetry(wrapper.Retry{Backoff: atOnce}), wrapper.WithPollInterval(time.Millisecond),
	}, options...)...)
}

// secretsOf returns the token and the signature of an upload URL, as it is and escaped.
func secretsOf(t *testing.T, uploadURL *api.Secret) []string {
	signed, err := url.Parse(uploadURL.Reveal())
	require.NoError(t, err)
	signature := signed.Query().Get("sig")
	require.NotEmpty(t, signature)
	return []string{astrotest.Token, "sig=", signature, url.QueryEscape(signature), signed.RawQuery}
}

func assertHoldsNone(t *testing.T, span tracetest.SpanStub, secrets []string) {
	attributes := map[string]string{}
	for _, attribute := range span.Attributes {
		attributes[string(attribute.Key)] = attribute.Value.String()
	}
	assert.Contains(t, []string{http.MethodPut, http.MethodPost, http.MethodGet}, attributes["http.request.method"])
	assert.NotEmpty(t, attributes["url.full"])
	everything := fmt.Sprint(span.Name, span.Status, attributes, span.Events, span.Links, span.Resource, span.SpanContext.TraceState())
	for _, secret := range secrets {
		assert.NotContains(t, everything, secret)
	}
}

// The client knows through the wrapping that nothing reached the service.
func TestRefusedByAProxy(t *testing.T) {
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusProxyAuthRequired)
	}))
	defer refusing.Close()
	proxy, err := url.Parse(refusing.URL)
	require.NoError(t, err)
	direct := &http.Transport{Proxy: http.ProxyURL(proxy)}
	for _, transport := range []http.RoundTripper{direct, tracing.Transport(direct, sdk.NewTracerProvider())} {
		client, err := newClient(sdk.NewTracerProvider(), wrapper.WithHTTPClient(&http.Client{Transport: transport}))
		require.NoError(t, err)
		_, err = client.Finalize(t.Context(), wrapper.Target{OrganizationID: "organization", DeploymentID: "deployment", DeployID: "deploy"}, wrapper.ImageOnly())
		assert.ErrorContains(t, err, "Proxy Authentication Required")
		assert.NotErrorIs(t, err, wrapper.ErrOutcomeUnknown, "%T", transport)
	}
}

// The client drops a dead connection through the wrapping.
func TestTransportClosesIdleConnections(t *testing.T) {
	next := &counted{}
	tracing.Transport(next, sdk.NewTracerProvider()).(interface{ CloseIdleConnections() }).CloseIdleConnections()
	assert.Equal(t, 1, next.closed)
}

type counted struct {
	http.RoundTripper
	closed int
}

func (c *counted) CloseIdleConnections() { c.closed++ }
