package redact

import (
	"net/url"
	"regexp"
	"slices"
	"sync"
)

// maxRecent is how many secrets are remembered, in addition to those of the current call.
const maxRecent = 4

// Recent remembers the last secrets of a client, since a response may show one that the client no longer
// uses. The zero value and nil hold none. It is safe for concurrent use.
type Recent struct {
	mutex   sync.Mutex
	secrets []remembered
}

type remembered struct {
	secret string
	runs   *secretRuns // nil until needed
}

// Add adds secrets. It forgets the oldest ones if there are more than maxRecent.
func (r *Recent) Add(secrets ...string) {
	if r == nil {
		return
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	for _, secret := range secrets {
		if last := len(r.secrets) - 1; secret == "" || last >= 0 && r.secrets[last].secret == secret {
			continue
		}
		added, at := remembered{secret: secret}, r.find(secret)
		switch {
		case at >= 0:
			added = r.secrets[at]
			r.secrets = slices.Delete(r.secrets, at, at+1)
		case len(r.secrets) == maxRecent:
			r.secrets = slices.Delete(r.secrets, 0, 1)
		}
		r.secrets = append(r.secrets, added)
	}
}

// find returns the index of a secret, or -1.
func (r *Recent) find(secret string) int {
	return slices.IndexFunc(r.secrets, func(known remembered) bool { return known.secret == secret })
}

// Redactor returns a redactor for the remembered secrets and for more.
func (r *Recent) Redactor(more ...string) Redactor {
	if r == nil {
		return New(more...)
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	redactor := New(slices.DeleteFunc(slices.Clone(more), func(secret string) bool { return r.find(secret) >= 0 })...)
	for i := range r.secrets {
		if known := &r.secrets[i]; known.runs == nil {
			runs := runsOf(known.secret)
			known.runs = &runs
		}
		redactor.known = append(redactor.known, *r.secrets[i].runs)
	}
	return redactor
}

var signatures = regexp.MustCompile(`(?i)sig=([^&\s"'<>\\]*)`)

// A deploy has two upload URLs, whose signatures have about 50 characters. A longer signature is masked
// because "sig=" precedes it.
const (
	maxSignatures = 8
	minSignature  = 12
	maxSignature  = 512
)

// Signatures returns the signatures of the first upload URLs in a text, both escaped and unescaped.
func Signatures(text []byte) (secrets []string) {
	for _, found := range signatures.FindAllSubmatch(text, maxSignatures) {
		if len(found[1]) < minSignature {
			continue
		}
		signature := string(found[1][:min(len(found[1]), maxSignature)])
		secrets = append(secrets, signature)
		if plain, err := url.QueryUnescape(signature); err == nil && plain != signature {
			secrets = append(secrets, plain)
		}
	}
	return secrets
}
