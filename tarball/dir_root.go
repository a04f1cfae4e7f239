package tarball

import (
	"errors"
	"io/fs"
	"os"
)

// errReplaced says that something else is there than was listed.
var errReplaced = errors.New("something else took its place")

// rootDir is an open directory of the operating system. Whatever takes its place or that of one
// above it, its entries are read from the directory that was opened; and each of them as what it
// is: a symlink that took its place is not followed, a named pipe that did is not waited for.
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
	if err := isStill(listed, opened, err); err != nil {
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
	if err := isStill(listed, opened, err); err != nil {
		_ = root.Close()
		return nil, err
	}
	return rootDir{root}, nil
}

// isStill returns an error unless what was opened is what was listed.
func isStill(listed, opened fs.FileInfo, err error) error {
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
