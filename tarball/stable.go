package tarball

import (
	"io/fs"
	"time"
)

const (
	// clockTick is longer than the resolution of file times in operating systems. Some file systems
	// have a resolution of seconds.
	clockTick = 20 * time.Millisecond
	// maxTicks is how many ticks to wait for a file that is being written to.
	maxTicks = 50
)

// stableInfo waits until the last change of a file is older than clockTick, and returns its state. Before
// that, another write could leave the time of the file unchanged.
func (p *packer) stableInfo(name string, file fs.File) (fs.FileInfo, error) {
	for range maxTicks {
		info, err := file.Stat()
		if err != nil {
			return nil, p.unreadable(name, err)
		}
		age := time.Since(info.ModTime())
		if age < 0 || age >= clockTick {
			return info, nil
		}
		if err := p.pause(clockTick - age); err != nil {
			return nil, err
		}
	}
	return nil, changed(name, "was written to")
}

// pause waits. It returns an error if packing must stop.
func (p *packer) pause(wait time.Duration) error {
	select {
	case <-p.ctx.Done():
		return p.stopped()
	case <-time.After(wait):
		return nil
	}
}

// checkUnchanged returns an error if the time of the file differs from before. Its size was checked while
// it was read.
func (p *packer) checkUnchanged(name string, file fs.File, before fs.FileInfo) error {
	after, err := file.Stat()
	if err != nil {
		return p.unreadable(name, err)
	}
	if !after.ModTime().Equal(before.ModTime()) {
		return changed(name, "was written to")
	}
	return nil
}
