package astrotest

import (
	"fmt"
	"net"
	"net/http"
)

// cut closes the connection without the alert that TLS sends.
func (c *conn) cut() { _ = c.raw.Close() }

// reset closes the connection. With TCP the peer gets a reset.
func (c *conn) reset() {
	if tcp, ok := c.raw.(interface{ SetLinger(int) error }); ok {
		_ = tcp.SetLinger(0)
	}
	c.cut()
}

// resetWith sets the error code of the RST_STREAM that net/http will send.
func (c *conn) resetWith(stream uint32, code ErrCode) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.resets[stream] = code
}

// goAway sends GOAWAY and nothing else. The connection then reads and drops what the client sends
// until the client closes it: closing it first could keep the client from reading the frame.
func (c *conn) goAway() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state.Store(leaving)
	_, _ = c.Conn.Write(newFrame(frameGoAway, 0, 0, make([]byte, 8))) // stream 0, NO_ERROR
	for _, layer := range []net.Conn{c.Conn, c.raw} {
		half, ok := layer.(interface{ CloseWrite() error })
		if !ok {
			_ = layer.Close()
			continue
		}
		_ = half.CloseWrite()
	}
}

// writePartOfHeader writes the first part of a response's header.
func (c *conn) writePartOfHeader(stream uint32, status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state.Store(leaving) // no other write can follow
	part := fmt.Appendf(nil, "HTTP/1.1 %d %s\r\nContent-Ty", status, http.StatusText(status))
	if stream != 0 {
		part = newFrame(frameHeaders, flagEndHeaders, stream, make([]byte, 64))[:frameHeader+1]
	}
	_, _ = c.Conn.Write(part)
}

// awaitBody returns a function that waits until a number of bytes of the stream's body have been
// sent, or the stream or the server ends. Flush does this for HTTP/1.1, but not for HTTP/2.
func (c *conn) awaitBody(r *http.Request, stream uint32, bytes int) (wait func()) {
	if stream == 0 {
		return func() {}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	body := &sentBody{left: bytes, sent: make(chan struct{})}
	c.bodies[stream] = body
	return func() {
		select {
		case <-body.sent:
		case <-r.Context().Done():
		case <-c.listener.closing.Done():
		}
	}
}
