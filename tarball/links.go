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

// maxHops is how many symlinks a path may contain, as in Linux.
const maxHops = 40

// link packs a symlink.
func (p *packer) link(at *dir, base string) error {
	name := at.below(base)
	target, err := at.readLink(base)
	if err != nil {
		return &Error{Path: name, Rule: ruleFor(err, "is a symlink that cannot be read; fix that, or exclude it with Ignore"), Err: err}
	}
	target = filepath.ToSlash(target)
	refusal, err := p.follow(at, target)
	if refusal != "" {
		rule := fmt.Sprintf("is a symlink to %s, which %s, or exclude the link with Ignore", quote(target), refusal)
		return &Error{Path: name, Rule: ruleFor(err, rule), Err: err}
	}
	if err != nil {
		return err
	}
	header := p.header(tar.TypeSymlink, p.below(name), 0o777)
	header.Linkname = target
	p.count(name)
	return p.write(header, name)
}

// What can be wrong with the target of a link, and what to do.
const (
	isOutside  = "is outside the folder; replace the link with the file"
	isLoop     = "leads to a loop of symlinks; fix that"
	isExcluded = "is excluded; include it"
	cannotBe   = "cannot be followed; fix that"
	isNotUTF8  = "is not UTF-8; rename the target"
)

// follow follows a link in the directory. If its target cannot be in the tarball, it returns a refusal and
// the cause, if any. An error without a refusal ends the packing. It reads only links, not files.
func (p *packer) follow(at *dir, target string) (refusal string, err error) {
	if !utf8.ValidString(target) {
		return isNotUTF8, nil
	}
	if isTextOutside(at.path, target) {
		return isOutside, nil
	}
	defer func() { at.leave() }()
	for steps, hops := strings.Split(target, "/"), 0; len(steps) > 0; {
		if err := p.stopped(); err != nil {
			return "", err
		}
		step := steps[0]
		steps = steps[1:]
		switch step {
		case "", ".":
			continue
		case "..":
			if at.parent == nil {
				return isOutside, nil
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
		case p.excluded(at.below(step), info.IsDir()):
			return isExcluded, nil
		case info.Mode()&fs.ModeSymlink != 0:
			if hops++; hops > maxHops {
				return isLoop, nil
			}
			next, err := at.readLink(step)
			if err != nil {
				return cannotBe, err
			}
			if isAbs(next) {
				return isOutside, nil
			}
			steps = append(strings.Split(filepath.ToSlash(next), "/"), steps...)
		case len(steps) == 0 || !info.IsDir():
			return "", nil // it exists, or it is below a file and cannot exist
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

// isTextOutside reports whether the text of a link points outside the folder, regardless of what exists.
func isTextOutside(dir, target string) bool {
	end := path.Join(dir, target)
	return isAbs(target) || end == ".." || strings.HasPrefix(end, "../")
}

// isAbs reports whether target is absolute on any system.
func isAbs(target string) bool {
	return path.IsAbs(target) || filepath.IsAbs(target) || filepath.VolumeName(target) != ""
}
