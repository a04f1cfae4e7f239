//go:build unix

package tarball

import (
	"context"
	"io/fs"
	"syscall"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// leasedDir is a directory whose files another process has a lease on until some time.
type leasedDir struct {
	fsDir
	until time.Time
}

func (d leasedDir) open(name string) (fs.File, error) {
	if time.Now().Before(d.until) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: syscall.EWOULDBLOCK}
	}
	return d.fsDir.open(name)
}

// A file on which another process has a lease is waited for, though not for ever, nor beyond the end of
// the context; and it is never opened such that opening it waits.
func TestLeasedFileIsWaitedFor(t *testing.T) {
	tree := fstest.MapFS{"a": &fstest.MapFile{Data: []byte("a")}}
	for name, row := range map[string]struct {
		lease, within time.Duration
		want          error
		took          time.Duration
	}{
		"given up":     {45 * time.Second, time.Hour, nil, 45 * time.Second},
		"kept":         {time.Hour, time.Hour, syscall.EWOULDBLOCK, maxLease},
		"context ends": {time.Hour, time.Second, context.DeadlineExceeded, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), row.within)
				defer cancel()
				cfg, err := newConfig(".", "", nil)
				require.NoError(t, err)
				started := time.Now()
				packed, err := pack(ctx, leasedDir{fsDir{tree, "."}, started.Add(row.lease)}, cfg)
				require.ErrorIs(t, err, row.want)
				assert.Equal(t, row.took, time.Since(started))
				if err == nil {
					require.NoError(t, packed.Close())
				}
			})
		})
	}
}
