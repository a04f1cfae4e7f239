package tarball

import (
	"bytes"
	"errors"
	"io"
	"os"
)

// Tarball is a tarball that is ready to be uploaded: an [io.ReadSeekCloser] and an [io.ReaderAt],
// positioned at the start. The caller closes it.
type Tarball struct {
	file      *os.File
	leftover  string // the file that Close removes, or ""
	size      int64
	md5       []byte
	files     int
	content   string // its digest
	prefix    string
	anyPrefix bool // Open accepts any prefix
}

var (
	_ io.ReadSeekCloser = (*Tarball)(nil)
	_ io.ReaderAt       = (*Tarball)(nil)
)

// Size returns the size of the tarball in bytes.
func (t *Tarball) Size() int64 { return t.size }

// MD5 returns the 16-byte MD5 of the tarball, for the header Content-MD5. It detects transmission errors,
// not attacks.
func (t *Tarball) MD5() []byte { return bytes.Clone(t.md5) }

// Files returns the number of packed files and symlinks. It is 0 for a tarball of [File], which is not
// inspected.
func (t *Tarball) Files() int { return t.files }

// ContentDigest returns a digest that is equal for tarballs with the same content. It depends only on the
// names of the entries (including the prefix), their kinds and modes, the targets of symlinks and the
// bytes of files, not on the time of packing, the compression level or the version of Go. Store it, and
// compare it before the next deploy:
//
//	if packed.ContentDigest() == last { ... } // nothing changed
//
// It detects changes, but does not resist deliberate collisions. It consists of "v1:" and 64 hexadecimal
// digits. "v1" is the version of the encoding; digests of different versions cannot be compared. It is ""
// for a tarball of [File], which is not inspected.
func (t *Tarball) ContentDigest() string { return t.content }

// Read implements [io.Reader].
func (t *Tarball) Read(p []byte) (int, error) { return t.file.Read(p) }

// ReadAt implements [io.ReaderAt].
func (t *Tarball) ReadAt(p []byte, offset int64) (int, error) { return t.file.ReadAt(p, offset) }

// Seek implements [io.Seeker].
func (t *Tarball) Seek(offset int64, whence int) (int64, error) {
	return t.file.Seek(offset, whence)
}

// Close closes the tarball and deletes it, unless it is from [File]. Closing it again does nothing.
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
