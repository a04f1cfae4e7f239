package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"
)

var (
	errStalled = errors.New("no byte moved")
	errOver    = errors.New("the attempt is over")
	errShorter = errors.New("tarball: the tarball became shorter while it was sent")
	errBadRead = errors.New("tarball: its Read returns a count that cannot be")
	errHangs   = errors.New("tarball: reading the tarball, or reporting the progress, does not come to an end")
	errGoexit  = errors.New("tarball: reading the tarball, or reporting the progress, ended its goroutine")
)

const (
	// responseTime is how many times longer than bytes the response may take, once the last byte
	// was handed over: buffers on the way empty at the pace of the slowest part of it.
	responseTime = 5
	// grace is how long the end of the context waits for what is under way.
	grace = time.Second
)

// body is a tarball as one attempt sends it. A goroutine of its own reads the tarball and reports
// the progress, and hands the bytes over through a pipe: what hangs there does not keep the
// transport from ending, and a transport that reads on after the end gets nothing.
type body struct {
	*io.PipeReader
	writer   *io.PipeWriter
	tarball  *Tarball
	progress func(sent, total int64)
	taken    atomic.Int64 // bytes, by the transport
	stall    time.Duration
	watch    *time.Timer // ends the attempt; nil if stalls are not watched for
	read     chan read   // what came of reading the tarball
	unhook   func() bool
}

// read is what came of reading a tarball.
type read struct {
	whole    bool // and of handing it over
	err      error
	hangs    bool // it may still be under way
	panicked any
}

// newBody returns a body that is not open yet.
func newBody(tarball *Tarball, progress func(sent, total int64), stall time.Duration) *body {
	b := &body{tarball: tarball, progress: progress, stall: stall, read: make(chan read, 1)}
	b.PipeReader, b.writer = io.Pipe()
	return b
}

// open begins to read the tarball. It has the transport's Read end when ctx does, and ends ctx by
// stop once no byte moved for the time of a stall.
func (b *body) open(ctx context.Context, stop context.CancelCauseFunc) {
	b.unhook = context.AfterFunc(ctx, func() { _ = b.CloseWithError(context.Cause(ctx)) })
	if b.stall > 0 {
		b.watch = time.AfterFunc(b.stall, func() { stop(fmt.Errorf("%w for %v or longer", errStalled, b.stall)) })
	}
	go func() {
		end := read{err: errGoexit}
		defer func() {
			end.panicked = recover()
			_ = b.writer.CloseWithError(end.err)
			b.read <- end
		}()
		end.whole, end.err = b.copy()
	}()
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

// close ends the attempt: nothing is read, nor reported, after it. What hangs it leaves behind, a
// moment after ctx has ended, or when nothing has moved for as long as a stall may take. A panic
// of what the caller gave goes on here, where the caller can recover.
func (b *body) close(ctx context.Context) read {
	_ = b.CloseWithError(errOver)
	b.unhook()
	if b.watch != nil {
		b.watch.Stop()
	}
	var late <-chan time.Time
	if b.stall > 0 {
		timer := time.NewTimer(b.stall)
		defer timer.Stop()
		late = timer.C
	}
	select {
	case end := <-b.read:
		return end.orPanic()
	case <-late:
		return read{err: errHangs, hangs: true}
	case <-ctx.Done():
	}
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case end := <-b.read:
		return end.orPanic()
	case <-timer.C:
		return read{err: fmt.Errorf("%w: %w", ctx.Err(), errHangs), hangs: true}
	}
}

func (r read) orPanic() read {
	if r.panicked != nil {
		panic(r.panicked)
	}
	return r
}
