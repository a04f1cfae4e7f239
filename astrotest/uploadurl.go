package astrotest

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// WithUploadURLsValidFor sets for how long, by [time.Now], an upload URL can be used from the
// creation of its deploy on; the default is an hour. The end is rounded up to a whole second.
// With 0 or less every URL has expired when it is handed out.
func WithUploadURLsValidFor(d time.Duration) Option {
	return func(s *Server) { s.service.storage.validFor = d }
}

// WithUploadURLsValidFrom has an upload URL be valid only from d after the creation of its deploy on,
// as if the storage's clock were behind that of whoever signs the URLs; the start is rounded up to a
// whole second, and is part of the URL (st). By default a URL has no start. Whether the service's have
// one is not known.
func WithUploadURLsValidFrom(d time.Duration) Option {
	return func(s *Server) { s.service.storage.validFrom = &d }
}

// grant is what an upload URL allows: to write one blob until it expires.
type grant struct {
	path    string
	signed  url.Values // the query; the storage's own parameters come beside it
	starts  time.Time  // zero if it has no start
	expires time.Time
}

// The containers of the storage.
const (
	dagsContainer    = "dags"
	bundlesContainer = "bundles"
)

const (
	storagePath    = "/storage/"
	storagePattern = storagePath + "{container}/{blob}"
)

// uploadURL makes a pre-signed URL. As in the vendor's example of one, the blob is the
// Deployment's, so that deploys of one Deployment share it; the signature is the deploy's.
func (s *storage) uploadURL(deploy *storedDeploy, container string) *api.Secret {
	expires := time.Now().Add(s.validFor).UTC()
	if s.validFor > 0 {
		expires = expires.Add(time.Second - 1)
	}
	expires = expires.Truncate(time.Second)
	path := storagePath + container + "/" + deploy.DeploymentID
	sum := sha256.Sum256([]byte(path + " " + deploy.ID + " " + expires.String()))
	// What has to be escaped in a query is in every signature: "+", "/" and the "=" at its end.
	signature := "astrotest-signature+/" + base64.StdEncoding.EncodeToString(sum[:])
	signed := url.Values{
		"sv":  {storageVersion},
		"se":  {expires.Format(time.RFC3339)},
		"sr":  {"b"},
		"sp":  {"cw"},
		"sig": {signature},
	}
	names, starts := []string{"sv", "se", "sr", "sp", "sig"}, time.Time{}
	if s.validFrom != nil {
		starts = time.Now().Add(*s.validFrom + time.Second - 1).UTC().Truncate(time.Second)
		signed.Set("st", starts.Format(time.RFC3339))
		names = slices.Insert(names, 1, "st")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.grants[signature] = grant{path: path, signed: signed, starts: starts, expires: expires}
	escaped := (&url.URL{Path: path}).EscapedPath() + "?"
	for _, name := range names {
		escaped += name + "=" + url.QueryEscape(signed.Get(name)) + "&"
	}
	secret := api.NewSecret(s.baseURL + strings.TrimSuffix(escaped, "&"))
	return &secret
}

// grantOf returns what the request's URL allows, if its signature is one of the storage's and
// nothing that was signed has been changed.
func (s *storage) grantOf(r *http.Request) (grant, bool) {
	query := r.URL.Query()
	s.mu.Lock()
	defer s.mu.Unlock()
	granted, found := s.grants[query.Get("sig")]
	if !found || granted.path != r.URL.Path {
		return grant{}, false
	}
	for name, values := range granted.signed {
		if query.Get(name) != values[0] {
			return grant{}, false
		}
	}
	return granted, true
}
