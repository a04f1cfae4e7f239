package tarball

import (
	"archive/tar"
	"context"
	"fmt"
	"io"
	"io/fs"
	"path"
	"runtime"
	"strings"
	"time"

	"github.com/klauspost/pgzip"
)

// dags is the prefix of DAGs.
const dags = "dags"

const (
	// blockSize is how much is compressed at a time, by one goroutine. The bytes of the
	// tarball depend on it.
	blockSize = 256 << 10
	// maxBlocks is how many blocks may be under way at most, since each takes memory.
	maxBlocks = 8
	// bufferSize is how much of a file is read at a time.
	bufferSize = 256 << 10
)

// packer writes one tarball.
type packer struct {
	ctx    context.Context
	fsys   fs.FS
	cfg    *config
	tar    *tar.Writer
	sink   *sink
	buffer []byte
	files  int
	mayRun int // of the files: those that DAGs can be in
}

// pack writes fsys to a temporary file.
func pack(ctx context.Context, fsys fs.FS, cfg *config) (*Tarball, error) {
	if err := checkProject(fsys, cfg); err != nil {
		return nil, err
	}
	file, leftover, err := newTempFile()
	if err != nil {
		return nil, err
	}
	packed := &Tarball{file: file, leftover: leftover}
	whole := false
	defer func() {
		if !whole {
			_ = packed.Close()
		}
	}()
	sink := newSink(file)
	if packed.files, err = compress(ctx, fsys, cfg, sink); err != nil {
		return nil, err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, tempError(err)
	}
	packed.size, packed.md5 = sink.size, sink.md5.Sum(nil)
	whole = true
	return packed, nil
}

// compress writes fsys to sink and returns how many files it packed.
func compress(ctx context.Context, fsys fs.FS, cfg *config, sink *sink) (files int, err error) {
	zipped, err := pgzip.NewWriterLevel(sink, cfg.level)
	if err != nil {
		return 0, fmt.Errorf("level %d: %w", cfg.level, err) // cannot be: Level has checked it
	}
	if err := zipped.SetConcurrency(blockSize, min(runtime.GOMAXPROCS(0)+1, maxBlocks)); err != nil {
		return 0, err // cannot be: the sizes are constant
	}
	zipped.ModTime = time.Unix(0, 0) // which says that there is none
	p := &packer{ctx: ctx, fsys: fsys, cfg: cfg, tar: tar.NewWriter(zipped), sink: sink, buffer: make([]byte, bufferSize)}
	// Close ends the compressor's goroutines, so it is called whatever happened.
	defer func() {
		closed := zipped.Close()
		if err == nil {
			err = sink.err()
		}
		if err == nil {
			err = closed
		}
	}()
	return p.all()
}

// all packs the prefix and what is below it.
func (p *packer) all() (files int, err error) {
	if err := p.prefix(p.cfg.prefix); err != nil {
		return 0, err
	}
	if err := p.folder("."); err != nil {
		return 0, err
	}
	switch {
	case p.cfg.allowEmpty:
	case p.files == 0:
		return 0, &Error{Path: p.cfg.folder, Rule: "holds no file to pack", Err: ErrEmpty}
	case p.mayRun == 0 && p.cfg.prefix == dags:
		return 0, &Error{Path: p.cfg.folder, Rule: "holds no .py and no .zip file to pack, and so no DAG", Err: ErrEmpty}
	}
	return p.files, p.tar.Close()
}

// prefix writes the directories of the prefix, outermost first.
func (p *packer) prefix(prefix string) error {
	if prefix == "" || prefix == "." {
		return nil
	}
	if err := p.prefix(path.Dir(prefix)); err != nil {
		return err
	}
	return p.write(p.header(tar.TypeDir, prefix+"/", 0o755), prefix)
}

// count counts a file or a symlink.
func (p *packer) count(name string) {
	p.files++
	if ending := path.Ext(name); strings.EqualFold(ending, ".py") || strings.EqualFold(ending, ".zip") {
		p.mayRun++
	}
}

// alive is what ends the packing from outside: the context, or a tarball that cannot be
// written.
func (p *packer) alive() error {
	if err := p.ctx.Err(); err != nil {
		return fmt.Errorf("packing was ended: %w", err)
	}
	return p.sink.err()
}
