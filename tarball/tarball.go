package tarball

import (
	"bytes"
	"errors"
	"io"
	"os"
)

// Tarball is a tarball that is ready to be uploaded: an [io.ReadSeekCloser] and an
// [io.ReaderAt] that is at its beginning. Close it when done.
type Tarball struct {
	file      *os.File
	leftover  string // what Close removes, if anything
	size      int64
	md5       []byte
	files     int
	content   string // its digest
	prefix    string
	anyPrefix bool // will do for a deploy
}

var (
	_ io.ReadSeekCloser = (*Tarball)(nil)
	_ io.ReaderAt       = (*Tarball)(nil)
)

// Size is the length of the tarball in bytes.
func (t *Tarball) Size() int64 { return t.size }

// MD5 is the MD5 of the tarball, 16 bytes, as the header Content-MD5 has it in base64. It
// guards against accidents on the way, not against attacks.
func (t *Tarball) MD5() []byte { return bytes.Clone(t.md5) }

// Files is how many regular files and symlinks were packed. It is 0 for a tarball of [File],
// which is not looked into.
func (t *Tarball) Files() int { return t.files }

// ContentDigest tells whether two tarballs hold the same: it depends on the names of the entries
// (the prefix included), their kinds and modes, the targets of symlinks and the bytes of files,
// and on nothing else. It does not change with the time of packing, the level of compression or
// the version of Go. So it is what to store, and to compare before the next deploy:
//
//	if packed.ContentDigest() == last { ... } // nothing changed
//
// It guards against accidents, not against somebody who looks for two trees that share one. It
// looks like "v1:" and 64 hexadecimal digits; what comes before the colon is the version of the
// encoding, and digests of different versions say nothing about each other. It is "" for a
// tarball of [File], which is not looked into.
func (t *Tarball) ContentDigest() string { return t.content }

// Read reads the tarball, as [io.Reader] says.
func (t *Tarball) Read(p []byte) (int, error) { return t.file.Read(p) }

// ReadAt reads the tarball from offset, as [io.ReaderAt] says.
func (t *Tarball) ReadAt(p []byte, offset int64) (int, error) { return t.file.ReadAt(p, offset) }

// Seek sets where Read reads next, as [io.Seeker] says.
func (t *Tarball) Seek(offset int64, whence int) (int64, error) {
	return t.file.Seek(offset, whence)
}

// Close lets go of the tarball, which is gone then, unless it is one of [File]. Closing it
// again does nothing.
func (t *Tarball) Close() error {
	err := t.file.Close()
	if errors.Is(err, os.ErrClosed) {
		return nil
	}
	if t.leftover != "" {
		err = errors.Join(err, os.Remove(t.leftover))
	}
	return err
}
