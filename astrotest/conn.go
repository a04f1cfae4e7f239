package astrotest

import (
	"crypto/tls"
	"encoding/binary"
	"net"
	"sync"
	"sync/atomic"
)

// conn is a decrypted connection that net/http serves. It can end in ways that net/http has no API
// for.
type conn struct {
	net.Conn          // with TLS a *tls.Conn
	raw      net.Conn // without its TLS
	listener *listener

	received, in []byte // used by Read only: incomplete frames, and bytes that net/http has not read
	greeted      bool   // the preface has been read

	http2 atomic.Bool
	state atomic.Int32

	mu     sync.Mutex // held while writing
	unsent []byte     // incomplete frames
	resets map[uint32]ErrCode
	bodies map[uint32]*sentBody
}

// The states of a conn. In all but the first, writes are dropped and received bytes are ignored.
const (
	open    int32 = iota
	leaving       // stays open until the client closes it
	dead          // stays open until the server is closed
)

// sentBody waits until the rest of a response's body has been sent.
type sentBody struct {
	left int
	sent chan struct{}
}

// Read implements [net.Conn].
func (c *conn) Read(into []byte) (int, error) {
	for len(c.in) == 0 || c.state.Load() != open {
		n, err := c.Conn.Read(into)
		switch isHTTP2, state := c.isHTTP2(), c.state.Load(); {
		case err != nil && n == 0:
			return 0, err
		case state == open && !isHTTP2:
			return n, err
		case state == open:
			c.receive(into[:n])
		case !isHTTP2: // stop reading, so that the client's writes block; over HTTP/2 the flow control window has that effect
			return 0, net.ErrClosed
		}
	}
	n := copy(into, c.in)
	c.in = c.in[n:]
	return n, nil
}

// isHTTP2 is called only by Read, which completes the TLS handshake.
func (c *conn) isHTTP2() bool {
	if secure, ok := c.Conn.(*tls.Conn); ok && !c.greeted {
		c.http2.Store(secure.ConnectionState().NegotiatedProtocol == "h2")
	}
	return c.http2.Load()
}

// receive buffers the bytes of HTTP/2 and passes on complete frames.
func (c *conn) receive(bytes []byte) {
	c.received = append(c.received, bytes...)
	if !c.greeted && len(c.received) >= len(http2Preface) {
		c.in, c.received, c.greeted = c.received[:len(http2Preface):len(http2Preface)], c.received[len(http2Preface):], true
	}
	for c.greeted {
		next := firstFrame(c.received)
		if next == nil {
			return
		}
		c.received = c.received[len(next):]
		c.in = append(c.in, next[:len(next):len(next)].namingStream()...)
	}
}

// Write implements [net.Conn].
func (c *conn) Write(from []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state.Load() != open {
		return len(from), nil
	}
	if !c.http2.Load() {
		return c.Conn.Write(from)
	}
	c.unsent = append(c.unsent, from...)
	whole, sent := c.takeUnsent()
	if _, err := c.Conn.Write(whole); err != nil {
		return 0, err
	}
	for _, body := range sent {
		close(body.sent)
	}
	return len(from), nil
}

// takeUnsent removes and returns the complete frames, up to a point where any other frame may
// follow, and the awaited bodies that end with them.
func (c *conn) takeUnsent() (whole []byte, sent []*sentBody) {
	end := 0
	for at := 0; ; {
		next := firstFrame(c.unsent[at:])
		if next == nil {
			break
		}
		stream := next.stream()
		if code, found := c.resets[stream]; found && next.kind() == frameReset {
			binary.BigEndian.PutUint32(next.payload(), uint32(code))
			delete(c.resets, stream)
		}
		if body := c.bodies[stream]; body != nil && next.kind() == frameData {
			if body.left -= len(next.payload()); body.left <= 0 {
				sent = append(sent, body)
				delete(c.bodies, stream)
			}
		}
		if at += len(next); next.endsHeader() {
			end = at
		}
	}
	whole, c.unsent = c.unsent[:end:end], c.unsent[end:]
	return whole, sent
}

// Close implements [net.Conn]. It leaves a dead connection open until the server is closed.
func (c *conn) Close() error {
	if c.state.Load() == dead && c.listener.closing.Err() == nil {
		return nil
	}
	c.listener.forget(c)
	if c.state.Load() == dead {
		return c.raw.Close()
	}
	return c.Conn.Close()
}
