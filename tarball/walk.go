package tarball

import (
	"archive/tar"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// list returns the entries of a directory, sorted by name.
func (p *packer) list(at *dir) ([]fs.DirEntry, error) {
	if err := p.stopped(); err != nil {
		return nil, err
	}
	entries, err := at.list()
	if err != nil {
		return nil, p.unreadable(at.path, err)
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, nil
}

// entries packs the entries of a directory. Only the names in this directory and those above it are in
// memory.
func (p *packer) entries(at *dir, entries []fs.DirEntry) error {
	for _, entry := range entries {
		if err := p.stopped(); err != nil {
			return err
		}
		if err := p.entry(at, entry); err != nil {
			return err
		}
	}
	return nil
}

func (p *packer) entry(at *dir, entry fs.DirEntry) error {
	base := entry.Name()
	name := at.below(base)
	if p.excluded(name, entry.IsDir()) {
		return nil
	}
	if !fs.ValidPath(base) || base == "." || strings.Contains(base, "/") {
		return &Error{Path: at.path, Rule: fmt.Sprintf("contains %s, which is not a valid UTF-8 name; rename it, or exclude it with Ignore", quote(base))}
	}
	// Only the kind of the entry is used. Its other information may be read by name, and thus from
	// outside the folder if a link has replaced the entry.
	switch kind := entry.Type(); {
	case kind.IsDir():
		return p.folder(at, base)
	case kind.IsRegular():
		return p.file(at, base)
	case kind&fs.ModeSymlink != 0:
		return p.link(at, base)
	default:
		return &Error{Path: name, Rule: "is a " + kindOf(kind) + ", which cannot be deployed; remove it, or exclude it with Ignore"}
	}
}

// folder packs a directory and its entries.
func (p *packer) folder(parent *dir, base string) error {
	name := parent.below(base)
	if err := p.write(p.header(tar.TypeDir, p.below(name)+"/", 0o755), name); err != nil {
		return err
	}
	at, err := parent.enter(base)
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

// excluded reports whether an entry is excluded. The directories above it must not be.
func (p *packer) excluded(name string, isDir bool) bool {
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
