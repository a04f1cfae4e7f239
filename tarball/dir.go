package tarball

import (
	"io/fs"
	"path"
)

// handle reads one directory. Its methods take the base names of entries.
type handle interface {
	list() ([]fs.DirEntry, error)
	open(name string) (fs.File, error)
	enter(name string) (handle, error) // a directory, not a symlink to one
	lstat(name string) (fs.FileInfo, error)
	stat(name string) (fs.FileInfo, error)
	readLink(name string) (string, error)
	close()
}

// dir is an open directory: the folder or one below it.
type dir struct {
	handle
	path   string // relative to the folder; "." for the folder itself
	parent *dir   // nil for the folder itself

	isVisited bool // opened only to follow a link
}

// below returns the path of an entry, relative to the folder.
func (d *dir) below(name string) string { return path.Join(d.path, name) }

func (d *dir) enter(name string) (*dir, error) {
	entered, err := d.handle.enter(name)
	if err != nil {
		return nil, err
	}
	return &dir{handle: entered, path: d.below(name), parent: d}, nil
}

// visit enters a directory to follow a link.
func (d *dir) visit(name string) (*dir, error) {
	visited, err := d.enter(name)
	if err == nil {
		visited.isVisited = true
	}
	return visited, err
}

// up returns the parent. It closes the directory if it was visited.
func (d *dir) up() *dir {
	if d.isVisited {
		d.close()
	}
	return d.parent
}

// leave closes the visited directories.
func (d *dir) leave() {
	for d != nil && d.isVisited {
		d = d.up()
	}
}

// fsDir is a directory of an fs.FS, which takes only whole paths.
type fsDir struct {
	fsys fs.FS
	path string
}

func (d fsDir) list() ([]fs.DirEntry, error)      { return fs.ReadDir(d.fsys, d.path) }
func (d fsDir) open(name string) (fs.File, error) { return d.fsys.Open(path.Join(d.path, name)) }
func (d fsDir) enter(name string) (handle, error) { return fsDir{d.fsys, path.Join(d.path, name)}, nil }
func (d fsDir) lstat(name string) (fs.FileInfo, error) {
	return fs.Lstat(d.fsys, path.Join(d.path, name))
}
func (d fsDir) stat(name string) (fs.FileInfo, error) {
	return fs.Stat(d.fsys, path.Join(d.path, name))
}
func (d fsDir) readLink(name string) (string, error) {
	return fs.ReadLink(d.fsys, path.Join(d.path, name))
}
func (d fsDir) close() {}
