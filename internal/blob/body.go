package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"sync/atomic"
	"time"
)

var (
	errStalled  = errors.New("no byte moved")
	errOver     = errors.New("the attempt is over")
	errUnread   = errors.New("the tarball cannot be read") // for the transport; the caller gets the cause
	errShorter  = errors.New("tarball: it became shorter while it was sent")
	errBadRead  = errors.New("tarball: Read returned an invalid count")
	errInterims = fmt.Errorf("received more than %d interim (1xx) responses", maxInterims)
)

const (
	// responseTime is how many times longer than a stall the response may take once the last byte was
	// sent, because buffers on the network path still have to empty.
	responseTime = 5
	// maxInterims is how many 1xx responses an attempt accepts. net/http does not limit them if a
	// trace receives them.
	maxInterims = 100
)

// body is the request body of one attempt. A separate goroutine reads the tarball, reports the
// progress and writes to a pipe. A Read that hangs there does not block the transport, a panic there
// does not crash the process, and a transport that reads after the attempt gets nothing.
type body struct {
	*io.PipeReader
	writer   *io.PipeWriter
	tarball  *Tarball
	progress func(sent, total int64)
	taken    atomic.Int64 // bytes that the transport read
	interims atomic.Int32 // number of 1xx responses
	stall    time.Duration
	stop     context.CancelCauseFunc // ends the attempt
	watch    *time.Timer             // calls stop after a stall; nil if there is no limit
	read     calling[bool]           // whether the whole tarball was read and taken by the transport
	unhook   func() bool
}

// newBody returns a body that is not open.
func newBody(tarball *Tarball, progress func(sent, total int64), stall time.Duration) *body {
	b := &body{tarball: tarball, progress: progress, stall: stall}
	b.PipeReader, b.writer = io.Pipe()
	return b
}

// open starts to read the tarball. The transport's Read ends when ctx does. If no byte moves for the
// stall time, open calls stop, which must end ctx.
func (b *body) open(ctx context.Context, stop context.CancelCauseFunc) {
	b.stop = stop
	b.unhook = context.AfterFunc(ctx, func() { _ = b.CloseWithError(context.Cause(ctx)) })
	if b.stall > 0 {
		b.watch = time.AfterFunc(b.stall, func() { stop(fmt.Errorf("%w for %v or longer", errStalled, b.stall)) })
	}
	b.read = start(func() (whole bool, err error) {
		defer func() { _ = b.writer.CloseWithError(errUnread) }() // has no effect if it is closed
		if whole, err = b.copy(); err == nil {
			_ = b.writer.Close()
		}
		return whole, err
	})
}

// copy writes the tarball to the pipe until the attempt is over.
func (b *body) copy() (whole bool, err error) {
	buffer := make([]byte, 32<<10)
	for sent := int64(0); sent < b.tarball.Size; {
		left := min(int64(len(buffer)), b.tarball.Size-sent)
		n, err := b.tarball.Read(buffer[:left])
		if n < 0 || int64(n) > left {
			return false, errBadRead
		}
		written, over := b.writer.Write(buffer[:n])
		sent += int64(written)
		switch {
		case over != nil:
			return false, nil
		case n > 0 && b.progress != nil:
			b.progress(sent, b.tarball.Size)
		}
		if err == io.EOF && sent < b.tarball.Size {
			return false, errShorter
		} else if err != nil && err != io.EOF {
			return false, fmt.Errorf("tarball: %w", err)
		}
	}
	return true, nil
}

// Read implements [io.Reader] for the transport.
func (b *body) Read(p []byte) (int, error) {
	n, err := b.PipeReader.Read(p)
	if n > 0 {
		b.taken.Add(int64(n))
		b.moved()
	}
	return n, err
}

// moved restarts the stall timer.
func (b *body) moved() {
	switch {
	case b.watch == nil:
	case b.taken.Load() == b.tarball.Size:
		b.watch.Reset(responseTime * b.stall)
	default:
		b.watch.Reset(b.stall)
	}
}

// interim is called for a 1xx response. A first 100 counts as progress; no other one does. Beyond
// maxInterims it ends the attempt itself, because net/http may ignore the error that it returns.
func (b *body) interim(status int, _ textproto.MIMEHeader) error {
	switch n := b.interims.Add(1); {
	case n > maxInterims:
		b.stop(errInterims)
		return errInterims
	case n == 1 && status == http.StatusContinue:
		b.moved()
	}
	return nil
}

// close ends the attempt: nothing is read or reported afterwards. It does not wait for a call that
// hangs longer than the stall time, or longer than a moment after ctx has ended.
func (b *body) close(ctx context.Context) called[bool] {
	_ = b.CloseWithError(errOver)
	b.unhook()
	if b.watch != nil {
		b.watch.Stop()
	}
	return b.read.wait(ctx, b.stall)
}
