package tarball

import (
	"io/fs"
	"time"
)

const (
	// clockTick is more than the steps in which any operating system counts the times of files.
	clockTick = 20 * time.Millisecond
	// maxTicks is how many of them a file is waited for that is written to all the time.
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
		select {
		case <-p.ctx.Done():
			return nil, p.alive()
		case <-time.After(clockTick - age):
		}
	}
	return nil, changed(name, "was written to")
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
