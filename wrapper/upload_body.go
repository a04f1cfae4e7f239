package wrapper

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

var (
	errStalled = errors.New("no byte moved")
	errOver    = errors.New("the attempt is over")
	errShorter = errors.New("the tarball became shorter while it was sent")
)

// uploadBody is a tarball as one attempt sends it. A transport may go on reading after it gave
// up, which must disturb neither the next attempt nor the caller.
type uploadBody struct {
	tarball  io.Reader
	progress func(sent, total int64) // nil if nobody asks
	stall    time.Duration
	watch    *time.Timer // nil if stalls are not watched for

	mu    sync.Mutex
	sent  int64
	total int64
	over  bool
	err   error // why the tarball cannot be read
}

// newUploadBody returns a body that calls stalled once no byte of it was read for so long.
func newUploadBody(tarball *measured, progress func(sent, total int64), stall time.Duration, stalled func()) *uploadBody {
	b := &uploadBody{tarball: tarball, total: tarball.size, progress: progress, stall: stall}
	if stall > 0 {
		b.watch = time.AfterFunc(stall, stalled)
	}
	return b
}

func (b *uploadBody) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.over:
		return 0, errOver
	case b.sent == b.total:
		return 0, io.EOF
	}
	n, err := b.tarball.Read(p[:min(int64(len(p)), b.total-b.sent)])
	b.sent += int64(n)
	switch {
	case err == io.EOF && b.sent == b.total:
		err = nil
	case err == io.EOF:
		err = errShorter
	}
	if err != nil {
		b.err = fmt.Errorf("tarball: %w", err)
		return n, b.err
	}
	if n > 0 && b.watch != nil {
		b.watch.Reset(b.stall)
	}
	if n > 0 && b.progress != nil {
		b.progress(b.sent, b.total)
	}
	return n, nil
}

// Close implements [io.Closer] for the transport.
func (b *uploadBody) Close() error { return nil }

// end has nothing more read, nor reported.
func (b *uploadBody) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.over = true
	if b.watch != nil {
		b.watch.Stop()
	}
}

// failure returns why the tarball cannot be read, or nil.
func (b *uploadBody) failure() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.err
}
