package tarball

import (
	"archive/tar"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"
)

// maxHops is how many symlinks one may lead through, as in Linux.
const maxHops = 40

// link packs a symlink as it is.
func (p *packer) link(name string) error {
	target, err := fs.ReadLink(p.fsys, name)
	if err != nil {
		return &Error{Path: name, Rule: "is a symlink that cannot be read; mend that, or leave it out with Ignore", Err: err}
	}
	target = filepath.ToSlash(target)
	if err := p.follow(name, target); err != nil {
		return err
	}
	header := p.header(tar.TypeSymlink, p.below(name), 0o777)
	header.Linkname = target
	p.count(name)
	return p.write(header, name)
}

// follow goes where the link leads and refuses it if that is no place in the tarball. It
// reads no more than the links on the way.
func (p *packer) follow(name, target string) error {
	refuse := func(rule string, err error) error {
		return &Error{Path: name, Rule: fmt.Sprintf("is a symlink to %q, which %s, or leave the link out with Ignore", target, rule), Err: err}
	}
	const leaves = "leads out of the folder; put the file there in its place"
	if leavesByText(name, target) {
		return refuse(leaves, nil)
	}
	at, steps, hops := path.Dir(name), strings.Split(target, "/"), 0
	for len(steps) > 0 {
		if err := p.alive(); err != nil {
			return err
		}
		step := steps[0]
		steps = steps[1:]
		if step == "" || step == "." {
			continue
		}
		if step == ".." {
			if at == "." {
				return refuse(leaves, nil)
			}
			at = path.Dir(at)
			continue
		}
		at = path.Join(at, step)
		info, err := fs.Lstat(p.fsys, at)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return refuse("cannot be followed; mend that", err)
		}
		if p.leftOut(at, info.IsDir()) {
			return refuse("is left out itself; keep it", nil)
		}
		switch {
		case info.Mode()&fs.ModeSymlink != 0:
			if hops++; hops > maxHops {
				return refuse("leads in a circle; mend that", nil)
			}
			next, err := fs.ReadLink(p.fsys, at)
			if err != nil {
				return refuse("cannot be followed; mend that", err)
			}
			if isAbs(next) {
				return refuse(leaves, nil)
			}
			at, steps = path.Dir(at), append(strings.Split(filepath.ToSlash(next), "/"), steps...)
		case !info.IsDir() && len(steps) > 0:
			return nil // below a file there is nothing
		}
	}
	return nil
}

// leavesByText reports whether the link's text alone leads out, whatever is there.
func leavesByText(name, target string) bool {
	end := path.Join(path.Dir(name), target)
	return isAbs(target) || end == ".." || strings.HasPrefix(end, "../")
}

// isAbs reports whether target names a place that is not below the link's folder, on any
// system.
func isAbs(target string) bool {
	return path.IsAbs(target) || filepath.IsAbs(target) || filepath.VolumeName(target) != ""
}
