package astrofinalize_test

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
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/internal/memory"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// The service crashes after it received the request. The last error is a connect error, which says nothing
// about the first attempt. Fails if the last attempt alone decides the outcome.
func TestPromise5bConnectErrorSaysNothingAboutEarlierAttempts(t *testing.T) {
	for _, protocol := range protocols {
		for _, transport := range transports {
			for name, row := range map[string]struct {
				fault   astrotest.Fault
				options []wrapper.Option
			}{
				"committed":                {astrotest.StopListening().AfterCommit(), nil},
				"not committed":            {astrotest.StopListening(), nil},
				"committed, WithoutLookUp": {astrotest.StopListening().AfterCommit(), []wrapper.Option{wrapper.WithoutLookUp()}},
			} {
				t.Run(protocol.name+"/"+transport.name+"/"+name, func(t *testing.T) {
					inBubble(t, protocol.options, func(w world) {
						w.client = w.newClient(transport.new(w), row.options...)
						target := w.add(api.DeployTypeDAGOnly)
						w.server.Inject(row.fault.On(finalizeDeploy))
						_, err := w.client.Finalize(w.Context(), target, wrapper.DAGTarball(version))
						require.ErrorIs(w, err, wrapper.ErrOutcomeUnknown)
						assert.True(w, mayHaveTakenEffect(w.T, err))
						assert.Equal(w, 1, w.count(finalizeDeploy))
						assert.NotContains(w, err.Error(), "nothing was sent")
					})
				})
			}
		}
	}
}

func TestPromise5bCreateThatCrashesTheServiceMayHaveTakenEffect(t *testing.T) {
	for _, protocol := range protocols {
		for _, transport := range transports {
			t.Run(protocol.name+"/"+transport.name, func(t *testing.T) {
				inBubble(t, protocol.options, func(w world) {
					w.client = w.newClient(transport.new(w))
					w.server.Inject(astrotest.StopListening().AfterCommit().On(createDeploy))
					_, err := w.client.CreateDeploy(w.Context(), w.home(), api.CreateDeployRequest{Type: api.DeployTypeDAGOnly})
					require.Error(w, err)
					assert.True(w, mayHaveTakenEffect(w.T, err))
					assert.Equal(w, 1, w.server.Creates(w.deployment.ID))
					assert.ErrorContains(w, err, "may have been created")
				})
			})
		}
	}
}

// endpoint is an in-memory service that is not the fake.
type endpoint struct {
	url       string
	transport *http.Transport // connects to url
}

// serve starts an in-memory service within a bubble. It uses TLS if secure is set, and HTTP/2 if isHTTP2 is.
func serve(t *testing.T, secure *tls.Config, isHTTP2 bool, handler http.HandlerFunc) endpoint {
	network := memory.New()
	service := httptest.NewUnstartedServer(handler)
	_ = service.Listener.Close()
	service.Listener, service.EnableHTTP2, service.TLS = network, isHTTP2, secure
	service.Config.ErrorLog = log.New(io.Discard, "", 0)
	transport := &http.Transport{ForceAttemptHTTP2: isHTTP2, DialContext: func(ctx context.Context, protocol, address string) (net.Conn, error) {
		dialed, err := network.Dial(ctx, protocol, address)
		return delayedConn{dialed}, err
	}}
	if secure == nil {
		service.Start()
	} else {
		service.StartTLS()
		transport.TLSClientConfig = service.Client().Transport.(*http.Transport).TLSClientConfig
	}
	t.Cleanup(func() { time.Sleep(time.Second) }) // until the last reads have ended
	t.Cleanup(service.Close)
	t.Cleanup(transport.CloseIdleConnections)
	return endpoint{service.URL, transport}
}

// delayedConn is a connection with a latency of one millisecond on the fake clock and a send buffer like an
// operating system's: writes to a closed peer succeed.
type delayedConn struct{ net.Conn }

func (c delayedConn) Read(into []byte) (int, error) {
	time.Sleep(time.Millisecond)
	return c.Conn.Read(into)
}

func (c delayedConn) Write(from []byte) (int, error) {
	if n, err := c.Conn.Write(from); !errors.Is(err, io.ErrClosedPipe) {
		return n, err
	}
	return len(from), nil
}

// someDeploy is a target for services that ignore the path.
var someDeploy = wrapper.Target{OrganizationID: "o", DeploymentID: "d", DeployID: "p"}

// calls are the two calls with an effect on the service.
var calls = []struct {
	name string
	do   func(ctx context.Context, client *wrapper.Client) error
}{
	{finalizeDeploy, func(ctx context.Context, client *wrapper.Client) error {
		_, err := client.Finalize(ctx, someDeploy, wrapper.DAGTarball(version))
		return err
	}},
	{createDeploy, func(ctx context.Context, client *wrapper.Client) error {
		_, err := client.CreateDeploy(ctx, wrapper.Deployment{OrganizationID: "o", DeploymentID: "d"}, api.CreateDeployRequest{Type: api.DeployTypeDAGOnly})
		return err
	}},
}

// Without a connection nothing can have taken effect, even if the transport is wrapped. The call, even a
// create, is retried if another attempt may succeed, and the error is definite. Fails if the type of the
// error or of the transport decides.
func TestPromise5bNoConnectionMeansNoEffect(t *testing.T) {
	const final, retried = false, true
	notFound := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }
	fails := func(err error) func(context.Context, string, string) (net.Conn, error) {
		return func(context.Context, string, string) (net.Conn, error) { return nil, err }
	}
	proxy := func(status int) func(t *testing.T) endpoint {
		return func(t *testing.T) endpoint {
			service := serve(t, nil, false, func(w http.ResponseWriter, r *http.Request) {
				assert.Equal(t, http.MethodConnect, r.Method)
				w.WriteHeader(status)
			})
			address, err := url.Parse(service.url)
			require.NoError(t, err)
			service.transport.Proxy, service.url = http.ProxyURL(address), "https://astro.example"
			return service
		}
	}
	dials := func(dial func(context.Context, string, string) (net.Conn, error)) func(*testing.T) endpoint {
		return func(*testing.T) endpoint {
			return endpoint{"https://astro.example", &http.Transport{DialContext: dial}}
		}
	}
	for _, row := range []struct {
		name    string
		start   func(t *testing.T) endpoint
		retried bool
	}{
		{"connection refused", dials(fails(&net.OpError{Op: "dial", Net: "tcp", Err: net.UnknownNetworkError("refused")})), retried},
		{"no such host", dials(fails(&net.DNSError{Err: "no such host", Name: "astro.example", IsNotFound: true})), retried},
		{"dialing hangs", func(t *testing.T) endpoint {
			ended := make(chan struct{})
			t.Cleanup(func() { close(ended) })
			return endpoint{"https://astro.example", &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
				<-ended // even after the request has ended: net/http keeps dialing for the next one
				return nil, net.ErrClosed
			}}}
		}, retried},
		{"a dial error that looks like a lost response", dials(fails(io.ErrUnexpectedEOF)), retried},
		{"TLS to a plaintext port", func(t *testing.T) endpoint {
			service := serve(t, nil, false, notFound)
			service.url = "https://astro.example"
			return service
		}, retried},
		{"the TLS handshake hangs", func(t *testing.T) endpoint {
			network := memory.New()
			t.Cleanup(func() { _ = network.Close() })
			go func() {
				for {
					if _, err := network.Accept(); err != nil {
						return
					}
				}
			}()
			return endpoint{"https://astro.example", &http.Transport{DialContext: network.Dial, TLSHandshakeTimeout: time.Second}}
		}, retried},
		{"the service's certificate is not trusted", func(t *testing.T) endpoint {
			service := serve(t, &tls.Config{}, false, notFound)
			service.transport.TLSClientConfig = nil
			return service
		}, final},
		{"a proxy responds 403 to CONNECT", proxy(403), final},
		{"a proxy responds 407 to CONNECT", proxy(407), final},
		{"a proxy responds 502 to CONNECT", proxy(502), retried},
		{"a proxy responds 503 to CONNECT", proxy(503), retried},
		{"a proxy responds 504 to CONNECT", proxy(504), retried},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, call := range calls {
				for _, isWrapped := range []bool{false, true} {
					synctest.Test(t, func(t *testing.T) {
						service := row.start(t)
						network := http.RoundTripper(service.transport)
						if isWrapped {
							network = wrapped{network}
						}
						assert.Equal(t, row.retried, assertUnreached(t, call.do, service.url, network) > 1)
					})
				}
			}
		})
	}
}

// assertUnreached makes a call, asserts that its error rules out any effect, and returns the number of
// attempts.
func assertUnreached(t *testing.T, call func(context.Context, *wrapper.Client) error, baseURL string, network http.RoundTripper) (attempts int) {
	t.Helper()
	client, err := wrapper.NewClient(wrapper.WithToken(astrotest.Token), wrapper.WithBaseURL(baseURL), wrapper.WithHTTPClient(&http.Client{Transport: network}))
	require.NoError(t, err)
	err = call(t.Context(), client)
	var transportErr *wrapper.TransportError
	require.ErrorAs(t, err, &transportErr)
	assert.NotErrorIs(t, err, wrapper.ErrOutcomeUnknown)
	assert.False(t, transportErr.MayHaveTakenEffect, "%v", err)
	assert.NotEmpty(t, transportErr.Hint, "%v", err)
	return transportErr.Attempts
}

// A service that requires a client certificate rejects the connection before it reads the request. With TLS
// 1.3 the client has written the request by then. Fails if that counts as doubt, or is retried.
func TestPromise5bMissingClientCertificateMeansNoEffect(t *testing.T) {
	for _, isHTTP2 := range []bool{false, true} {
		for _, tlsVersion := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			for _, auth := range []tls.ClientAuthType{tls.RequireAnyClientCert, tls.RequireAndVerifyClientCert} {
				t.Run(map[bool]string{false: "HTTP1/", true: "HTTP2/"}[isHTTP2]+tls.VersionName(tlsVersion)+"/"+auth.String(), func(t *testing.T) {
					for _, call := range calls {
						for _, isWrapped := range []bool{false, true} {
							synctest.Test(t, func(t *testing.T) {
								service := serve(t, &tls.Config{ClientAuth: auth, MinVersion: tlsVersion, MaxVersion: tlsVersion}, isHTTP2, func(http.ResponseWriter, *http.Request) {
									t.Error("the request was read")
								})
								network := http.RoundTripper(service.transport)
								if isWrapped {
									network = wrapped{network}
								}
								assert.Equal(t, 1, assertUnreached(t, call.do, service.url, network))
							})
						}
					}
				})
			}
		}
	}
}

// A close_notify alert proves nothing: the service may have read the request before. Fails if any alert counts
// as a rejected certificate.
func TestPromise5bCloseNotifyProvesNothing(t *testing.T) {
	for _, isHTTP2 := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			received := 0
			service := serve(t, &tls.Config{}, isHTTP2, func(w http.ResponseWriter, r *http.Request) {
				received++
				_, _ = io.Copy(io.Discard, r.Body)
				panic(http.ErrAbortHandler) // sends a close_notify, which is an alert, too
			})
			client, err := wrapper.NewClient(wrapper.WithToken(astrotest.Token), wrapper.WithBaseURL(service.url), wrapper.WithHTTPClient(&http.Client{Transport: service.transport}))
			require.NoError(t, err)
			_, err = client.CreateDeploy(t.Context(), wrapper.Deployment{OrganizationID: "o", DeploymentID: "d"}, api.CreateDeployRequest{Type: api.DeployTypeDAGOnly})
			assert.True(t, mayHaveTakenEffect(t, err))
			assert.Equal(t, 1, received)
		})
	}
}

// A 4xx refusal, except 408, is definite; with any other status the create may have taken effect.
func TestPromise5bOnlyRefusalsRuleOutAnEffect(t *testing.T) {
	certain := []int{400, 401, 403, 404, 405, 409, 410, 413, 415, 418, 422, 429, 451}
	for _, status := range slices.Concat(certain, []int{201, 202, 204, 301, 302, 307, 408, 500, 502, 503, 504, 520, 522, 524, 599}) {
		inBubble(t, nil, func(w world) {
			w.always(map[string]astrotest.Fault{createDeploy: astrotest.Error(status, "as injected")})
			_, err := w.client.CreateDeploy(w.Context(), w.home(), api.CreateDeployRequest{Type: api.DeployTypeDAGOnly})
			require.Error(w, err)
			assert.Equal(w, !slices.Contains(certain, status), mayHaveTakenEffect(w.T, err), "%d", status)
		})
	}
}
