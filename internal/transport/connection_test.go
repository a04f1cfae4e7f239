package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Without a connection an attempt sent nothing. With one it may have.
func TestAttemptReportsWhetherItWasConnected(t *testing.T) {
	cuts := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	defer cuts.Close()
	untrusted := httptest.NewUnstartedServer(http.NotFoundHandler())
	untrusted.Config.ErrorLog = log.New(io.Discard, "", 0)
	untrusted.StartTLS()
	defer untrusted.Close()
	no := errors.New("no")
	refuse := func(context.Context, string, string) (net.Conn, error) { return nil, no }
	for name, row := range map[string]struct {
		address   string
		transport http.RoundTripper
		connected bool
		retries   retries
	}{
		"cut after it was sent":              {cuts.URL, &http.Transport{}, true, ifIdempotent},
		"dial refused":                       {cuts.URL, &http.Transport{DialContext: refuse}, false, always},
		"proxy error":                        {cuts.URL, &http.Transport{Proxy: func(*http.Request) (*url.URL, error) { return nil, no }}, false, always},
		"handshake failed":                   {"https" + cuts.URL[len("http"):], &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}, false, always},
		"certificate not trusted":            {untrusted.URL, &http.Transport{}, false, never},
		"a transport that is not net/http's": {cuts.URL, roundTripper(func(*http.Request) (*http.Response, error) { return nil, no }), true, ifIdempotent},
	} {
		chain := by(nil)
		chain.Transport = func() http.RoundTripper { return row.transport }
		request := newRequest(t, row.address)
		last := tryUnder(t.Context(), chain, request)
		require.Error(t, last.err, name)
		assert.Equal(t, row.connected, !errors.As(last.err, new(*ConnectError)), name)
		outcome, retries := classify(last)
		assert.Equal(t, !row.connected, outcome.NotSent, name)
		assert.Equal(t, row.retries, retries, name)
	}
}

func stateOf(protocol string) tls.ConnectionState {
	return tls.ConnectionState{NegotiatedProtocol: protocol}
}
