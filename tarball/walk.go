package tarball

import (
	"archive/tar"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// list is what a directory holds, in the order of the names.
func (p *packer) list(at *dir) ([]fs.DirEntry, error) {
	if err := p.alive(); err != nil {
		return nil, err
	}
	entries, err := at.list()
	if err != nil {
		return nil, p.unreadable(at.path, err)
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, nil
}

// entries packs what a directory holds. It is the only place where names are held: those of
// one directory, and of the ones above it.
func (p *packer) entries(at *dir, entries []fs.DirEntry) error {
	for _, entry := range entries {
		if err := p.alive(); err != nil {
			return err
		}
		if err := p.entry(at, entry); err != nil {
			return err
		}
	}
	return nil
}

func (p *packer) entry(at *dir, entry fs.DirEntry) error {
	given := entry.Name()
	name := at.below(given)
	if p.leftOut(name, entry.IsDir()) {
		return nil
	}
	if !fs.ValidPath(given) || given == "." || strings.Contains(given, "/") {
		return &Error{Path: at.path, Rule: fmt.Sprintf("holds %s, which is no name in UTF-8; rename it, or exclude it with Ignore", quote(given))}
	}
	// Of the entry the kind alone is used. What it says besides may come from the name, and
	// so from outside of the folder if a link took its place meanwhile.
	switch kind := entry.Type(); {
	case kind.IsDir():
		return p.folder(at, given)
	case kind.IsRegular():
		return p.file(at, given)
	case kind&fs.ModeSymlink != 0:
		return p.link(at, given)
	default:
		return &Error{Path: name, Rule: "is a " + kindOf(kind) + ", which cannot be deployed; remove it, or exclude it with Ignore"}
	}
}

// folder packs a directory and what it holds.
func (p *packer) folder(parent *dir, given string) error {
	name := parent.below(given)
	if err := p.write(p.header(tar.TypeDir, p.below(name)+"/", 0o755), name); err != nil {
		return err
	}
	at, err := parent.enter(given)
	if err != nil {
		return p.unreadable(name, err)
	}
	defer at.close()
	entries, err := p.list(at)
	if err != nil {
		return err
	}
	return p.entries(at, entries)
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
