package tarball

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"runtime"
	"time"

	"github.com/klauspost/pgzip"
)

// dags is the prefix of DAGs.
const dags = "dags"

const (
	// blockSize is how much one goroutine compresses at a time. The bytes of the tarball depend on it.
	blockSize = 256 << 10
	// maxBlocks limits how many blocks are compressed concurrently, since each takes memory.
	maxBlocks = 8
	// bufferSize is how much of a file is read at a time.
	bufferSize = 256 << 10
)

// packer writes one tarball.
type packer struct {
	ctx      context.Context
	cfg      *config
	tar      *tar.Writer
	sink     *sink
	digest   *digest
	buffer   []byte
	files    int
	dagFiles int // the files that may contain DAGs
}

func newPacker(ctx context.Context, cfg *config, sink *sink) *packer {
	return &packer{ctx: ctx, cfg: cfg, sink: sink, digest: newDigest(), buffer: make([]byte, bufferSize)}
}

// pack writes a folder to a temporary file.
func pack(ctx context.Context, folder handle, cfg *config) (*Tarball, error) {
	file, leftover, err := newTempFile()
	if err != nil {
		return nil, err
	}
	packed := &Tarball{file: file, leftover: leftover, prefix: cfg.prefix, anyPrefix: cfg.prefixSet}
	whole := false
	defer func() {
		if !whole {
			_ = packed.Close()
		}
	}()
	p := newPacker(ctx, cfg, newSink(file, cfg))
	if err := p.compress(folder); err != nil {
		return nil, err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, tempError(err)
	}
	packed.size, packed.md5 = p.sink.size, p.sink.md5.Sum(nil)
	packed.files, packed.content = p.files, p.digest.String()
	whole = true
	return packed, nil
}

// compress writes a folder to the sink.
func (p *packer) compress(folder handle) (err error) {
	zipped, err := pgzip.NewWriterLevel(p.sink, p.cfg.level)
	if err != nil {
		return fmt.Errorf("level %d: %w", p.cfg.level, err) // impossible: Level has checked it
	}
	if err := zipped.SetConcurrency(blockSize, min(runtime.GOMAXPROCS(0)+1, maxBlocks)); err != nil {
		return err // impossible: the sizes are constant
	}
	zipped.ModTime = time.Unix(0, 0) // no time
	p.tar = tar.NewWriter(zipped)
	// Close ends the compressor's goroutines, so it is called even after an error.
	defer func() {
		closed := zipped.Close()
		if err == nil {
			err = p.sink.err()
		}
		if err == nil {
			err = closed
		}
	}()
	return p.all(&dir{handle: folder, path: "."})
}

// all packs the prefix and everything below it.
func (p *packer) all(top *dir) error {
	entries, err := p.list(top)
	if err != nil {
		return err
	}
	if err := p.checkTop(top, entries); err != nil {
		return err
	}
	if err := p.prefix(p.cfg.prefix); err != nil {
		return err
	}
	if err := p.entries(top, entries); err != nil {
		return err
	}
	switch {
	case p.cfg.allowEmpty:
	case p.files == 0:
		return &Error{Path: p.cfg.folder, Rule: "contains no file to pack", Err: ErrEmpty}
	case p.dagFiles == 0 && p.cfg.prefix == dags:
		return &Error{Path: p.cfg.folder, Rule: "contains no .py or .zip file to pack, and so no DAG", Err: ErrEmpty}
	}
	return p.tar.Close()
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
	if mayContainDAG(name) {
		p.dagFiles++
	}
}

// contextError returns the context's error, together with its cause if that differs.
func contextError(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if errors.Is(cause, err) {
		return cause
	}
	return fmt.Errorf("%w: %w", err, cause)
}

// stopped returns an error if packing must stop, because the context has ended or the tarball cannot be
// written.
func (p *packer) stopped() error {
	if p.ctx.Err() != nil {
		return fmt.Errorf("packing stopped: %w", contextError(p.ctx))
	}
	return p.sink.err()
}
