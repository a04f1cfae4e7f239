package tarball

import (
	"errors"
	"io/fs"
	"os"
)

// errReplaced says that an entry was replaced after it was listed.
var errReplaced = errors.New("it was replaced")

// rootDir is an open directory of the operating system. Its entries are read from the directory that was
// opened, even if it or one above it is replaced. A symlink that replaces an entry is not followed, and a
// named pipe does not block.
type rootDir struct{ root *os.Root }

func (d rootDir) list() ([]fs.DirEntry, error) {
	opened, err := d.root.Open(".")
	if err != nil {
		return nil, err
	}
	defer func() { _ = opened.Close() }()
	return opened.ReadDir(-1)
}

func (d rootDir) open(name string) (fs.File, error) {
	listed, err := d.root.Lstat(name)
	if err != nil {
		return nil, err
	}
	file, err := d.root.OpenFile(name, os.O_RDONLY|nonBlocking, 0)
	if err != nil {
		return nil, err
	}
	opened, err := file.Stat()
	if err := checkSame(listed, opened, err); err != nil {
		_ = file.Close()
		return nil, err
	}
	return file, nil
}

func (d rootDir) enter(name string) (handle, error) {
	listed, err := d.root.Lstat(name)
	if err != nil {
		return nil, err
	}
	root, err := d.root.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	opened, err := root.Stat(".")
	if err := checkSame(listed, opened, err); err != nil {
		_ = root.Close()
		return nil, err
	}
	return rootDir{root}, nil
}

// checkSame returns an error if the opened file is not the listed one.
func checkSame(listed, opened fs.FileInfo, err error) error {
	if err == nil && !os.SameFile(listed, opened) {
		return errReplaced
	}
	return err
}

func (d rootDir) lstat(name string) (fs.FileInfo, error) { return d.root.Lstat(name) }

// stat follows symlinks within the directory.
func (d rootDir) stat(name string) (fs.FileInfo, error) { return d.root.Stat(name) }

func (d rootDir) readLink(name string) (string, error) { return d.root.Readlink(name) }

func (d rootDir) close() { _ = d.root.Close() }
