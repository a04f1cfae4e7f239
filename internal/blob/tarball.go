package blob

import (
	"bytes"
	"context"
	"crypto/md5"
	"errors"
	"fmt"
	"io"

	"github.com/astro-finalize/astro-finalize-go/internal/retry"
)

// maxSize is how long a blob may be that is put at once: 5,000 MiB.
const maxSize = 5000 << 20

// Tarball is a tarball of which is known what the storage must be told.
type Tarball struct {
	io.ReadSeeker
	Size int64
	sum  []byte
}

// MD5 returns the tarball's MD5, so that measuring it again need not read it.
func (t *Tarball) MD5() []byte { return t.sum }

// InvalidError says why something is no tarball that could be uploaded.
type InvalidError struct {
	Value string // what is at fault, where it can be shown
	Rule  string
}

func (e *InvalidError) Error() string { return "tarball " + e.Rule }

// Measure checks a tarball, and reads it through for its MD5 unless it has a method MD5 that knows
// it. What breaks a rule is an [*InvalidError]; any other error is that of reading. It returns within
// a second of the end of ctx, though a Read that hangs may still be under way then.
func Measure(ctx context.Context, tarball io.ReadSeeker) (*Tarball, error) {
	if tarball == nil {
		return nil, &InvalidError{Rule: "must not be nil"}
	}
	measured := start(func() (*Tarball, error) { return measure(ctx, tarball) }).wait(ctx, 0)
	return measured.value, measured.err
}

func measure(ctx context.Context, tarball io.ReadSeeker) (*Tarball, error) {
	size, err := tarball.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = tarball.Seek(0, io.SeekStart)
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("tarball: %w", err)
	case size < 0:
		return nil, errors.New("tarball: its Seek returns a size that cannot be")
	case size == 0:
		return nil, &InvalidError{Rule: "must not be empty: a tarball, even of nothing, has some bytes"}
	case size > maxSize:
		return nil, &InvalidError{fmt.Sprint(size), "must have at most 5000 MiB (5242880000 bytes), which is what the storage takes at once"}
	}
	// What begins it tells a tarball from the file that was meant to go into one.
	begin := make([]byte, min(size, 512))
	hash := md5.New()
	if _, err := io.ReadFull(io.TeeReader(contextReader{ctx, tarball}, hash), begin); err != nil {
		return nil, fmt.Errorf("tarball: %w", err)
	}
	if !isTarball(begin) {
		return nil, &InvalidError{Rule: "must be a tar archive, as it is or compressed by gzip"}
	}
	if known, isKnown := tarball.(interface{ MD5() []byte }); isKnown {
		if sum := known.MD5(); len(sum) == md5.Size {
			return &Tarball{tarball, size, sum}, nil
		}
	}
	read, err := io.Copy(hash, contextReader{ctx, tarball})
	if err == nil && int64(len(begin))+read != size {
		err = errors.New("its size changes while it is read")
	}
	if err != nil {
		return nil, fmt.Errorf("tarball: %w", err)
	}
	return &Tarball{tarball, size, hash.Sum(nil)}, nil
}

func isTarball(start []byte) bool {
	isGzip := bytes.HasPrefix(start, []byte{0x1f, 0x8b})
	return isGzip || len(start) == 512 && bytes.HasPrefix(start[257:], []byte("ustar"))
}

// contextReader ends when its context does, and returns no count that cannot be.
type contextReader struct {
	ctx context.Context
	io.Reader
}

func (r contextReader) Read(p []byte) (int, error) {
	if err := retry.ContextError(r.ctx); err != nil {
		return 0, err
	}
	n, err := r.Reader.Read(p)
	if n < 0 || n > len(p) {
		return 0, errBadRead
	}
	return n, err
}
