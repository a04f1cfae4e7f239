package tarball

import (
	"context"
	"io"
	"io/fs"
	"os"
	"slices"
)

// Source is where a tarball comes from: [Dir], [FS] or [File]. It may be packed many times,
// by several goroutines at once.
type Source struct {
	pack func(ctx context.Context, prefix string) (*Tarball, error)
}

// Dir is the folder at path, which may be a symlink to a folder. Nothing is read before
// [Source.Pack] or [Source.Open], which also return what is wrong with path and options.
func Dir(path string, options ...Option) *Source {
	options = slices.Clone(options)
	return &Source{func(ctx context.Context, prefix string) (*Tarball, error) {
		cfg, err := newConfig(path, prefix, options)
		if err != nil {
			return nil, err
		}
		root, err := openFolder(path)
		if err != nil {
			return nil, err
		}
		defer func() { _ = root.Close() }()
		return pack(ctx, rootDir{root}, cfg)
	}}
}

// FS is all of fsys, such as an [embed.FS]. Its //go:embed needs all: before the folder, or it
// leaves out __init__.py; and since it holds the folder itself, [fs.Sub] is needed, too:
//
//	//go:embed all:dags
//	var embedded embed.FS
//
//	dags, err := fs.Sub(embedded, "dags")
//	...
//	source := tarball.FS(dags)
//
// If it holds symlinks it must be an [fs.ReadLinkFS]. A file's size and time must not change unless
// its content does. For a folder of the operating system take [Dir]: what
// [os.DirFS] returns follows symlinks to anywhere.
func FS(fsys fs.FS, options ...Option) *Source {
	options = slices.Clone(options)
	return &Source{func(ctx context.Context, prefix string) (*Tarball, error) {
		cfg, err := newConfig(".", prefix, options)
		if err != nil {
			return nil, err
		}
		if fsys == nil {
			return nil, &Error{Path: ".", Rule: "must not be a nil fs.FS"}
		}
		cfg.isFS = true
		return pack(ctx, fsDir{fsys, "."}, cfg)
	}}
}

// Pack makes the tarball, with its entries below prefix: "dags" for DAGs, "" for a bundle;
// the option [Prefix] outranks it. The caller closes the tarball. When ctx ends, so does
// Pack, with the context's error; every other error is an [*Error].
func (s *Source) Pack(ctx context.Context, prefix string) (*Tarball, error) {
	if s == nil || s.pack == nil {
		return nil, &Error{Field: "source", Rule: "must be made by Dir, FS or File"}
	}
	if ctx == nil {
		return nil, &Error{Field: "ctx", Rule: "must not be nil; pass context.Background() if there is none"}
	}
	return s.pack(ctx, prefix)
}

// Open is [Source.Pack] for deploys.Source, which takes any tarball. What it returns is a
// [*Tarball].
func (s *Source) Open(ctx context.Context, prefix string) (io.ReadSeekCloser, error) {
	packed, err := s.Pack(ctx, prefix)
	if err != nil {
		return nil, err // and not packed, which would be a nil in an interface that is none
	}
	return packed, nil
}

// openFolder opens the folder such that nothing outside of it can be read through it.
func openFolder(path string) (*os.Root, error) {
	if path == "" {
		return nil, &Error{Path: path, Rule: `must name a folder; the one that the process is in is "."`}
	}
	info, err := os.Stat(path) // before it is opened, where a named pipe would block
	if err != nil {
		return nil, &Error{Path: path, Rule: blame(err, "must be a folder that can be read"), Err: err}
	}
	if !info.IsDir() {
		return nil, &Error{Path: path, Rule: "must be a folder; for a tarball that exists already, use File"}
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, &Error{Path: path, Rule: blame(err, "must be a folder that can be read"), Err: err}
	}
	return root, nil
}
