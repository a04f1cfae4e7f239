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

// maxSize is the largest blob that one Put Blob stores: 5,000 MiB.
const maxSize = 5000 << 20

// Tarball is a tarball whose size and MD5 are known.
type Tarball struct {
	io.ReadSeeker
	Size int64
	sum  []byte
}

// MD5 returns the tarball's MD5. [Measure] calls it instead of reading the whole tarball.
func (t *Tarball) MD5() []byte { return t.sum }

// Over returns the same tarball, read by another reader.
func (t *Tarball) Over(reader io.ReadSeeker) *Tarball { return &Tarball{reader, t.Size, t.sum} }

// InvalidError says why a tarball cannot be uploaded.
type InvalidError struct {
	Value string // the invalid value, if it can be shown
	Rule  string
}

func (e *InvalidError) Error() string { return "tarball " + e.Rule }

// Measure checks a tarball and computes its MD5, unless the tarball has a method MD5. It returns an
// [*InvalidError] if the tarball breaks a rule; any other error is from reading it.
// Measure returns within a second after ctx ends, even while a Read hangs.
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
		return nil, errors.New("tarball: Seek returned a negative size")
	case size == 0:
		return nil, &InvalidError{Rule: "must not be empty: even a tarball without files has some bytes"}
	case size > maxSize:
		return nil, &InvalidError{fmt.Sprint(size), "must have at most 5000 MiB (5242880000 bytes), the storage's limit for one upload"}
	}
	// The first bytes tell a tarball from a file that was passed by mistake.
	begin := make([]byte, min(size, 512))
	hash := md5.New()
	if _, err := io.ReadFull(io.TeeReader(contextReader{ctx, tarball}, hash), begin); err != nil {
		return nil, fmt.Errorf("tarball: %w", err)
	}
	if !isTarball(begin) {
		return nil, &InvalidError{Rule: "must be a tar archive, uncompressed or compressed with gzip"}
	}
	if known, isKnown := tarball.(interface{ MD5() []byte }); isKnown {
		if sum := known.MD5(); len(sum) == md5.Size {
			return &Tarball{tarball, size, sum}, nil
		}
	}
	read, err := io.Copy(hash, contextReader{ctx, tarball})
	if err == nil && int64(len(begin))+read != size {
		err = errors.New("its size changed while it was read")
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

// contextReader fails once its context has ended, and when the Reader returns an invalid count.
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
