package astrofinalize_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

type dialer = func(ctx context.Context, network, address string) (net.Conn, error)

// refusing returns a dialer that refuses connections while refuses returns true.
func refusing(dial dialer, refuses func() bool) dialer {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if refuses() {
			return nil, &net.OpError{Op: "dial", Net: network, Err: errors.New("connection refused")}
		}
		return dial(ctx, network, address)
	}
}

// A connection that goes silent costs one attempt: read-backs and the next attempt use another connection.
// Fails if a dead connection is reused, which HTTP/2 does as long as it is open.
func TestPromise5gDeadConnectionCostsOneAttempt(t *testing.T) {
	for _, protocol := range protocols {
		for _, transport := range transports[:2] {
			for _, afterCommit := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/%s/after commit %v", protocol.name, transport.name, afterCommit), func(t *testing.T) {
					inBubble(t, protocol.options, func(w world) {
						w.client = w.newClient(transport.new(w))
						target := w.add(api.DeployTypeDAGOnly)
						_, err := w.client.GetDeploy(w.Context(), target)
						require.NoError(w, err)
						fault := astrotest.DeadConnection()
						if afterCommit {
							fault = fault.AfterCommit()
						}
						w.server.Inject(fault.On(finalizeDeploy))
						began := time.Now()
						_, err = w.client.Finalize(w.Context(), target, wrapper.DAGTarball(version))
						require.NoError(w, err)
						assert.Less(w, time.Since(began), 30*time.Second+10*time.Second, "one attempt, two read-backs and a backoff")
						assert.Equal(w, 1, w.server.Commits(target.DeployID))
						assert.Equal(w, map[bool]int{false: 2, true: 1}[afterCommit], w.count(finalizeDeploy))
						assert.Equal(w, 1+map[bool]int{false: 2, true: 1}[afterCommit], w.count(getDeploy), "no read-back is lost on the dead connection")

						began = time.Now()
						_, err = w.client.GetDeploy(w.Context(), target)
						require.NoError(w, err)
						assert.Less(w, time.Since(began), 31*time.Second, "the next call loses no more than one attempt")
					})
				})
			}
		}
	}
}

// The same holds for concurrent calls that share a dead HTTP/2 connection, which keep it from becoming
// idle. Fails if only idle connections are closed.
func TestPromise5gConcurrentCallsLeaveADeadConnection(t *testing.T) {
	const calls = 20
	for _, protocol := range protocols {
		for _, afterCommit := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/after commit %v", protocol.name, afterCommit), func(t *testing.T) {
				inBubble(t, protocol.options, func(w world) {
					targets := make([]wrapper.Target, calls)
					for i := range targets {
						targets[i] = w.add(api.DeployTypeDAGOnly)
					}
					_, err := w.client.GetDeploy(w.Context(), targets[0])
					require.NoError(w, err)
					fault := astrotest.DeadConnection()
					if afterCommit {
						fault = fault.AfterCommit()
					}
					w.server.Inject(fault.On(finalizeDeploy))
					began := time.Now()
					var running sync.WaitGroup
					for _, target := range targets {
						running.Go(func() {
							_, err := w.client.Finalize(w.Context(), target, wrapper.DAGTarball(version))
							assert.NoError(w, err)
						})
					}
					running.Wait()
					assert.Less(w, time.Since(began), 30*time.Second+12*time.Second)
					posts := map[string]int{}
					for _, request := range w.server.Requests() {
						if request.Operation == finalizeDeploy {
							posts[request.Path]++
						}
					}
					for _, target := range targets {
						assert.Equal(w, 1, w.server.Commits(target.DeployID))
					}
					for path, n := range posts {
						assert.LessOrEqual(w, n, 2, path)
					}
				}, wrapper.WithLimiter(http.MethodPost, nil), wrapper.WithLimiter(http.MethodGet, nil))
			})
		}
	}
}

func TestPromise5gReadOnADeadConnectionIsRetried(t *testing.T) {
	for _, protocol := range protocols {
		inBubble(t, protocol.options, func(w world) {
			target := w.add(api.DeployTypeDAGOnly)
			w.server.Inject(astrotest.DeadConnection())
			began := time.Now()
			_, err := w.client.GetDeploy(w.Context(), target)
			require.NoError(w, err)
			assert.Less(w, time.Since(began), 31*time.Second)
			assert.Equal(w, 2, w.count(getDeploy))
		})
	}
}

// after delays a response on the server's side.
func after(d time.Duration, fault astrotest.Fault) astrotest.Fault {
	return fault.Then(func() { time.Sleep(d) })
}

// By default a Finalize takes at most 3 minutes and 10 requests. Fails if one kind of wait is not counted:
// a backoff, a Retry-After, a read-back's deadline, the pause after a 429.
func TestPromise5hWorstCaseIsBounded(t *testing.T) {
	const most, requests = 3 * time.Minute, 10
	initialized := showing(object{})
	limited := astrotest.Error(429, "").WithHeader("Retry-After", "59")
	for name, faults := range map[string]map[string]astrotest.Fault{
		"every POST and GET hangs":                      {finalizeDeploy: astrotest.Hang(), getDeploy: astrotest.Hang()},
		"every POST hangs, GETs show INITIALIZED":       {finalizeDeploy: astrotest.Hang(), getDeploy: initialized},
		"every POST hangs during its response":          {finalizeDeploy: astrotest.HangInResponse(), getDeploy: astrotest.Hang()},
		"every POST and GET dies":                       {finalizeDeploy: astrotest.DeadConnection(), getDeploy: astrotest.DeadConnection()},
		"every POST commits, GETs hang":                 {finalizeDeploy: astrotest.Hang().AfterCommit(), getDeploy: astrotest.HangInResponse()},
		"429 with Retry-After 59":                       {finalizeDeploy: limited},
		"429 with Retry-After 59, for both":             {finalizeDeploy: limited, getDeploy: limited},
		"429 after 29 s with Retry-After 59":            {finalizeDeploy: after(29*time.Second, limited), getDeploy: limited},
		"429 after 29 s with Retry-After 20, GETs hang": {finalizeDeploy: after(29*time.Second, astrotest.Error(429, "").WithHeader("Retry-After", "20")), getDeploy: astrotest.Hang()},
		"500 after 29 s, GETs 4.9 s":                    {finalizeDeploy: after(29*time.Second, astrotest.Error(500, "")), getDeploy: astrotest.Slow(4900 * time.Millisecond)},
		"500 after 29 s with Retry-After, GETs 4.9 s":   {finalizeDeploy: after(29*time.Second, astrotest.Error(500, "").WithHeader("Retry-After", "59")), getDeploy: astrotest.Slow(4900 * time.Millisecond)},
		"500 after 29 s, GETs 500 after 4.9 s":          {finalizeDeploy: after(29*time.Second, astrotest.Error(500, "")), getDeploy: after(4900*time.Millisecond, astrotest.Error(500, ""))},
		"500, GETs 429 with Retry-After 59":             {finalizeDeploy: astrotest.Error(500, ""), getDeploy: limited},
		"hangs, GETs 429 with Retry-After 59":           {finalizeDeploy: astrotest.Hang(), getDeploy: limited},
		"503":                                           {finalizeDeploy: astrotest.Error(503, ""), getDeploy: astrotest.Error(503, "")},
		"503, GETs show INITIALIZED":                    {finalizeDeploy: astrotest.Error(503, ""), getDeploy: initialized},
		"503 after 29 s with Retry-After, INITIALIZED":  {finalizeDeploy: after(29*time.Second, astrotest.Error(503, "").WithHeader("Retry-After", "20")), getDeploy: initialized},
		"400 after 29 s, GETs hang":                     {finalizeDeploy: after(29*time.Second, astrotest.Error(400, "")), getDeploy: astrotest.Hang()},
		"a 200 without the deploy, GETs 4.9 s":          {finalizeDeploy: astrotest.Respond(200, "application/json", "{}"), getDeploy: astrotest.Slow(4900 * time.Millisecond)},
		"a 200 that shows INITIALIZED, GETs too":        {finalizeDeploy: showing(object{"status": "INITIALIZED", "dagTarballVersion": nil}), getDeploy: showing(object{"status": "INITIALIZED", "dagTarballVersion": nil})},
		"the version, INITIALIZED":                      {finalizeDeploy: astrotest.Error(500, ""), getDeploy: showing(object{"dagTarballVersion": version})},
	} {
		for _, protocol := range protocols {
			t.Run(name+"/"+protocol.name, func(t *testing.T) {
				inBubble(t, protocol.options, func(w world) {
					target := w.add(api.DeployTypeDAGOnly)
					w.always(faults)
					ctx, connects := connecting(w.Context())
					began := time.Now()
					_, err := w.client.Finalize(ctx, target, wrapper.DAGTarball(version))
					require.Error(w, err)
					assert.LessOrEqual(w, time.Since(began), most)
					assert.LessOrEqual(w, len(w.server.Requests()), requests)
					assert.LessOrEqual(w, int(connects.Load()), requests, "including requests that never arrive")
				})
			})
		}
	}
}

// The network fails after the first connection: later dials hang, and the open connection is dead.
func TestPromise5hNetworkOutageIsBounded(t *testing.T) {
	for _, protocol := range protocols {
		for _, isWrapped := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/wrapped %v", protocol.name, isWrapped), func(t *testing.T) {
				inBubble(t, protocol.options, func(w world) {
					ended := make(chan struct{})
					w.Cleanup(func() { close(ended) })
					own := w.server.Client().Transport.(*http.Transport).Clone()
					w.Cleanup(own.CloseIdleConnections)
					dial, dials := own.DialContext, new(atomic.Int32)
					own.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
						if dials.Add(1) > 1 {
							<-ended
							return nil, net.ErrClosed
						}
						return dial(ctx, network, address)
					}
					network := http.RoundTripper(own)
					if isWrapped {
						network = wrapped{own}
					}
					w.client = w.newClient(network)
					w.always(map[string]astrotest.Fault{finalizeDeploy: astrotest.DeadConnection().AfterCommit()})
					ctx, connects := connecting(w.Context())
					began := time.Now()
					_, err := w.client.Finalize(ctx, w.add(api.DeployTypeDAGOnly), wrapper.DAGTarball(version))
					require.ErrorIs(w, err, wrapper.ErrOutcomeUnknown)
					assert.LessOrEqual(w, time.Since(began), 3*time.Minute)
					assert.LessOrEqual(w, int(connects.Load()), 10)
				})
			})
		}
	}
}

// More attempts raise the bound on requests; the caller's deadline holds however many there are.
func TestPromise5hMoreAttemptsStayBounded(t *testing.T) {
	for _, attempts := range []int{1, 4, 8, 20} {
		inBubble(t, nil, func(w world) {
			w.always(map[string]astrotest.Fault{finalizeDeploy: astrotest.Error(503, "")})
			_, err := w.client.Finalize(w.Context(), w.add(api.DeployTypeDAGOnly), wrapper.DAGTarball(version))
			require.ErrorIs(w, err, wrapper.ErrOutcomeUnknown)
			assert.LessOrEqual(w, w.count(finalizeDeploy), attempts)
			assert.LessOrEqual(w, len(w.server.Requests()), 10+max(0, attempts-4)*10/3)
			assert.LessOrEqual(w, strings.Count(err.Error(), "503"), 2)

			ctx, cancel := context.WithTimeout(w.Context(), time.Second)
			defer cancel()
			began := time.Now()
			_, err = w.client.Finalize(ctx, w.add(api.DeployTypeDAGOnly), wrapper.DAGTarball(version))
			require.ErrorIs(w, err, context.DeadlineExceeded)
			assert.Equal(w, time.Second, time.Since(began))
		}, wrapper.WithRetry(wrapper.Retry{MaxAttempts: attempts}))
	}
}

// Later calls lose no attempt to the dead connection.
func TestPromise5gDeadConnectionIsNotReused(t *testing.T) {
	for _, protocol := range protocols {
		inBubble(t, protocol.options, func(w world) {
			target := w.add(api.DeployTypeDAGOnly)
			_, err := w.client.GetDeploy(w.Context(), target)
			require.NoError(w, err)
			w.server.Inject(astrotest.DeadConnection().On(finalizeDeploy))
			_, err = w.client.Finalize(w.Context(), target, wrapper.DAGTarball(version))
			require.NoError(w, err)
			began := time.Now()
			_, err = w.client.GetDeploy(w.Context(), target)
			require.NoError(w, err)
			assert.Less(w, time.Since(began), time.Second, protocol.name)
		})
	}
}
