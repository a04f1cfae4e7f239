package tarball

import (
	"archive/tar"
	"cmp"
	"errors"
	"io"
	"io/fs"
	"time"
)

// file packs a regular file.
func (p *packer) file(at *dir, base string) error {
	name := at.below(base)
	file, err := p.open(at, base)
	if err != nil {
		return cmp.Or(p.stopped(), p.unreadable(name, err))
	}
	defer func() { _ = file.Close() }()
	info, err := p.stableInfo(name, file)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return changed(name, "was replaced by something other than a file")
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
	p.count(name)
	if err := p.content(name, file, info.Size()); err != nil {
		return err
	}
	return p.checkUnchanged(name, file, info)
}

// maxLease is longer than Linux lets a process hold a lease on a file that another process opens.
const maxLease = time.Minute

// open opens a file. It waits while another process has a lease on it.
func (p *packer) open(at *dir, base string) (fs.File, error) {
	for waited := time.Duration(0); ; waited += clockTick {
		file, err := at.open(base)
		if !isLeased(err) || waited >= maxLease || p.pause(clockTick) != nil {
			return file, err
		}
	}
}

// content packs size bytes and checks that there are no more.
func (p *packer) content(name string, file io.Reader, size int64) error {
	var sums contentSums
	for {
		if err := p.stopped(); err != nil {
			return err
		}
		n, err := file.Read(p.buffer)
		if size -= int64(n); size < 0 {
			return changed(name, "grew")
		}
		sums.add(p.buffer[:n])
		if _, err := p.tar.Write(p.buffer[:n]); err != nil {
			return err
		}
		switch {
		case errors.Is(err, io.EOF) && size > 0:
			return changed(name, "shrank")
		case errors.Is(err, io.EOF):
			p.digest.content(sums)
			return nil
		case err != nil:
			return p.unreadable(name, err)
		}
	}
}

func changed(name, how string) error {
	return &Error{Path: name, Rule: how + " while it was read; pack when nothing writes to it, or exclude it with Ignore"}
}

func (p *packer) unreadable(name string, err error) error {
	if name == "." {
		name = p.cfg.folder
	} else if errors.Is(err, errReplaced) || errors.Is(err, fs.ErrNotExist) {
		return changed(name, "was replaced or removed")
	}
	return &Error{Path: name, Rule: ruleFor(err, "cannot be read; fix that, or exclude it with Ignore"), Err: err}
}
