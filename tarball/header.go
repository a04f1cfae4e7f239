package tarball

import (
	"archive/tar"
	"path"
)

// header returns a header without an owner.
func (p *packer) header(kind byte, name string, mode int64) *tar.Header {
	return &tar.Header{Typeflag: kind, Name: name, Mode: mode, ModTime: p.cfg.modTime}
}

// below returns the path of an entry in the tarball.
func (p *packer) below(name string) string { return path.Join(p.cfg.prefix, name) }

// write writes the header of the entry name.
func (p *packer) write(header *tar.Header, name string) error {
	if err := p.tar.WriteHeader(header); err != nil {
		return &Error{Path: name, Rule: "cannot be an entry of a tarball; rename it, or exclude it with Ignore", Err: err}
	}
	p.digest.entry(header)
	return nil
}
