package tarball

import (
	"context"
	"crypto/md5"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// File returns a source for the existing tarball at path, a regular gzip or tar file of at most 5,000 MiB.
// Its entries are not changed, so the prefix of [Source.Pack] has no effect. Pack reads the file once to
// compute the MD5. Closing the [Tarball] does not remove the file.
func File(path string) *Source {
	return &Source{func(ctx context.Context, _ string) (*Tarball, error) {
		return openTarball(ctx, path, maxSize)
	}}
}

func openTarball(ctx context.Context, path string, maxSize int64) (_ *Tarball, err error) {
	unreadable := func(err error) error {
		return &Error{Path: path, Rule: ruleFor(err, "must be a readable tarball"), Err: err}
	}
	info, err := os.Stat(path) // before opening it, since a named pipe would block
	if err != nil {
		return nil, unreadable(err)
	}
	if info.IsDir() {
		return nil, &Error{Path: path, Rule: "is a folder; use Dir"}
	}
	if !info.Mode().IsRegular() {
		return nil, &Error{Path: path, Rule: "must be a regular file"}
	}
	if info.Size() > maxSize {
		return nil, &Error{Path: path, Rule: "has " + tooLarge + "; pack less, or store large files elsewhere, such as in object storage"}
	}
	file, err := os.OpenFile(path, os.O_RDONLY|nonBlocking, 0)
	if err != nil {
		return nil, unreadable(err)
	}
	defer func() {
		if err != nil {
			_ = file.Close()
		}
	}()
	start := make([]byte, 512)
	n, err := file.ReadAt(start, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, unreadable(err)
	}
	if !isTarball(string(start[:n])) {
		return nil, &Error{Path: path, Rule: "does not start like a gzip or tar file; check that it is a complete tarball"}
	}
	sum := md5.New()
	size, err := io.CopyBuffer(sum, contextReader{ctx, file}, make([]byte, bufferSize))
	if ctx.Err() != nil {
		return nil, fmt.Errorf("stopped reading the tarball: %w", contextError(ctx))
	}
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, unreadable(err)
	}
	return &Tarball{file: file, size: size, md5: sum.Sum(nil), anyPrefix: true}, nil
}

// isTarball reports whether a file that starts with start may be gzip or tar (POSIX or GNU).
func isTarball(start string) bool {
	const magicAt = 257
	return strings.HasPrefix(start, "\x1f\x8b") || len(start) > magicAt && strings.HasPrefix(start[magicAt:], "ustar")
}

// contextReader reads until the context ends.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
