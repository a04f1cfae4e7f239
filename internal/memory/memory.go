// Package memory is an in-memory network for tests in a [testing/synctest] bubble, whose clock would not
// advance while a real connection waits.
package memory

import (
	"context"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// Network is a listener that only its own Dial connects to.
type Network struct {
	dialed chan net.Conn
	closed chan struct{}
	once   sync.Once
}

// New returns a network that accepts connections.
func New() *Network {
	return &Network{dialed: make(chan net.Conn), closed: make(chan struct{})}
}

var addr = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1}

// Accept implements [net.Listener].
func (n *Network) Accept() (net.Conn, error) {
	select {
	case dialed := <-n.dialed:
		return dialed, nil
	case <-n.closed:
		return nil, net.ErrClosed
	}
}

// Close implements [net.Listener].
func (n *Network) Close() error {
	n.once.Do(func() { close(n.closed) })
	return nil
}

// Addr implements [net.Listener].
func (n *Network) Addr() net.Addr { return addr }

// Dial is for [net/http.Transport.DialContext]. It fails like a real dial.
func (n *Network) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	up, down := newFlow(), newFlow()
	var err error
	select {
	case n.dialed <- &conn{in: up, out: down}:
		return &conn{in: down, out: up}, nil
	case <-n.closed:
		err = os.NewSyscallError("connect", errRefused)
	case <-ctx.Done():
		err = ctx.Err()
	}
	return nil, &net.OpError{Op: "dial", Net: "tcp", Addr: addr, Err: err}
}

// conn is one end of a connection. Unlike [net.Pipe], it has buffers like a real one: without them, both
// ends of HTTP/2 could wait for each other to read.
type conn struct{ in, out *flow }

func (c *conn) Read(into []byte) (int, error)  { return c.in.read(into) }
func (c *conn) Write(from []byte) (int, error) { return c.out.write(from) }
func (c *conn) LocalAddr() net.Addr            { return addr }
func (c *conn) RemoteAddr() net.Addr           { return addr }

// CloseWrite makes the other end read io.EOF.
func (c *conn) CloseWrite() error {
	c.out.change(func() { c.out.writerGone = true })
	return nil
}

func (c *conn) Close() error {
	c.in.change(func() { c.in.readerGone, c.in.buffered = true, nil })
	return c.CloseWrite()
}

func (c *conn) SetDeadline(t time.Time) error {
	_ = c.SetReadDeadline(t)
	return c.SetWriteDeadline(t)
}

func (c *conn) SetReadDeadline(t time.Time) error {
	c.in.change(func() { c.in.readBy.set(c.in, t) })
	return nil
}

func (c *conn) SetWriteDeadline(t time.Time) error {
	c.out.change(func() { c.out.writeBy.set(c.out, t) })
	return nil
}

// flow is one direction of a connection.
type flow struct {
	mu                     sync.Mutex
	changed                *sync.Cond
	buffered               []byte
	readerGone, writerGone bool
	readBy, writeBy        deadline
}

const flowBuffer = 32 << 10

func newFlow() *flow {
	f := &flow{}
	f.changed = sync.NewCond(&f.mu)
	return f
}

func (f *flow) change(how func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	how()
	f.changed.Broadcast()
}

func (f *flow) read(into []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for ; ; f.changed.Wait() {
		switch {
		case f.readerGone:
			return 0, io.ErrClosedPipe
		case f.readBy.passed():
			return 0, os.ErrDeadlineExceeded
		case len(f.buffered) > 0:
			n := copy(into, f.buffered)
			f.buffered = f.buffered[n:]
			f.changed.Broadcast()
			return n, nil
		case f.writerGone:
			return 0, io.EOF
		}
	}
}

func (f *flow) write(from []byte) (written int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for {
		switch room := flowBuffer - len(f.buffered); {
		case f.readerGone, f.writerGone:
			return written, io.ErrClosedPipe
		case f.writeBy.passed():
			return written, os.ErrDeadlineExceeded
		case written == len(from):
			return written, nil
		case room > 0:
			taken := from[written:min(written+room, len(from))]
			f.buffered = append(f.buffered, taken...)
			written += len(taken)
			f.changed.Broadcast()
		default:
			f.changed.Wait()
		}
	}
}

// deadline wakes the goroutines that wait on a flow when it passes.
type deadline struct {
	at    time.Time
	timer *time.Timer
}

func (d *deadline) set(f *flow, at time.Time) {
	if d.timer != nil {
		d.timer.Stop()
	}
	if d.at = at; !at.IsZero() {
		d.timer = time.AfterFunc(time.Until(at), func() { f.change(func() {}) })
	}
}

func (d *deadline) passed() bool { return !d.at.IsZero() && !time.Now().Before(d.at) }
