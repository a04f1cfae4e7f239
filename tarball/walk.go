package tarball

import (
	"archive/tar"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// folder packs what is in dir, in the order of the names. It is the only place where names
// are held: those of one directory, and of the ones above it.
func (p *packer) folder(dir string) error {
	if err := p.alive(); err != nil {
		return err
	}
	entries, err := fs.ReadDir(p.fsys, dir)
	if err != nil {
		return p.unreadable(dir, err)
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	for _, entry := range entries {
		if err := p.alive(); err != nil {
			return err
		}
		if err := p.entry(dir, entry); err != nil {
			return err
		}
	}
	return nil
}

func (p *packer) entry(dir string, entry fs.DirEntry) error {
	name := path.Join(dir, entry.Name())
	if p.leftOut(name, entry.IsDir()) {
		return nil
	}
	if given := entry.Name(); !fs.ValidPath(given) || given == "." || strings.Contains(given, "/") {
		return &Error{Path: dir, Rule: fmt.Sprintf("holds %q, which is no name in UTF-8; rename it, or leave it out with Ignore", given)}
	}
	// Of the entry the kind alone is used. What it says besides may come from the name, and
	// so from outside of the folder if a link took its place meanwhile.
	switch kind := entry.Type(); {
	case kind.IsDir():
		if err := p.write(p.header(tar.TypeDir, p.below(name)+"/", 0o755), name); err != nil {
			return err
		}
		return p.folder(name)
	case kind.IsRegular():
		return p.file(name)
	case kind&fs.ModeSymlink != 0:
		return p.link(name)
	default:
		return &Error{Path: name, Rule: "is a " + kindOf(kind) + ", which cannot be deployed; remove it, or leave it out with Ignore"}
	}
}

// leftOut reports whether an entry is not packed. What is above it must be packed.
func (p *packer) leftOut(name string, isDir bool) bool {
	return path.Base(name) == ".git" || ignored(p.cfg.rules, name, isDir)
}

func kindOf(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeSocket != 0:
		return "socket"
	case mode&fs.ModeNamedPipe != 0:
		return "named pipe"
	case mode&fs.ModeDevice != 0:
		return "device"
	default:
		return "special file"
	}
}
