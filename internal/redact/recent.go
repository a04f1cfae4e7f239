package redact

import (
	"net/url"
	"regexp"
	"slices"
	"sync"
)

// maxRecent is how many secrets are remembered. What a call itself used it knows besides.
const maxRecent = 4

// Recent remembers the secrets that a client used last, since a response may show one that the
// client uses no longer. The zero value and nil hold none; it is safe for concurrent use.
type Recent struct {
	mutex   sync.Mutex
	secrets []remembered
}

type remembered struct {
	secret string
	runs   *secretRuns // nil until something is to be shown
}

// Add adds secrets, in place of those that were added longest ago if there are too many.
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

// find returns where a secret is, or -1.
func (r *Recent) find(secret string) int {
	return slices.IndexFunc(r.secrets, func(known remembered) bool { return known.secret == secret })
}

// Redactor returns a redactor for what is remembered, and for more.
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

// What signatures are looked for: a deploy has two upload URLs, whose signatures have some 50
// characters. A longer one is masked by what stands before it.
const (
	maxSignatures = 8
	minSignature  = 12
	maxSignature  = 512
)

// Signatures returns the signatures of the first upload URLs in a text, as they are written there and
// as they are.
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
