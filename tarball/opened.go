package tarball

import (
	"context"
	"fmt"
	"io"
)

// Open implements deploys.Source, so that a tarball can be inspected before it is deployed. Until it is
// closed, it can be deployed several times, even concurrently. The prefix must be the one that was passed
// to [Source.Pack], unless the option [Prefix] was used.
func (t *Tarball) Open(_ context.Context, prefix string) (io.ReadSeekCloser, error) {
	cleaned, err := cleanPrefix("prefix", prefix)
	if err != nil {
		return nil, err
	}
	if cleaned != t.prefix && !t.anyPrefix {
		return nil, &Error{Field: "prefix", Rule: fmt.Sprintf("must be %s, which was passed to Pack (got %s); pack again with the right prefix", quote(t.prefix), quote(prefix))}
	}
	return opened{io.NewSectionReader(t.file, 0, t.size), t}, nil
}

// opened reads a tarball from the start. Closing it does not close the tarball.
type opened struct {
	*io.SectionReader
	tarball *Tarball
}

func (o opened) MD5() []byte           { return o.tarball.MD5() }
func (o opened) Files() int            { return o.tarball.Files() }
func (o opened) ContentDigest() string { return o.tarball.ContentDigest() }
func (o opened) Close() error          { return nil }
