package tarball

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
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

// file packs a regular file.
func (p *packer) file(name string) error {
	file, err := p.fsys.Open(name)
	if err != nil {
		return p.unreadable(name, err)
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return p.unreadable(name, err)
	}
	if !info.Mode().IsRegular() {
		return changed(name, "became something else than a file")
	}
	mode := int64(0o644)
	if info.Mode()&0o100 != 0 {
		mode = 0o755
	}
	header := p.header(tar.TypeReg, p.below(name), mode)
	header.Size = info.Size()
	if err := p.write(header, name); err != nil {
		return err
	}
	p.files++
	return p.content(name, file, info.Size())
}

// content packs size bytes and makes sure that no more follow.
func (p *packer) content(name string, file io.Reader, size int64) error {
	for {
		if err := p.alive(); err != nil {
			return err
		}
		n, err := file.Read(p.buffer)
		if size -= int64(n); size < 0 {
			return changed(name, "grew")
		}
		if _, err := p.tar.Write(p.buffer[:n]); err != nil {
			return err
		}
		switch {
		case errors.Is(err, io.EOF) && size > 0:
			return changed(name, "shrank")
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return p.unreadable(name, err)
		}
	}
}

func changed(name, how string) error {
	return &Error{Path: name, Rule: how + " while it was read; pack when nothing writes to it, or leave it out with Ignore"}
}

func (p *packer) unreadable(name string, err error) error {
	if name == "." {
		name = p.cfg.folder
	}
	return &Error{Path: name, Rule: "cannot be read; mend that, or leave it out with Ignore", Err: err}
}
