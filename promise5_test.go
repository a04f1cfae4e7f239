package astrofinalize_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// Promise 5: retries neither harm nor lie. Its tests use clients with the default settings, the in-memory
// fake and a fake clock. The files:
//
//	promise5_test.go           (a) only our policy retries; helpers for the other files
//	promise5_replay_test.go    (a) replays by net/http
//	promise5_connect_test.go   (b) what an attempt can have done
//	promise5_evidence_test.go  (c) what proves success
//	promise5_doubt_test.go     (d) what proves failure
//	promise5_newer_test.go     (e) nothing newer is undone
//	promise5_create_test.go    (f) creates
//	promise5_bounds_test.go    (g, h) time and requests of a call
//	promise5_edges_test.go     clocks, deadlines and broken transports

const (
	finalizeDeploy = "FinalizeDeploy"
	getDeploy      = "GetDeploy"
	createDeploy   = "CreateDeploy"
)

// protocols are the HTTP versions, each with the server options for it.
var protocols = []struct {
	name    string
	options []astrotest.Option
}{
	{"HTTP1", nil},
	{"HTTP2", []astrotest.Option{astrotest.WithHTTP2()}},
}

// inBubble runs test on a fake clock against an in-memory fake. Its client has the default settings,
// apart from options.
func inBubble(t *testing.T, serverOptions []astrotest.Option, test func(w world), options ...wrapper.Option) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		server := astrotest.New(t, append([]astrotest.Option{astrotest.InMemory(), astrotest.WithAnyVersion()}, serverOptions...)...)
		w := world{t, server, server.AddDeployment(astrotest.Deployment{DAGDeploys: true}), nil}
		w.client = w.newClient(server.Client().Transport, options...)
		test(w)
	})
}

// newClient returns a client for the fake that uses the given transport.
func (w world) newClient(transport http.RoundTripper, options ...wrapper.Option) *wrapper.Client {
	w.Helper()
	client, err := wrapper.NewClient(append([]wrapper.Option{
		wrapper.WithBaseURL(w.server.URL),
		wrapper.WithToken(astrotest.Token),
		wrapper.WithHTTPClient(&http.Client{Transport: transport}),
	}, options...)...)
	require.NoError(w, err)
	return client
}

// addBundle adds a bundle's deploy at a mount path and returns a target with its IDs only.
func (w world) addBundle(mountPath string) wrapper.Target {
	deploy := w.server.AddDeploy(api.Deploy{DeploymentID: w.deployment.ID, Type: api.DeployTypeBundle, BundleMountPath: &mountPath})
	return wrapper.Target{OrganizationID: w.deployment.OrganizationID, DeploymentID: w.deployment.ID, DeployID: deploy.ID}
}

// home returns the Deployment for new deploys.
func (w world) home() wrapper.Deployment {
	return wrapper.Deployment{OrganizationID: w.deployment.OrganizationID, DeploymentID: w.deployment.ID}
}

// bundles returns the versions of the Deployment's bundles by mount path.
func (w world) bundles() map[string]string {
	deployment, _ := w.server.Deployment(w.deployment.ID)
	has := map[string]string{}
	for _, bundle := range deployment.Bundles {
		has[bundle.MountPath] = *bundle.DesiredVersion
	}
	return has
}

// count returns how many requests of an operation the server received.
func (w world) count(operation string) (n int) {
	for _, request := range w.server.Requests() {
		if request.Operation == operation {
			n++
		}
	}
	return n
}

// always injects the same fault into every request of an operation.
func (w world) always(faults map[string]astrotest.Fault) {
	w.server.InjectFunc(func(operation string) (astrotest.Fault, bool) {
		fault, found := faults[operation]
		return fault, found
	})
}

// mayHaveTakenEffect returns MayHaveTakenEffect of the APIError or TransportError in err.
func mayHaveTakenEffect(t *testing.T, err error) bool {
	t.Helper()
	apiErr, transportErr := (*wrapper.APIError)(nil), (*wrapper.TransportError)(nil)
	switch {
	case errors.As(err, &transportErr):
		return transportErr.MayHaveTakenEffect
	case errors.As(err, &apiErr):
		return apiErr.MayHaveTakenEffect
	}
	require.FailNow(t, "neither an APIError nor a TransportError", "%v", err)
	return false
}

// connecting returns a context that counts how often a transport gets a connection: once per request,
// including replays by net/http and requests that never arrive.
func connecting(ctx context.Context) (context.Context, *atomic.Int32) {
	connects := new(atomic.Int32)
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GetConn: func(string) { connects.Add(1) }}), connects
}

// wrapped hides that a transport is net/http's, as instrumentation does.
type wrapped struct{ inner http.RoundTripper }

func (w wrapped) RoundTrip(request *http.Request) (*http.Response, error) {
	return w.inner.RoundTrip(request)
}

// losses returns faults after which net/http, at least over HTTP/2, replays a request.
func losses() []astrotest.Fault {
	return []astrotest.Fault{
		astrotest.ResetStream(astrotest.ErrCodeProtocol),
		astrotest.ResetStream(astrotest.ErrCodeRefusedStream),
		astrotest.ResetStream(astrotest.ErrCodeCancel),
		astrotest.ResetStream(astrotest.ErrCodeInternal),
		astrotest.GoAway(),
	}
}

// transports are those that a caller may pass to WithHTTPClient.
var transports = []struct {
	name string
	new  func(w world) http.RoundTripper
}{
	{"the fake's", func(w world) http.RoundTripper { return w.server.Client().Transport }},
	{"the caller's own", func(w world) http.RoundTripper {
		theirs := w.server.Client().Transport.(*http.Transport)
		own := &http.Transport{DialContext: theirs.DialContext, TLSClientConfig: theirs.TLSClientConfig, ForceAttemptHTTP2: theirs.ForceAttemptHTTP2}
		w.Cleanup(own.CloseIdleConnections)
		return own
	}},
	{"wrapped", func(w world) http.RoundTripper { return wrapped{w.server.Client().Transport} }},
}

// lose runs test for each way to lose a request, before and after it took effect, over each protocol and
// transport, over new and used connections.
func lose(t *testing.T, test func(w world, fault astrotest.Fault, afterCommit bool)) {
	for _, protocol := range protocols {
		for _, transport := range transports {
			t.Run(protocol.name+"/"+transport.name, func(t *testing.T) {
				for _, used := range []bool{false, true} {
					for _, fault := range losses() {
						for _, afterCommit := range []bool{false, true} {
							inBubble(t, protocol.options, func(w world) {
								w.client = w.newClient(transport.new(w))
								if used {
									_, err := w.client.GetDeploy(w.Context(), w.add(api.DeployTypeImageOnly))
									require.NoError(w, err)
								}
								if afterCommit {
									fault = fault.AfterCommit()
								}
								test(w, fault, afterCommit)
								if t.Failed() {
									t.Logf("%v, over a connection used before: %v", fault, used)
								}
							})
						}
					}
				}
			})
		}
	}
}

// Fails if GetBody works after the header was written: net/http then replays the POST and returns the
// second response.
func TestPromise5aCreateIsNotReplayed(t *testing.T) {
	lose(t, func(w world, fault astrotest.Fault, afterCommit bool) {
		w.server.Inject(fault.On(createDeploy))
		deploy, err := w.client.CreateDeploy(w.Context(), w.home(), api.CreateDeployRequest{Type: api.DeployTypeDAGOnly})
		require.Error(w, err)
		assert.Nil(w, deploy)
		assert.True(w, mayHaveTakenEffect(w.T, err), "%v", err)
		assert.Equal(w, 1, w.count(createDeploy))
		assert.Equal(w, map[bool]int{false: 0, true: 1}[afterCommit], w.server.Creates(w.deployment.ID))
	})
}

// Fails if net/http replays a finalize before the read-back shows that there is no need.
func TestPromise5aFinalizeIsNotReplayed(t *testing.T) {
	lose(t, func(w world, fault astrotest.Fault, afterCommit bool) {
		target := w.add(api.DeployTypeDAGOnly)
		w.server.Inject(fault.On(finalizeDeploy))
		deploy, err := w.client.Finalize(w.Context(), target, wrapper.DAGTarball(version))
		require.NoError(w, err)
		assert.Equal(w, version, *deploy.DAGTarballVersion)
		assert.Equal(w, 1, w.server.Commits(target.DeployID))
		assert.Equal(w, map[bool]int{false: 2, true: 1}[afterCommit], w.count(finalizeDeploy), "the second only after read-backs show INITIALIZED")
	})
}

// Fails if only the wrapper's own methods are guarded, and not API().
func TestPromise5aGeneratedClientsRequestIsNotReplayed(t *testing.T) {
	lose(t, func(w world, fault astrotest.Fault, _ bool) {
		w.server.Inject(fault.On(createDeploy))
		_, err := w.client.API().CreateDeploy(w.Context(), w.deployment.OrganizationID, w.deployment.ID, api.CreateDeployRequest{Type: api.DeployTypeDAGOnly})
		require.Error(w, err)
		assert.True(w, mayHaveTakenEffect(w.T, err), "%v", err)
		assert.Equal(w, 1, w.count(createDeploy))
	})
}

// net/http may replay a read, but not forever: it alone retries without end if every connection gets a GOAWAY,
// which says that nothing was processed.
func TestPromise5aReadEndsOnFailingConnections(t *testing.T) {
	const attempts, connections = 4, 4
	for _, protocol := range protocols {
		for _, transport := range transports {
			t.Run(protocol.name+"/"+transport.name, func(t *testing.T) {
				for _, fault := range losses() {
					inBubble(t, protocol.options, func(w world) {
						w.client = w.newClient(transport.new(w))
						w.always(map[string]astrotest.Fault{getDeploy: fault})
						began := time.Now()
						_, err := w.client.GetDeploy(w.Context(), w.add(api.DeployTypeDAGOnly))
						require.Error(w, err, "%v", fault)
						assert.LessOrEqual(w, w.count(getDeploy), attempts*connections, "%v", fault)
						assert.Less(w, time.Since(began), 2*time.Minute+10*time.Second, "%v", fault)
						assert.False(w, mayHaveTakenEffect(w.T, err), "a read has no effect")
						assert.Less(w, strings.Count(err.Error(), "\n"), 1)
					})
				}
			})
		}
	}
}
