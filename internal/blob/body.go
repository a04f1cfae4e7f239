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
	errUnread   = errors.New("the tarball cannot be read") // for the transport; the caller gets the reason
	errShorter  = errors.New("tarball: the tarball became shorter while it was sent")
	errBadRead  = errors.New("tarball: its Read returns a count that cannot be")
	errInterims = fmt.Errorf("more than %d interim (1xx) responses came before the response", maxInterims)
)

const (
	// responseTime is how many times longer than bytes the response may take, once the last byte
	// was handed over: buffers on the way empty at the pace of the slowest part of it.
	responseTime = 5
	// maxInterims is how many 1xx may come before a response. net/http does not bound them where it
	// reports them.
	maxInterims = 100
)

// body is a tarball as one attempt sends it. A goroutine of its own reads the tarball and reports
// the progress, and hands the bytes over through a pipe: what hangs there does not keep the
// transport from ending, a panic there does not end the process, and a transport that reads on after
// the end gets nothing.
type body struct {
	*io.PipeReader
	writer   *io.PipeWriter
	tarball  *Tarball
	progress func(sent, total int64)
	taken    atomic.Int64 // bytes, by the transport
	interims atomic.Int32 // 1xx that came
	stall    time.Duration
	stop     context.CancelCauseFunc // ends the attempt
	watch    *time.Timer             // does so; nil if stalls are not watched for
	read     calling[bool]           // whether all of the tarball was read, and handed over
	unhook   func() bool
}

// newBody returns a body that is not open yet.
func newBody(tarball *Tarball, progress func(sent, total int64), stall time.Duration) *body {
	b := &body{tarball: tarball, progress: progress, stall: stall}
	b.PipeReader, b.writer = io.Pipe()
	return b
}

// open begins to read the tarball. It has the transport's Read end when ctx does, and ends ctx by
// stop once no byte moved for the time of a stall.
func (b *body) open(ctx context.Context, stop context.CancelCauseFunc) {
	b.stop = stop
	b.unhook = context.AfterFunc(ctx, func() { _ = b.CloseWithError(context.Cause(ctx)) })
	if b.stall > 0 {
		b.watch = time.AfterFunc(b.stall, func() { stop(fmt.Errorf("%w for %v or longer", errStalled, b.stall)) })
	}
	b.read = start(func() (whole bool, err error) {
		defer func() { _ = b.writer.CloseWithError(errUnread) }() // unless it is closed
		if whole, err = b.copy(); err == nil {
			_ = b.writer.Close()
		}
		return whole, err
	})
}

// copy hands the tarball over, until the attempt is over.
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

// moved is told that the upload goes on.
func (b *body) moved() {
	switch {
	case b.watch == nil:
	case b.taken.Load() == b.tarball.Size:
		b.watch.Reset(responseTime * b.stall)
	default:
		b.watch.Reset(b.stall)
	}
}

// interim is told of a 1xx. The first 100 says to go on, and is as good as a byte; any other says
// nothing of the upload. It ends the attempt itself, since another trace may outrank what it returns.
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

// close ends the attempt: nothing is read, nor reported, after it. What hangs it leaves behind, a
// moment after ctx has ended, or when nothing has moved for as long as a stall may take.
func (b *body) close(ctx context.Context) called[bool] {
	_ = b.CloseWithError(errOver)
	b.unhook()
	if b.watch != nil {
		b.watch.Stop()
	}
	return b.read.wait(ctx, b.stall)
}
