package blob

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// A hint says what to do, and no more than what is known: a new deploy has a new upload URL, which
// helps where the old one expired and nowhere else.
const (
	hintChanged  = "the upload URL, or the request, was changed on its way: pass the URL byte for byte, and check that neither the http.Client nor a proxy changes it"
	hintUnsigned = "the request must reach the storage with the upload URL's signature and without an Authorization header: check what the http.Client and any proxy make of it"
	hintNetwork  = "the storage account's network rules may not admit this network: upload from one that they admit, or ask Astronomer's support"
	hintAddress  = "the upload URL is not valid for the address that the request came from: check the way out, such as a proxy or a NAT, or ask Astronomer's support"
	hintRights   = "the upload URL does not permit this: check that it is the deploy's own, or ask Astronomer's support"
	hintGone     = "what the upload URL leads to is not there, or is disabled: check that the URL is the deploy's own; if it is, ask Astronomer's support"
	hintUnclear  = "either the upload URL is no longer valid, and a new deploy has a new one; or the storage refuses this network, address or request, which no new deploy changes"
	hintDamaged  = "the tarball changed on its way, or while it was sent: upload it again"
	hintSmaller  = "make the tarball smaller: exclude what the deploy does not need"
	hintOddly    = "this does not look like a response from the storage: check any proxy, which may change responses"
)

// hints are what to do by the storage's codes, where a code is enough to know.
var hints = map[string]string{
	"AuthorizationFailure":               hintNetwork,
	"AuthorizationSourceIPMismatch":      hintAddress,
	"AuthorizationProtocolMismatch":      "the upload URL is not valid for this protocol: check that it is passed byte for byte, https included",
	"AuthorizationPermissionMismatch":    hintRights,
	"AuthorizationResourceTypeMismatch":  hintRights,
	"AuthorizationServiceMismatch":       hintRights,
	"InsufficientAccountPermissions":     hintRights,
	"UnauthorizedBlobOverwrite":          hintRights,
	"KeyBasedAuthenticationNotPermitted": "the storage account takes no upload URLs that are signed with its key: ask Astronomer's support",
	"InvalidAuthenticationInfo":          hintUnsigned,
	"NoAuthenticationInformation":        hintUnsigned,
	"PublicAccessNotPermitted":           hintUnsigned,
	"AccountIsDisabled":                  hintGone,
	"BlobNotFound":                       hintGone,
	"ContainerBeingDeleted":              hintGone,
	"ContainerDisabled":                  hintGone,
	"ContainerNotFound":                  hintGone,
	"ResourceNotFound":                   hintGone,
	codeMD5Mismatch:                      hintDamaged,
	"RequestBodyTooLarge":                hintSmaller,
}

const codeMD5Mismatch = "Md5Mismatch"

// isStorage reports whether a response is the storage's: each of its has headers of its own.
func isStorage(header http.Header) bool {
	for name := range header {
		if strings.HasPrefix(strings.ToLower(name), "x-ms-") {
			return true
		}
	}
	return false
}

// isChanged reports a detail of AuthenticationFailed that is about the signature and not the time.
func isChanged(detail string) bool {
	return strings.Contains(detail, "did not match") || strings.Contains(detail, "not well formed")
}

// hintFor returns what to do about a refusal, or "" where that is not known.
func hintFor(refused *Refusal, host, detail string, fromStorage bool, at validity) string {
	switch own := hints[refused.Code]; {
	case !fromStorage && refused.StatusCode == http.StatusRequestEntityTooLarge:
		return hintForeign(host) + "; or " + hintSmaller
	case !fromStorage:
		return hintForeign(host)
	case at.isExpired:
		return joined("the upload URL expired at "+shown(at.expiry)+": create a new deploy, which has a new one", own)
	case at.isEarly:
		return joined(fmt.Sprintf("the upload URL is not valid yet: it is from %s on, and the storage's clock shows %s: upload after that", shown(at.start), shown(at.now)), own)
	case own != "":
		return own
	case isChanged(detail):
		return hintChanged
	case refused.StatusCode == http.StatusForbidden:
		return hintUnclear
	case refused.StatusCode == http.StatusNotFound, refused.StatusCode == http.StatusGone:
		return hintGone
	case refused.StatusCode == http.StatusRequestEntityTooLarge:
		return hintSmaller
	case refused.StatusCode < http.StatusBadRequest:
		return hintOddly
	}
	return ""
}

func hintForeign(host string) string {
	return "this is not a response from the storage, which sends x-ms-* headers: check any proxy, and the network, on the way to " + host
}

// hintUnreached is what to do where no connection to the storage was made.
func hintUnreached(host string) string {
	return "could not connect to the storage: its host, " + host + ", must be reachable as well as the API's; check DNS, the firewall and any proxy"
}

func joined(hint, more string) string { return strings.TrimSuffix(hint+"; "+more, "; ") }

func shown(t time.Time) string { return t.UTC().Format(time.RFC3339) }
