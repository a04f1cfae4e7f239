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

// File is a tarball that exists already, at path: a regular file that begins like gzip or
// tar, of at most 5,000 MiB. The prefix of [Source.Pack] does not matter, since the entries are not moved.
// Pack reads the file once, for its MD5, and closing the [Tarball] leaves it where it is.
func File(path string) *Source {
	return &Source{func(ctx context.Context, _ string) (*Tarball, error) {
		return openTarball(ctx, path, maxSize)
	}}
}

func openTarball(ctx context.Context, path string, maxSize int64) (_ *Tarball, err error) {
	unreadable := func(err error) error {
		return &Error{Path: path, Rule: blame(err, "must be a tarball that can be read"), Err: err}
	}
	info, err := os.Stat(path) // before it is opened, where a named pipe would block
	if err != nil {
		return nil, unreadable(err)
	}
	if info.IsDir() {
		return nil, &Error{Path: path, Rule: "is a folder; pass it to Dir"}
	}
	if !info.Mode().IsRegular() {
		return nil, &Error{Path: path, Rule: "must be a regular file"}
	}
	if info.Size() > maxSize {
		return nil, &Error{Path: path, Rule: "has " + tooLarge + "; pack less into it, or keep some of it elsewhere, such as in object storage"}
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
		return nil, &Error{Path: path, Rule: "must begin like gzip or tar; is it a tarball, and whole?"}
	}
	sum := md5.New()
	size, err := io.CopyBuffer(sum, whileAlive{ctx, file}, make([]byte, bufferSize))
	if ctx.Err() != nil {
		return nil, fmt.Errorf("reading the tarball was ended: %w", contextError(ctx))
	}
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, unreadable(err)
	}
	return &Tarball{file: file, size: size, md5: sum.Sum(nil), anyPrefix: true}, nil
}

// isTarball reports whether start can begin a gzip or a tar, be it of POSIX or GNU.
func isTarball(start string) bool {
	const magicAt = 257
	return strings.HasPrefix(start, "\x1f\x8b") || len(start) > magicAt && strings.HasPrefix(start[magicAt:], "ustar")
}

// whileAlive reads until the context ends.
type whileAlive struct {
	ctx context.Context
	r   io.Reader
}

func (w whileAlive) Read(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	return w.r.Read(p)
}
