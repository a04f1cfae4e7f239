package astrotest

import (
	"fmt"
	"net"
	"net/http"
)

// cut closes the connection without a word, which TLS would have.
func (c *conn) cut() { _ = c.raw.Close() }

// reset closes the connection so that the other end notices at once, where its kind has that.
func (c *conn) reset() {
	if tcp, ok := c.raw.(interface{ SetLinger(int) error }); ok {
		_ = tcp.SetLinger(0)
	}
	c.cut()
}

// resetWith has net/http's reset of the stream, which follows, say another code.
func (c *conn) resetWith(stream uint32, code ErrCode) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.resets[stream] = code
}

// goAway sends GOAWAY and nothing else. What the client sends is read and dropped until it closes
// the connection: if there were an end to that, the client might not get to read the frame.
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

// writePartOfHeader writes a response's header up to somewhere amid it.
func (c *conn) writePartOfHeader(stream uint32, status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state.Store(leaving) // nothing comes in between
	part := fmt.Appendf(nil, "HTTP/1.1 %d %s\r\nContent-Ty", status, http.StatusText(status))
	if stream != 0 {
		part = newFrame(frameHeaders, flagEndHeaders, stream, make([]byte, 64))[:frameHeader+1]
	}
	_, _ = c.Conn.Write(part)
}

// awaitBody returns a function that waits until so many bytes of the stream's body have been sent, or
// will not be: to flush them is not to wait for that, unless the connection is of HTTP/1.1.
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
