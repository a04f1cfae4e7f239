package astrofinalize_test

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// net/http replays a request over HTTP/1.1 if it has an idempotency key, which a caller's transport or a
// request editor may add.
func TestPromise5aIdempotencyKeyCausesNoReplay(t *testing.T) {
	for _, key := range []string{"Idempotency-Key", "X-Idempotency-Key"} {
		inBubble(t, nil, func(w world) {
			inner := w.server.Client().Transport
			w.client = w.newClient(roundTrips(func(request *http.Request) (*http.Response, error) {
				request = request.Clone(request.Context())
				request.Header.Set(key, "k")
				return inner.RoundTrip(request)
			}))
			_, err := w.client.GetDeploy(w.Context(), w.add(api.DeployTypeImageOnly))
			require.NoError(w, err)
			w.server.Inject(astrotest.CutConnection().AfterCommit().On(createDeploy))
			_, err = w.create()
			require.Error(w, err, key)
			assert.Equal(w, 1, w.server.Creates(w.deployment.ID), "creates")
			assert.Equal(w, 1, w.count(createDeploy), "requests")
		})
		inBubble(t, nil, func(w world) {
			_, err := w.client.GetDeploy(w.Context(), w.add(api.DeployTypeImageOnly))
			require.NoError(w, err)
			w.server.Inject(astrotest.CutConnection().AfterCommit().On(createDeploy))
			response, err := w.client.API().CreateDeploy(w.Context(), w.deployment.OrganizationID, w.deployment.ID, api.CreateDeployRequest{Type: api.DeployTypeDAGOnly},
				func(_ context.Context, request *http.Request) error { request.Header.Set(key, "k"); return nil })
			require.Nil(w, response)
			require.Error(w, err)
			assert.Equal(w, 1, w.server.Creates(w.deployment.ID), "creates through API()")
		})
	}
}

// net/http does not replay read-backs either, so a finalize stays within 10 requests.
func TestPromise5aReadBacksAreNotReplayed(t *testing.T) {
	t.Run("HTTP2", func(t *testing.T) {
		for _, fault := range losses() {
			for _, post := range []astrotest.Fault{astrotest.Error(500, ""), astrotest.CutConnection()} {
				inBubble(t, protocols[1].options, func(w world) {
					w.always(map[string]astrotest.Fault{finalizeDeploy: post, getDeploy: fault})
					_, err := w.client.Finalize(w.Context(), w.add(api.DeployTypeDAGOnly), wrapper.DAGTarball(version))
					require.Error(w, err)
					assert.LessOrEqual(w, len(w.server.Requests()), 10, "%v %v", post, fault)
				})
			}
		}
	})
	t.Run("HTTP1", func(t *testing.T) {
		inBubble(t, nil, func(w world) {
			n := 0
			w.server.InjectFunc(func(operation string) (astrotest.Fault, bool) {
				if operation == finalizeDeploy {
					return astrotest.Error(500, ""), true
				}
				if n++; n%2 == 1 {
					return astrotest.CutConnection(), true
				}
				return astrotest.Error(500, ""), true
			})
			_, err := w.client.Finalize(w.Context(), w.add(api.DeployTypeDAGOnly), wrapper.DAGTarball(version))
			require.Error(w, err)
			assert.LessOrEqual(w, len(w.server.Requests()), 10)
		})
	})
}

// Neither the connection nor a wrapped transport shows that it uses unencrypted HTTP/2.
func TestPromise5aUnencryptedHTTP2IsNotReplayed(t *testing.T) {
	for _, isWrapped := range []bool{false, true} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		var received atomic.Int32
		go func() {
			for {
				c, err := listener.Accept()
				if err != nil {
					return
				}
				go refuseStreams(c, &received)
			}
		}()
		tr := &http.Transport{Protocols: new(http.Protocols)}
		tr.Protocols.SetUnencryptedHTTP2(true)
		network := http.RoundTripper(tr)
		if isWrapped {
			network = wrapped{tr}
		}
		client, err := wrapper.NewClient(wrapper.WithToken(astrotest.Token), wrapper.WithBaseURL("http://"+listener.Addr().String()), wrapper.WithHTTPClient(&http.Client{Transport: network}))
		require.NoError(t, err)
		_, err = client.CreateDeploy(t.Context(), wrapper.Deployment{OrganizationID: "o", DeploymentID: "d"}, api.CreateDeployRequest{Type: api.DeployTypeDAGOnly})
		require.Error(t, err)
		assert.Equal(t, int32(1), received.Load(), "wrapped %v", isWrapped)
		_ = listener.Close()
	}
}

func refuseStreams(c net.Conn, received *atomic.Int32) {
	defer func() { _ = c.Close() }()
	_, _ = io.ReadFull(c, make([]byte, 24))
	_, _ = c.Write([]byte{0, 0, 0, 4, 0, 0, 0, 0, 0})
	header := make([]byte, 9)
	for {
		if _, err := io.ReadFull(c, header); err != nil {
			return
		}
		n := int(header[0])<<16 | int(header[1])<<8 | int(header[2])
		if _, err := io.ReadFull(c, make([]byte, n)); err != nil {
			return
		}
		kind, flags := header[3], header[4]
		switch {
		case kind == 4 && flags&1 == 0:
			_, _ = c.Write([]byte{0, 0, 0, 4, 1, 0, 0, 0, 0})
		case (kind == 0 || kind == 1) && flags&1 != 0: // END_STREAM
			received.Add(1)
			reset := append([]byte{0, 0, 4, 3, 0}, header[5:9]...)
			_, _ = c.Write(binary.BigEndian.AppendUint32(reset, 7))
		}
	}
}
