package astrotest

import (
	"net/http"
	"slices"
	"sync"
	"time"
)

// storage is the blob storage behind the upload URLs.
type storage struct {
	baseURL  string
	validFor time.Duration // of an upload URL
	clock    *clock

	validFrom *time.Duration // nil if an upload URL has no start

	mu       sync.Mutex
	grants   map[string]grant    // by signature
	blobs    map[string]*blob    // by path
	versions map[string][][]byte // what was stored, in pieces, so that blocks are kept once
}

// blob is what block lists may refer to: blocks by their IDs.
type blob struct {
	uncommitted map[string][]byte // staged by Put Block
	committed   map[string][]byte // that the newest version consists of
}

func newStorage(clock *clock) *storage {
	return &storage{
		validFor: time.Hour,
		clock:    clock,
		grants:   map[string]grant{},
		blobs:    map[string]*blob{},
		versions: map[string][][]byte{},
	}
}

// Tarball returns a copy of what an upload stored under a version, whichever blob it went to:
// no two uploads to a server have the same version.
func (s *Server) Tarball(version string) ([]byte, bool) {
	stored := s.service.storage
	stored.mu.Lock()
	defer stored.mu.Unlock()
	pieces, found := stored.versions[version]
	return slices.Concat(pieces...), found
}

// AddTarball stores a copy of content as an upload would, and returns its version: for tests
// that finalize deploys and upload nothing.
func (s *Server) AddTarball(content []byte) (version string) {
	stored := s.service.storage
	stored.mu.Lock()
	defer stored.mu.Unlock()
	version = versionAt(stored.clock.now())
	stored.versions[version] = [][]byte{slices.Clone(content)}
	return version
}

func (s *storage) has(version string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, found := s.versions[version]
	return found
}

// blobAt returns a blob, which has no blocks if nothing was stored there. The caller has the
// lock.
func (s *storage) blobAt(path string) *blob {
	if s.blobs[path] == nil {
		s.blobs[path] = &blob{uncommitted: map[string][]byte{}}
	}
	return s.blobs[path]
}

// store makes a version of the pieces and returns when. Blocks that are staged are lost, also
// those of another writer. The caller has the lock.
func (s *storage) store(path string, pieces [][]byte, blocks map[string][]byte) time.Time {
	now := s.clock.now()
	s.versions[versionAt(now)] = pieces
	s.blobs[path] = &blob{uncommitted: map[string][]byte{}, committed: blocks}
	return now
}

func versionAt(t time.Time) string { return t.Format("2006-01-02T15:04:05.0000000Z") }

// storageVersion is the version of the storage's own API.
const storageVersion = "2022-11-02"

// setStorageHeaders sets what all responses of the storage have. Names are set by the map's
// keys, since scripts look for them as the storage spells them.
func setStorageHeaders(header http.Header) {
	header["x-ms-request-id"] = []string{requestID}
	header["x-ms-version"] = []string{storageVersion}
}
