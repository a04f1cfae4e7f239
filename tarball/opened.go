package tarball

import (
	"context"
	"fmt"
	"io"
)

// Open makes a tarball that is packed a deploys.Source: it can be looked at before it is deployed,
// and be deployed more than once, by several goroutines at once, until it is closed. The prefix
// must be that of [Source.Pack], unless the option [Prefix] outranks both.
func (t *Tarball) Open(_ context.Context, prefix string) (io.ReadSeekCloser, error) {
	cleaned, err := cleanPrefix("prefix", prefix)
	if err != nil {
		return nil, err
	}
	if cleaned != t.prefix && !t.anyPrefix {
		return nil, &Error{Field: "prefix", Rule: fmt.Sprintf("must be the one that the tarball was packed with, %q (it is %q): pass that to Pack", t.prefix, prefix)}
	}
	return opened{io.NewSectionReader(t.file, 0, t.size), t}, nil
}

// opened reads a tarball from the start, and leaves it open.
type opened struct {
	*io.SectionReader
	tarball *Tarball
}

func (o opened) MD5() []byte           { return o.tarball.MD5() }
func (o opened) Files() int            { return o.tarball.Files() }
func (o opened) ContentDigest() string { return o.tarball.ContentDigest() }
func (o opened) Close() error          { return nil }
