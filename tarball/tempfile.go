package tarball

import (
	"crypto/md5"
	"hash"
	"io"
	"os"
	"sync/atomic"
)

// newTempFile makes a file that only this user can read. Where the system lets an open file
// be removed, it is gone when the process is; else leftover is what remains to be removed.
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
	rule := blame(err, "must be a directory for temporary files; fix that, or set TMPDIR (on Windows TMP) to another")
	if isNoRoom(err) {
		rule = "must be a directory with room for the tarball; make room, or set TMPDIR (on Windows TMP) to another"
	}
	return &Error{Path: os.TempDir(), Rule: rule, Err: err}
}

// maxSize is how large a tarball may be: 5,000 MiB, which the storage takes in one upload.
const maxSize = 5000 << 20

const tooLarge = "more than 5,000 MiB, which one upload cannot hold"

// sink is what the compressor writes to. It never fails: after an error it takes all and
// keeps nothing, so that the compressor ends like any other time, and its goroutines with it.
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
		s.failure.Store(&Error{Path: s.cfg.folder, Rule: "makes a tarball of " + tooLarge + "; exclude what the deploy does not need with Ignore, or keep it elsewhere, such as in object storage"})
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

// err is what went wrong when writing.
func (s *sink) err() error {
	if failure := s.failure.Load(); failure != nil {
		return failure
	}
	return nil
}
