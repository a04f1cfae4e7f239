package tarball

import (
	"archive/tar"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// maxHops is how many symlinks one may lead through, as in Linux.
const maxHops = 40

// link packs a symlink as it is.
func (p *packer) link(at *dir, given string) error {
	name := at.below(given)
	target, err := at.readLink(given)
	if err != nil {
		return &Error{Path: name, Rule: blame(err, "is a symlink that cannot be read; fix that, or exclude it with Ignore"), Err: err}
	}
	target = filepath.ToSlash(target)
	refusal, err := p.follow(at, target)
	if refusal != "" {
		rule := fmt.Sprintf("is a symlink to %s, which %s, or exclude the link with Ignore", quote(target), refusal)
		return &Error{Path: name, Rule: blame(err, rule), Err: err}
	}
	if err != nil {
		return err
	}
	header := p.header(tar.TypeSymlink, p.below(name), 0o777)
	header.Linkname = target
	p.count(name)
	return p.write(header, name)
}

// What a link may do that no link in a tarball may, and the cure.
const (
	leaves    = "leads out of the folder; put the file there in its place"
	circles   = "leads in a circle; fix that"
	isLeftOut = "is left out itself; keep it"
	cannotBe  = "cannot be followed; fix that"
	isNotUTF8 = "is not UTF-8; rename what it names"
)

// follow goes where a link in the directory leads and returns why it is refused, with the cause
// if there is one, if that is no place in the tarball. An error without a refusal ends the
// packing. It reads no more than the links on the way.
func (p *packer) follow(at *dir, target string) (refusal string, err error) {
	if !utf8.ValidString(target) {
		return isNotUTF8, nil
	}
	if leavesByText(at.path, target) {
		return leaves, nil
	}
	defer func() { at.leave() }()
	for steps, hops := strings.Split(target, "/"), 0; len(steps) > 0; {
		if err := p.alive(); err != nil {
			return "", err
		}
		step := steps[0]
		steps = steps[1:]
		switch step {
		case "", ".":
			continue
		case "..":
			if at.parent == nil {
				return leaves, nil
			}
			at = at.up()
			continue
		}
		info, err := at.lstat(step)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return "", nil
		case err != nil:
			return cannotBe, err
		case p.leftOut(at.below(step), info.IsDir()):
			return isLeftOut, nil
		case info.Mode()&fs.ModeSymlink != 0:
			if hops++; hops > maxHops {
				return circles, nil
			}
			next, err := at.readLink(step)
			if err != nil {
				return cannotBe, err
			}
			if isAbs(next) {
				return leaves, nil
			}
			steps = append(strings.Split(filepath.ToSlash(next), "/"), steps...)
		case len(steps) == 0 || !info.IsDir():
			return "", nil // it is there, or it is below a file, where there is nothing
		default:
			visited, err := at.visit(step)
			if err != nil {
				return cannotBe, err
			}
			at = visited
		}
	}
	return "", nil
}

// leavesByText reports whether a link's text alone leads out, whatever is there.
func leavesByText(dir, target string) bool {
	end := path.Join(dir, target)
	return isAbs(target) || end == ".." || strings.HasPrefix(end, "../")
}

// isAbs reports whether target names a place that is not below the link's folder, on any
// system.
func isAbs(target string) bool {
	return path.IsAbs(target) || filepath.IsAbs(target) || filepath.VolumeName(target) != ""
}
