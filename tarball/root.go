package tarball

import (
	"errors"
	"io/fs"
	"os"
)

// errReplaced says that something else is there than was listed.
var errReplaced = errors.New("something else took its place")

// rootFS is a folder whose entries are opened as what they are: a symlink that took the place
// of one is not followed, and a named pipe that did is not waited for.
type rootFS struct {
	fs.FS // for what is not below: symlinks
	root  *os.Root
}

var (
	_ fs.ReadDirFS  = rootFS{}
	_ fs.StatFS     = rootFS{}
	_ fs.ReadLinkFS = rootFS{}
)

// Open implements [fs.FS].
func (r rootFS) Open(name string) (fs.File, error) {
	listed, err := r.root.Lstat(name)
	if err != nil {
		return nil, err
	}
	file, err := r.root.OpenFile(name, os.O_RDONLY|nonBlocking, 0)
	if err != nil && listed.Mode().IsRegular() {
		file, err = r.root.OpenFile(name, os.O_RDONLY, 0) // another may have a lease on it
	}
	if err != nil {
		return nil, err
	}
	opened, err := file.Stat()
	if err == nil && !os.SameFile(listed, opened) {
		err = &fs.PathError{Op: "open", Path: name, Err: errReplaced}
	}
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	return file, nil
}

// ReadDir implements [fs.ReadDirFS].
func (r rootFS) ReadDir(name string) ([]fs.DirEntry, error) {
	dir, err := r.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = dir.Close() }()
	return dir.(*os.File).ReadDir(-1)
}

// Stat implements [fs.StatFS]; it follows symlinks within the folder.
func (r rootFS) Stat(name string) (fs.FileInfo, error) { return r.root.Stat(name) }

// ReadLink implements [fs.ReadLinkFS].
func (r rootFS) ReadLink(name string) (string, error) { return r.root.Readlink(name) }

// Lstat implements [fs.ReadLinkFS].
func (r rootFS) Lstat(name string) (fs.FileInfo, error) { return r.root.Lstat(name) }
