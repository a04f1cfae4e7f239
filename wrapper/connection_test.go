package wrapper_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// An *http.Transport may use a registered RoundTripper that reports no connections. The outcome is then in
// doubt.
func TestUntracedConnectionLeavesDoubt(t *testing.T) {
	server := astrotest.NewServer()
	defer server.Close()
	transport := &http.Transport{}
	transport.RegisterProtocol("http", roundTripper(func(request *http.Request) (*http.Response, error) {
		return http.DefaultTransport.RoundTrip(request.WithContext(context.Background()))
	}))
	client, err := wrapper.NewClient(wrapper.WithToken(astrotest.Token), wrapper.WithBaseURL(server.URL), wrapper.WithHTTPClient(&http.Client{Transport: transport}), wrapper.WithRetry(wrapper.Retry{MaxAttempts: 1}), wrapper.WithPollInterval(time.Millisecond))
	require.NoError(t, err)
	server.Inject(astrotest.CutConnection(), astrotest.Error(http.StatusForbidden, "Forbidden"))
	_, err = client.Finalize(t.Context(), add(server, api.DeployTypeImageOnly), wrapper.ImageOnly())
	require.ErrorIs(t, err, wrapper.ErrOutcomeUnknown)
}

// A caller's own HTTP/2 implementation may not report its connections either.
func TestCallersProtocolLeavesDoubt(t *testing.T) {
	service := httptest.NewUnstartedServer(http.NotFoundHandler())
	service.EnableHTTP2 = true
	service.StartTLS()
	defer service.Close()
	roots := x509.NewCertPool()
	roots.AddCert(service.Certificate())
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots, NextProtos: []string{"h2"}},
		TLSNextProto: map[string]func(string, *tls.Conn) http.RoundTripper{"h2": func(string, *tls.Conn) http.RoundTripper {
			return roundTripper(func(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF })
		}},
	}
	client, err := wrapper.NewClient(wrapper.WithToken(astrotest.Token), wrapper.WithBaseURL(service.URL), wrapper.WithHTTPClient(&http.Client{Transport: transport}), wrapper.WithRetry(wrapper.Retry{MaxAttempts: 1}), wrapper.WithPollInterval(time.Millisecond))
	require.NoError(t, err)
	_, err = client.Finalize(t.Context(), wrapper.Target{OrganizationID: "o", DeploymentID: "d", DeployID: "p"}, wrapper.ImageOnly())
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.ErrorIs(t, err, wrapper.ErrOutcomeUnknown)
}

// Without a connection nothing can have taken effect, so there is no doubt and no read-back.
func TestNoConnectionLeavesNoDoubt(t *testing.T) {
	server := astrotest.NewServer()
	defer server.Close()
	target := add(server, api.DeployTypeImageOnly)
	secure := strings.Replace(server.URL, "http://", "https://", 1)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusProxyAuthRequired)
	}))
	defer proxy.Close()
	proxyURL, err := url.Parse(proxy.URL)
	require.NoError(t, err)
	untrusted := httptest.NewUnstartedServer(http.NotFoundHandler())
	untrusted.Config.ErrorLog = log.New(io.Discard, "", 0)
	untrusted.StartTLS()
	defer untrusted.Close()
	silent, err := net.Listen("tcp", "127.0.0.1:0") // accepts connections and stays silent
	require.NoError(t, err)
	defer func() { _ = silent.Close() }()
	blocked := func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}

	for name, row := range map[string]struct {
		baseURL   string
		transport *http.Transport
		timeout   time.Duration
		text      string
		attempts  int
	}{
		"https to a port that speaks http":            {secure, &http.Transport{}, 30 * time.Second, "tls: first record does not look like a TLS handshake", 2},
		"a proxy that refuses":                        {secure, &http.Transport{Proxy: http.ProxyURL(proxyURL)}, 30 * time.Second, "Proxy Authentication Required", 1},
		"an invalid proxy setting":                    {server.URL, &http.Transport{Proxy: func(*http.Request) (*url.URL, error) { return nil, errors.New("invalid proxy address") }}, 30 * time.Second, "invalid proxy address", 2},
		"a certificate that is not trusted":           {untrusted.URL, &http.Transport{}, 30 * time.Second, "failed to verify certificate", 1},
		"a handshake that hangs":                      {"https://" + silent.Addr().String(), &http.Transport{}, 50 * time.Millisecond, "no complete response within 50ms", 2},
		"a handshake that hangs, TLSHandshakeTimeout": {"https://" + silent.Addr().String(), &http.Transport{TLSHandshakeTimeout: time.Millisecond}, 30 * time.Second, "TLS handshake timeout", 2},
		"dialing that hangs":                          {server.URL, &http.Transport{DialContext: blocked}, 50 * time.Millisecond, "no complete response within 50ms", 2},
	} {
		t.Run(name, func(t *testing.T) {
			client, err := wrapper.NewClient(
				wrapper.WithToken(astrotest.Token),
				wrapper.WithBaseURL(row.baseURL),
				wrapper.WithHTTPClient(&http.Client{Transport: row.transport}),
				wrapper.WithAttemptTimeout(row.timeout),
				wrapper.WithRetry(wrapper.Retry{Backoff: atOnce, MaxAttempts: 2}),
			)
			require.NoError(t, err)
			_, err = client.Finalize(t.Context(), target, wrapper.ImageOnly())
			require.ErrorContains(t, err, row.text)
			assert.NotErrorIs(t, err, wrapper.ErrOutcomeUnknown)
			var transportErr *wrapper.TransportError
			require.ErrorAs(t, err, &transportErr)
			assert.Equal(t, row.attempts, transportErr.Attempts)
		})
	}
	assert.Empty(t, server.Requests())
}
