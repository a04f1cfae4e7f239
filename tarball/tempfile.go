package tarball

import (
	"crypto/md5"
	"hash"
	"io"
	"os"
	"sync/atomic"
)

// newTempFile creates a file that only this user can read. If the system can remove an open file, it does
// so, and the file disappears with the process. Otherwise leftover is the file to remove.
func newTempFile() (file *os.File, leftover string, err error) {
	file, err = os.CreateTemp("", "astro-deploy-*.tar.gz")
	if err != nil {
		return nil, "", tempError(err)
	}
	if os.Remove(file.Name()) != nil {
		leftover = file.Name()
	}
	return file, leftover, nil
}

func tempError(err error) *Error {
	rule := ruleFor(err, "must be a writable directory; fix that, or set TMPDIR (TMP on Windows) to another one")
	if isNoRoom(err) {
		rule = "has no space for the tarball; free some space, or set TMPDIR (TMP on Windows) to another directory"
	}
	return &Error{Path: os.TempDir(), Rule: rule, Err: err}
}

// maxSize is the storage's limit for one upload: 5,000 MiB.
const maxSize = 5000 << 20

const tooLarge = "more than 5,000 MiB, the limit for one upload"

// sink is the writer below the compressor. Its Write never fails: after an error it discards the data, so
// that the compressor and its goroutines end normally.
type sink struct {
	file    io.Writer
	cfg     *config
	md5     hash.Hash
	size    int64
	failure atomic.Pointer[Error]
}

func newSink(file io.Writer, cfg *config) *sink { return &sink{file: file, cfg: cfg, md5: md5.New()} }

func (s *sink) Write(p []byte) (int, error) {
	if s.failure.Load() != nil {
		return len(p), nil
	}
	if s.size+int64(len(p)) > s.cfg.maxSize {
		s.failure.Store(&Error{Path: s.cfg.folder, Rule: "makes a tarball of " + tooLarge + "; exclude what the deploy does not need with Ignore, or store it elsewhere, such as in object storage"})
		return len(p), nil
	}
	n, err := s.file.Write(p)
	if err != nil {
		s.failure.Store(tempError(err))
		return len(p), nil
	}
	_, _ = s.md5.Write(p)
	s.size += int64(n)
	return len(p), nil
}

// err returns the first write error.
func (s *sink) err() error {
	if failure := s.failure.Load(); failure != nil {
		return failure
	}
	return nil
}
