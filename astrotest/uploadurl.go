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

// WithUploadURLsValidFor sets how long an upload URL is valid after the creation of its deploy, by
// [time.Now]. The default is one hour. The end is rounded up to a whole second. With 0 or less every
// URL has expired when it is created.
func WithUploadURLsValidFor(d time.Duration) Option {
	return func(s *Server) { s.service.storage.validFor = d }
}

// WithUploadURLsValidFrom gives each upload URL a start time (st), d after the creation of its
// deploy. The URL is not valid before that, as if the storage's clock were behind the service's.
// The start is rounded up to a whole second. By default a URL has no start time. Whether the
// service's URLs have one is not known.
func WithUploadURLsValidFrom(d time.Duration) Option {
	return func(s *Server) { s.service.storage.validFrom = &d }
}

// grant is the permission of an upload URL: to write one blob until it expires.
type grant struct {
	path    string
	signed  url.Values // the signed query parameters; others may be added
	starts  time.Time  // zero if there is no start time
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

// uploadURL makes a pre-signed URL. As in the vendor's example, all deploys of a Deployment share
// one blob. Each deploy has its own signature.
func (s *storage) uploadURL(deploy *storedDeploy, container string) *api.Secret {
	expires := time.Now().Add(s.validFor).UTC()
	if s.validFor > 0 {
		expires = expires.Add(time.Second - 1)
	}
	expires = expires.Truncate(time.Second)
	path := storagePath + container + "/" + deploy.DeploymentID
	sum := sha256.Sum256([]byte(path + " " + deploy.ID + " " + expires.String()))
	// Every signature has the characters that must be escaped in a query: "+", "/" and "=".
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

// grantOf returns the grant of the request's URL, if the storage issued its signature and no signed
// part was changed.
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
