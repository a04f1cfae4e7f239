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
	empties  bool // keep no content: each block and version is empty

	validFrom *time.Duration // nil if upload URLs have no start time

	mu       sync.Mutex
	grants   map[string]grant    // by signature
	blobs    map[string]*blob    // by path
	versions map[string][][]byte // the content in pieces, so that versions share their blocks
}

// blob has the blocks that a block list may refer to, by ID.
type blob struct {
	uncommitted map[string][]byte // staged by Put Block
	committed   map[string][]byte // the blocks of the newest version
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

// Tarball returns a copy of the tarball with the version, or nil and true with [WithoutRecording]. No two
// uploads to a server have the same version, even to different blobs.
func (s *Server) Tarball(version string) ([]byte, bool) {
	stored := s.service.storage
	stored.mu.Lock()
	defer stored.mu.Unlock()
	pieces, found := stored.versions[version]
	return slices.Concat(pieces...), found
}

// AddTarball stores a copy of content as an upload would, and returns its version. It is for tests
// that finalize deploys without an upload.
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

// blobAt returns the blob at a path, without blocks if it is new. The caller holds the lock.
func (s *storage) blobAt(path string) *blob {
	if s.blobs[path] == nil {
		s.blobs[path] = &blob{uncommitted: map[string][]byte{}}
	}
	return s.blobs[path]
}

// store stores the pieces as a version and returns its time. It discards all staged blocks of the
// blob, including those of another writer. The caller holds the lock.
func (s *storage) store(path string, pieces [][]byte, blocks map[string][]byte) time.Time {
	now := s.clock.now()
	s.versions[versionAt(now)] = pieces
	s.blobs[path] = &blob{uncommitted: map[string][]byte{}, committed: blocks}
	return now
}

func versionAt(t time.Time) string { return t.Format("2006-01-02T15:04:05.0000000Z") }

// storageVersion is the version of the storage's API.
const storageVersion = "2022-11-02"

// setStorageHeaders sets the headers that all responses of the storage have. It assigns to the map,
// because scripts search for the names in the storage's spelling.
func setStorageHeaders(header http.Header) {
	header["x-ms-request-id"] = []string{requestID}
	header["x-ms-version"] = []string{storageVersion}
}
