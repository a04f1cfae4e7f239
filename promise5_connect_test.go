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

// The service crashes once it has taken the request: the last error is one of connecting, of the first
// attempt it says nothing. Red if the outcome is that of the last attempt alone.
func TestPromise5bAFailureToConnectIsNoProofOfTheAttemptBefore(t *testing.T) {
	for _, protocol := range protocols {
		for _, transport := range transports {
			for name, row := range map[string]struct {
				fault   astrotest.Fault
				options []wrapper.Option
			}{
				"committed":                  {astrotest.StopListening().AfterCommit(), nil},
				"not committed":              {astrotest.StopListening(), nil},
				"committed, without look-up": {astrotest.StopListening().AfterCommit(), []wrapper.Option{wrapper.WithoutLookUp()}},
			} {
				t.Run(protocol.name+"/"+transport.name+"/"+name, func(t *testing.T) {
					inBubble(t, protocol.options, func(w world) {
						w.client = w.newClient(transport.made(w), row.options...)
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

func TestPromise5bACreateThatTheServiceDiedOf(t *testing.T) {
	for _, protocol := range protocols {
		for _, transport := range transports {
			t.Run(protocol.name+"/"+transport.name, func(t *testing.T) {
				inBubble(t, protocol.options, func(w world) {
					w.client = w.newClient(transport.made(w))
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

// elsewhere is a service in memory that is not the fake.
type elsewhere struct {
	url       string
	transport *http.Transport // the way there
}

// serve starts a service in memory, within a bubble, and returns the way there: over TLS if secure has a
// configuration, over HTTP/2 too if that allows it.
func serve(t *testing.T, secure *tls.Config, isHTTP2 bool, handler http.HandlerFunc) elsewhere {
	network := memory.New()
	service := httptest.NewUnstartedServer(handler)
	_ = service.Listener.Close()
	service.Listener, service.EnableHTTP2, service.TLS = network, isHTTP2, secure
	service.Config.ErrorLog = log.New(io.Discard, "", 0)
	transport := &http.Transport{ForceAttemptHTTP2: isHTTP2, DialContext: func(ctx context.Context, protocol, address string) (net.Conn, error) {
		dialed, err := network.Dial(ctx, protocol, address)
		return distant{dialed}, err
	}}
	if secure == nil {
		service.Start()
	} else {
		service.StartTLS()
		transport.TLSClientConfig = service.Client().Transport.(*http.Transport).TLSClientConfig
	}
	t.Cleanup(func() { time.Sleep(time.Second) }) // for the last reads to end
	t.Cleanup(service.Close)
	t.Cleanup(transport.CloseIdleConnections)
	return elsewhere{service.URL, transport}
}

// distant is a connection with a way of a millisecond, by the fake clock, and with the buffer of an
// operating system: it takes bytes for a peer that is gone, until what that said last was read.
type distant struct{ net.Conn }

func (c distant) Read(into []byte) (int, error) {
	time.Sleep(time.Millisecond)
	return c.Conn.Read(into)
}

func (c distant) Write(from []byte) (int, error) {
	if n, err := c.Conn.Write(from); !errors.Is(err, io.ErrClosedPipe) {
		return n, err
	}
	return len(from), nil
}

// someDeploy is a deploy of services that look at no path.
var someDeploy = wrapper.Target{OrganizationID: "o", DeploymentID: "d", DeployID: "p"}

// calls are the two that have an effect.
var calls = []struct {
	name string
	made func(ctx context.Context, client *wrapper.Client) error
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

// Where no connection was had, nothing can have taken effect, whoever wraps the transport: attempts
// follow if the next may do better, creates included, and the error is certain. Red if the proof is
// looked for in the type of the error or of the transport.
func TestPromise5bWhatNeverReachedTheService(t *testing.T) {
	const final, retried = false, true
	notFound := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }
	fails := func(err error) func(context.Context, string, string) (net.Conn, error) {
		return func(context.Context, string, string) (net.Conn, error) { return nil, err }
	}
	proxy := func(status int) func(t *testing.T) elsewhere {
		return func(t *testing.T) elsewhere {
			way := serve(t, nil, false, func(w http.ResponseWriter, r *http.Request) {
				assert.Equal(t, http.MethodConnect, r.Method)
				w.WriteHeader(status)
			})
			address, err := url.Parse(way.url)
			require.NoError(t, err)
			way.transport.Proxy, way.url = http.ProxyURL(address), "https://astro.example"
			return way
		}
	}
	dials := func(dial func(context.Context, string, string) (net.Conn, error)) func(*testing.T) elsewhere {
		return func(*testing.T) elsewhere {
			return elsewhere{"https://astro.example", &http.Transport{DialContext: dial}}
		}
	}
	for _, row := range []struct {
		name  string
		place func(t *testing.T) elsewhere
		again bool
	}{
		{"nobody listens", dials(fails(&net.OpError{Op: "dial", Net: "tcp", Err: net.UnknownNetworkError("refused")})), retried},
		{"no such host", dials(fails(&net.DNSError{Err: "no such host", Name: "astro.example", IsNotFound: true})), retried},
		{"the dialing has no end", func(t *testing.T) elsewhere {
			ended := make(chan struct{})
			t.Cleanup(func() { close(ended) })
			return elsewhere{"https://astro.example", &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
				<-ended // whatever becomes of the request: net/http goes on dialing for the next
				return nil, net.ErrClosed
			}}}
		}, retried},
		{"an error of the dialer's own that ends like a lost response", dials(fails(io.ErrUnexpectedEOF)), retried},
		{"TLS is asked of a port without", func(t *testing.T) elsewhere {
			way := serve(t, nil, false, notFound)
			way.url = "https://astro.example"
			return way
		}, retried},
		{"the TLS handshake has no end", func(t *testing.T) elsewhere {
			network := memory.New()
			t.Cleanup(func() { _ = network.Close() })
			go func() {
				for {
					if _, err := network.Accept(); err != nil {
						return
					}
				}
			}()
			return elsewhere{"https://astro.example", &http.Transport{DialContext: network.Dial, TLSHandshakeTimeout: time.Second}}
		}, retried},
		{"the service's certificate is not trusted", func(t *testing.T) elsewhere {
			way := serve(t, &tls.Config{}, false, notFound)
			way.transport.TLSClientConfig = nil
			return way
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
						way := row.place(t)
						network := http.RoundTripper(way.transport)
						if isWrapped {
							network = wrapped{network}
						}
						assert.Equal(t, row.again, assertUnreached(t, call.made, way.url, network) > 1)
					})
				}
			}
		})
	}
}

// assertUnreached makes a call and asserts that its error says for certain that it had no effect. It
// returns how many attempts there were.
func assertUnreached(t *testing.T, call func(context.Context, *wrapper.Client) error, baseURL string, network http.RoundTripper) (attempts int) {
	t.Helper()
	client, err := wrapper.NewClient(wrapper.WithToken(astrotest.Token), wrapper.WithBaseURL(baseURL), wrapper.WithHTTPClient(&http.Client{Transport: network}))
	require.NoError(t, err)
	err = call(t.Context(), client)
	var silent *wrapper.TransportError
	require.ErrorAs(t, err, &silent)
	assert.NotErrorIs(t, err, wrapper.ErrOutcomeUnknown)
	assert.False(t, silent.MayHaveTakenEffect, "%v", err)
	assert.NotEmpty(t, silent.Hint, "%v", err)
	return silent.Attempts
}

// A service that wants a certificate of the client refuses before it reads the request. In TLS 1.3 the
// client has written that by then, so that a connection was had. Red if that is doubted, or retried.
func TestPromise5bTheClientsCertificateIsMissing(t *testing.T) {
	for _, isHTTP2 := range []bool{false, true} {
		for _, tlsVersion := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			for _, auth := range []tls.ClientAuthType{tls.RequireAnyClientCert, tls.RequireAndVerifyClientCert} {
				t.Run(map[bool]string{false: "HTTP1/", true: "HTTP2/"}[isHTTP2]+tls.VersionName(tlsVersion)+"/"+auth.String(), func(t *testing.T) {
					for _, call := range calls {
						for _, isWrapped := range []bool{false, true} {
							synctest.Test(t, func(t *testing.T) {
								way := serve(t, &tls.Config{ClientAuth: auth, MinVersion: tlsVersion, MaxVersion: tlsVersion}, isHTTP2, func(http.ResponseWriter, *http.Request) {
									t.Error("the request was read")
								})
								network := http.RoundTripper(way.transport)
								if isWrapped {
									network = wrapped{network}
								}
								assert.Equal(t, 1, assertUnreached(t, call.made, way.url, network))
							})
						}
					}
				})
			}
		}
	}
}

// Once a request was carried out over a connection, an alert on it proves nothing: a request is read
// after the handshake. Red if an alert counts on a connection that was used before.
func TestPromise5bAnAlertLaterIsNoProof(t *testing.T) {
	for _, isHTTP2 := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			received := 0
			way := serve(t, &tls.Config{}, isHTTP2, func(w http.ResponseWriter, r *http.Request) {
				received++
				_, _ = io.Copy(io.Discard, r.Body)
				panic(http.ErrAbortHandler) // which ends in a close_notify, an alert too
			})
			client, err := wrapper.NewClient(wrapper.WithToken(astrotest.Token), wrapper.WithBaseURL(way.url), wrapper.WithHTTPClient(&http.Client{Transport: way.transport}))
			require.NoError(t, err)
			_, err = client.CreateDeploy(t.Context(), wrapper.Deployment{OrganizationID: "o", DeploymentID: "d"}, api.CreateDeployRequest{Type: api.DeployTypeDAGOnly})
			assert.True(t, mayHaveTakenEffect(t, err))
			assert.Equal(t, 1, received)
		})
	}
}

// What a service refuses by a response is certain, unlike what no response came to.
func TestPromise5bTheOutcomeOfEachStatus(t *testing.T) {
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
