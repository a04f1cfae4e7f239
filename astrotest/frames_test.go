package astrotest

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// http2Client reads and writes HTTP/2 frames.
type http2Client struct {
	net.Conn
	read []byte
}

// dialHTTP2 connects to the server and sends the preface.
func dialHTTP2(t *testing.T, server *Server) *http2Client {
	t.Helper()
	transport := server.Client().Transport.(*http.Transport)
	config := transport.TLSClientConfig.Clone()
	config.NextProtos = []string{"h2"}
	dial := transport.DialContext
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	raw, err := dial(t.Context(), "tcp", strings.TrimPrefix(server.URL, "https://"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = raw.Close() })
	client := &http2Client{Conn: tls.Client(raw, config)}
	client.send(t, []byte(http2Preface), newFrame(4, 0, 0, nil))
	return client
}

func (c *http2Client) send(t *testing.T, frames ...[]byte) {
	t.Helper()
	_, err := c.Write(slices.Concat(frames...))
	require.NoError(t, err)
}

// field returns an HPACK literal of less than 127 bytes.
func field(name, value string) []byte {
	return slices.Concat([]byte{0, byte(len(name))}, []byte(name), []byte{byte(len(value))}, []byte(value))
}

// header returns the header of a finalize.
func header(t *testing.T, server *Server) []byte {
	request, _ := finalizing(t, server)
	return slices.Concat(field(":method", "POST"), field(":scheme", "https"), field(":authority", "localhost"), field(":path", request.URL.Path), field("authorization", "Bearer "+Token), field("astrotest-stream", "77"))
}

// await returns the next frame of the kind, or nil if the connection ends first.
func (c *http2Client) await(t *testing.T, kind byte) frame {
	t.Helper()
	for {
		for next := firstFrame(c.read); next != nil; next = firstFrame(c.read) {
			c.read = c.read[len(next):]
			if next.kind() == kind {
				return next
			}
		}
		some := make([]byte, 1000)
		n, err := c.Read(some)
		if err != nil {
			return nil
		}
		c.read = append(c.read, some[:n]...)
	}
}

func TestFramesOfFaults(t *testing.T) {
	for name, options := range protocols {
		if !strings.HasPrefix(name, "HTTP/2") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			server := New(t, options...)
			client := dialHTTP2(t, server)
			server.Inject(ResetStream(ErrCodeRefusedStream), ResetStream(4711), ResetStream(ErrCodeCancel), GoAway())

			client.send(t, newFrame(frameHeaders, flagEndHeaders, 1, header(t, server)), newFrame(frameData, 1, 1, []byte("{}")))
			assert.Equal(t, newFrame(frameReset, 0, 1, []byte{0, 0, 0, 7}), client.await(t, frameReset))

			// A header in pieces, padded, and one that ends the stream.
			block := header(t, server)
			padded := slices.Concat([]byte{3}, block[:20], []byte{0, 0, 0})
			client.send(t, newFrame(frameHeaders, 8, 3, padded), newFrame(frameMore, 0, 3, block[20:40]), newFrame(frameMore, flagEndHeaders, 3, block[40:]))
			client.send(t, newFrame(frameData, 1, 3, []byte("{}")))
			assert.Equal(t, newFrame(frameReset, 0, 3, []byte{0, 0, 4711 >> 8, 4711 & 255}), client.await(t, frameReset))
			client.send(t, newFrame(frameHeaders, flagEndHeaders|1, 5, header(t, server)))
			assert.Equal(t, newFrame(frameReset, 0, 5, []byte{0, 0, 0, 8}), client.await(t, frameReset))

			client.send(t, newFrame(frameHeaders, flagEndHeaders|1, 7, header(t, server)))
			assert.Equal(t, newFrame(frameGoAway, 0, 0, make([]byte, 8)), client.await(t, frameGoAway))
			_, err := client.Conn.Read(make([]byte, 1))
			assert.ErrorIs(t, err, io.EOF)
			for _, request := range server.Requests() {
				assert.Empty(t, request.Header, "a field of the client with the same name is dropped, too")
			}
		})
	}
}

// Each of many requests on one connection gets its own error code, and the others get responses.
func TestManyStreamsAtOnce(t *testing.T) {
	const streams, base = 100, 1000
	for name, options := range protocols {
		if !strings.HasPrefix(name, "HTTP/2") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			server := New(t, options...)
			transport := server.Client().Transport.(*http.Transport)
			connections, dial := 0, transport.DialContext
			if dial == nil {
				dial = new(net.Dialer).DialContext
			}
			transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
				connections++
				return dial(ctx, network, address)
			}
			request, _ := finalizing(t, server)
			_, _, err := fetch(server.Client(), request)
			require.NoError(t, err)
			var want []string
			for i := range streams {
				server.Inject(ResetStream(ErrCode(base + i)).On("FinalizeDeploy").AfterCommit())
				want = append(want, fmt.Sprintf("0x%x", base+i))
			}
			var mu sync.Mutex
			var seen, ids []string
			var all sync.WaitGroup
			for range streams {
				finalize, id := finalizing(t, server)
				get := storageRequest(t, http.MethodGet, strings.TrimSuffix(finalize.URL.String(), "/finalize"), "", "Authorization", "Bearer "+Token)
				ids = append(ids, id)
				all.Go(func() {
					_, _, err := fetch(server.Client(), finalize)
					mu.Lock()
					defer mu.Unlock()
					seen = append(seen, regexp.MustCompile(`0x\w+`).FindString(fmt.Sprint(err)))
				})
				all.Go(func() {
					response, body, err := fetch(server.Client(), get)
					if assert.NoError(t, err) {
						assert.Equal(t, 200, response.StatusCode, body)
						assert.Contains(t, body, id)
					}
				})
			}
			all.Wait()
			assert.ElementsMatch(t, want, seen)
			assert.Equal(t, 1, connections)
			for _, id := range ids {
				assert.True(t, server.isFinalized(id))
			}
		})
	}
}

// loopback is a connection that reads from in and writes to out.
type loopback struct {
	net.Conn
	in  io.Reader
	out bytes.Buffer
}

func (l *loopback) Read(into []byte) (int, error)  { return l.in.Read(into[:1]) }
func (l *loopback) Write(from []byte) (int, error) { return l.out.Write(from) }

// Only complete frames pass, in whatever pieces the bytes arrive, and a header is never interrupted.
func TestFramesInPieces(t *testing.T) {
	data, reset := newFrame(frameData, 0, 1, []byte("some data")), newFrame(frameReset, 0, 1, []byte{0, 0, 0, 2})
	started, ended := newFrame(frameHeaders, 0, 3, []byte("a")), newFrame(frameMore, flagEndHeaders, 3, []byte("b"))
	ends := &loopback{in: strings.NewReader(http2Preface + string(started) + string(ended) + string(data))}
	c := &conn{Conn: ends, raw: ends, resets: map[uint32]ErrCode{}}
	c.http2.Store(true)

	read, err := io.ReadAll(c)
	require.NoError(t, err)
	named := newFrame(frameMore, flagEndHeaders, 3, field(streamHeader, "3"))
	assert.Equal(t, http2Preface+string(started)+string(newFrame(frameMore, 0, 3, []byte("b")))+string(named)+string(data), string(read))

	c.resetWith(1, ErrCodeRefusedStream)
	var want []byte
	for _, part := range []struct{ in, out []byte }{{data, data}, {started, nil}, {ended, slices.Concat(started, ended)}, {reset, newFrame(frameReset, 0, 1, []byte{0, 0, 0, 7})}, {reset, reset}} {
		for i := range part.in {
			assert.Equal(t, want, ends.out.Bytes())
			n, err := c.Write(part.in[i : i+1])
			assert.Equal(t, 1, n)
			assert.NoError(t, err)
		}
		want = append(want, part.out...)
	}
	assert.Equal(t, want, ends.out.Bytes())
}
