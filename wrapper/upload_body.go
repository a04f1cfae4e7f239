package wrapper

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

var (
	errStalled = errors.New("no byte moved")
	errOver    = errors.New("the attempt is over")
	errShorter = errors.New("the tarball became shorter while it was sent")
	errHangs   = errors.New("reading the tarball, or reporting the progress, does not come to an end")
	errBadRead = errors.New("its Read returns a count that cannot be")
)

// unreadableTarball marks an error for which another attempt would send no more.
type unreadableTarball struct{ err error }

func (e *unreadableTarball) Error() string { return "tarball: " + e.err.Error() }
func (e *unreadableTarball) Unwrap() error { return e.err }

// uploadBody is a tarball as one attempt sends it. A transport may go on reading after it gave
// up, which must disturb neither the next attempt nor the caller.
type uploadBody struct {
	tarball  io.Reader
	progress func(sent, total int64) // nil if nobody asks
	stall    time.Duration           // 0 means that stalls are not watched for
	watch    *time.Timer

	turn  chan struct{} // held by the Read that is under way, and for good by end
	over  chan struct{} // closed by end
	sent  int64
	total int64
	err   error // why the tarball cannot be read
}

// answerTime is how many times longer than bytes the answer may take, once the last byte was
// handed over: buffers on the way empty at the pace of the slowest part of it.
const answerTime = 5

// newUploadBody returns a body that calls stalled once it was not read for so long.
func newUploadBody(tarball *measured, progress func(sent, total int64), stall time.Duration, stalled func()) *uploadBody {
	b := &uploadBody{
		tarball: tarball, total: tarball.size, progress: progress, stall: stall,
		turn: make(chan struct{}, 1), over: make(chan struct{}),
	}
	if stall > 0 {
		b.watch = time.AfterFunc(stall, stalled)
	}
	return b
}

func (b *uploadBody) Read(p []byte) (int, error) {
	select {
	case <-b.over:
		return 0, errOver
	case b.turn <- struct{}{}:
		defer func() { <-b.turn }()
	}
	if b.isOver() { // of two that are ready select takes either
		return 0, errOver
	}
	if b.sent == b.total {
		return 0, io.EOF
	}
	n, err := b.tarball.Read(p[:min(int64(len(p)), b.total-b.sent)])
	if n < 0 || int64(n) > b.total-b.sent || n > len(p) {
		n, err = 0, errBadRead
	}
	b.sent += int64(n)
	switch {
	case err == io.EOF && b.sent == b.total:
		err = nil
	case err == io.EOF:
		err = errShorter
	}
	if err != nil {
		b.err = &unreadableTarball{err}
		return n, b.err
	}
	if b.isOver() {
		return 0, errOver
	}
	b.moved()
	if n > 0 && b.progress != nil {
		b.progress(b.sent, b.total)
		b.moved() // however long that took
	}
	return n, nil
}

func (b *uploadBody) isOver() bool {
	select {
	case <-b.over:
		return true
	default:
		return false
	}
}

// moved is told that the upload goes on. It is called by the Read that is under way, or after
// the last one.
func (b *uploadBody) moved() {
	switch {
	case b.watch == nil:
	case b.sent == b.total:
		b.watch.Reset(answerTime * b.stall)
	default:
		b.watch.Reset(b.stall)
	}
}

// heard is told that the storage, or what is before it, said to go on. It is not for a Read
// that is under way, which says so itself.
func (b *uploadBody) heard() {
	select {
	case b.turn <- struct{}{}:
		b.moved()
		<-b.turn
	default:
	}
}

// Close implements [io.Closer] for the transport.
func (b *uploadBody) Close() error { return nil }

// end has nothing more read, nor reported, and returns whether the tarball was read to its
// end. If a Read is under way that does not return, it waits no longer than ctx, or than a
// stall may take.
func (b *uploadBody) end(ctx context.Context) (whole bool, err error) {
	close(b.over)
	defer func() {
		if b.watch != nil {
			b.watch.Stop()
		}
	}()
	select { // first, since of several that are ready select takes any
	case b.turn <- struct{}{}:
		return b.sent == b.total, b.err
	default:
	}
	var late <-chan time.Time
	if b.stall > 0 {
		timer := time.NewTimer(b.stall)
		defer timer.Stop()
		late = timer.C
	}
	select {
	case b.turn <- struct{}{}:
		return b.sent == b.total, b.err
	case <-ctx.Done():
		return false, fmt.Errorf("%w: %w", ctx.Err(), errHangs)
	case <-late:
		return false, &unreadableTarball{errHangs}
	}
}
