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

// leasedDir is a directory on whose files another process has a lease for a while.
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

// Packing waits for a file on which another process has a lease, but not forever, and not after the
// context has ended.
func TestPackWaitsForLeases(t *testing.T) {
	tree := fstest.MapFS{"a": &fstest.MapFile{Data: []byte("a")}}
	for name, row := range map[string]struct {
		lease, within time.Duration
		want          error
		took          time.Duration
	}{
		"released":     {45 * time.Second, time.Hour, nil, 45 * time.Second},
		"never":        {time.Hour, time.Hour, syscall.EWOULDBLOCK, maxLease},
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
