package tarball

import (
	"io/fs"
	"time"
)

const (
	// clockTick is longer than the steps in which operating systems count the times of files. Some
	// file systems count in seconds.
	clockTick = 20 * time.Millisecond
	// maxTicks is how many ticks to wait for a file that keeps changing.
	maxTicks = 50
)

// settled is the state of a file whose last change is older than a tick of the clock. Before
// that, another write, or one that is under way, could leave it the time that it has already.
func (p *packer) settled(name string, file fs.File) (fs.FileInfo, error) {
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

// pause waits, or returns why packing was ended.
func (p *packer) pause(wait time.Duration) error {
	select {
	case <-p.ctx.Done():
		return p.alive()
	case <-time.After(wait):
		return nil
	}
}

// unchanged returns an error if the file was written to since before. Its size was counted when it
// was read.
func (p *packer) unchanged(name string, file fs.File, before fs.FileInfo) error {
	after, err := file.Stat()
	if err != nil {
		return p.unreadable(name, err)
	}
	if !after.ModTime().Equal(before.ModTime()) {
		return changed(name, "was written to")
	}
	return nil
}
