package tarball

import (
	"context"
	"io"
	"io/fs"
	"os"
	"slices"
)

// Source is the content of a tarball. [Dir], [FS] and [File] return one. It can be packed many times, even
// concurrently.
type Source struct {
	pack func(ctx context.Context, prefix string) (*Tarball, error)
}

// Dir returns a source for the folder at path, which may be a symlink. Nothing is read or validated before
// [Source.Pack] or [Source.Open].
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

// FS returns a source for all of fsys, such as an [embed.FS]. An embedded folder needs the prefix all:,
// without which //go:embed excludes __init__.py, and [fs.Sub], since the [embed.FS] contains the folder
// itself:
//
//	//go:embed all:dags
//	var embedded embed.FS
//
//	dags, err := fs.Sub(embedded, "dags")
//	...
//	source := tarball.FS(dags)
//
// If fsys contains symlinks, it must be an [fs.ReadLinkFS]. The size and time of a file must not change
// unless its content does. For a folder of the operating system, use [Dir]: [os.DirFS] follows symlinks
// to the outside.
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

// Pack creates the tarball, with its entries below prefix: "dags" for DAGs, "" for a bundle. The option
// [Prefix] overrides it. The caller closes the tarball. If ctx ends, Pack returns its error; every other
// error is an [*Error].
func (s *Source) Pack(ctx context.Context, prefix string) (*Tarball, error) {
	if s == nil || s.pack == nil {
		return nil, &Error{Field: "source", Rule: "must be created with Dir, FS or File"}
	}
	if ctx == nil {
		return nil, &Error{Field: "ctx", Rule: "must not be nil; pass context.Background() if there is none"}
	}
	return s.pack(ctx, prefix)
}

// Open implements deploys.Source. It returns the [*Tarball] of [Source.Pack].
func (s *Source) Open(ctx context.Context, prefix string) (io.ReadSeekCloser, error) {
	packed, err := s.Pack(ctx, prefix)
	if err != nil {
		return nil, err // not packed, a nil pointer that would make the interface non-nil
	}
	return packed, nil
}

func openFolder(path string) (*os.Root, error) {
	if path == "" {
		return nil, &Error{Path: path, Rule: `must be the path of a folder; use "." for the current directory`}
	}
	info, err := os.Stat(path) // before opening it, since a named pipe would block
	if err != nil {
		return nil, &Error{Path: path, Rule: ruleFor(err, "must be a readable folder"), Err: err}
	}
	if !info.IsDir() {
		return nil, &Error{Path: path, Rule: "must be a folder; for an existing tarball, use File"}
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, &Error{Path: path, Rule: ruleFor(err, "must be a readable folder"), Err: err}
	}
	return root, nil
}
