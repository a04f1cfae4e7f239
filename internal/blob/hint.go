package blob

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// A hint says what to do, and claims no more than what is known. In particular, it suggests a new
// deploy, which has a new upload URL, only if the old URL has expired.
const (
	hintChanged  = "the upload URL or the request was modified in transit: pass the URL unchanged, and check that neither the http.Client nor a proxy modifies it"
	hintUnsigned = "the request must reach the storage with the upload URL's signature and without an Authorization header: check whether the http.Client or a proxy modifies it"
	hintNetwork  = "the storage account's network rules may not allow this network: upload from an allowed network, or contact Astronomer support"
	hintAddress  = "the upload URL is not valid for this client's IP address: check any proxy or NAT, or contact Astronomer support"
	hintRights   = "the upload URL does not permit this upload: check that it belongs to this deploy, or contact Astronomer support"
	hintGone     = "the target of the upload URL does not exist or is disabled: check that the URL belongs to this deploy, or contact Astronomer support"
	hintUnclear  = "either the upload URL has expired, and a new deploy has a new one; or the storage refuses this network, IP address or request, and a new deploy does not help"
	hintDamaged  = "the tarball changed in transit or while it was read: upload it again"
	hintSmaller  = "make the tarball smaller: exclude what the deploy does not need"
	hintOddly    = "this does not look like a response from the storage: check any proxy, which may modify responses"
)

// hints are the hints for error codes of the storage.
var hints = map[string]string{
	"AuthorizationFailure":               hintNetwork,
	"AuthorizationSourceIPMismatch":      hintAddress,
	"AuthorizationProtocolMismatch":      "the upload URL is not valid for this protocol: pass the URL unchanged, including https",
	"AuthorizationPermissionMismatch":    hintRights,
	"AuthorizationResourceTypeMismatch":  hintRights,
	"AuthorizationServiceMismatch":       hintRights,
	"InsufficientAccountPermissions":     hintRights,
	"UnauthorizedBlobOverwrite":          hintRights,
	"KeyBasedAuthenticationNotPermitted": "the storage account does not accept upload URLs that are signed with its key: contact Astronomer support",
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

// isStorage reports whether a response is from the storage, which sends x-ms-* headers.
func isStorage(header http.Header) bool {
	for name := range header {
		if strings.HasPrefix(strings.ToLower(name), "x-ms-") {
			return true
		}
	}
	return false
}

// isChanged reports whether the detail of AuthenticationFailed is about the signature, not the time.
func isChanged(detail string) bool {
	return strings.Contains(detail, "did not match") || strings.Contains(detail, "not well formed")
}

// hintFor returns what to do about a refusal, or "" if that is not known.
func hintFor(refused *Refusal, host, detail string, fromStorage bool, at validity) string {
	switch own := hints[refused.Code]; {
	case !fromStorage && refused.StatusCode == http.StatusRequestEntityTooLarge:
		return hintNotStorage(host) + "; or " + hintSmaller
	case !fromStorage:
		return hintNotStorage(host)
	case at.isExpired:
		return joined("the upload URL expired at "+shown(at.expiry)+": create a new deploy, which has a new one", own)
	case at.isEarly:
		return joined(fmt.Sprintf("the upload URL is not valid before %s, and the storage's clock shows %s: upload later", shown(at.start), shown(at.now)), own)
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

func hintNotStorage(host string) string {
	return "this is not a response from the storage, which sends x-ms-* headers: check the network and any proxy between here and " + host
}

// hintUnreached returns what to do if there was no connection to the storage.
func hintUnreached(host string) string {
	return "could not connect to the storage host " + host + ", which must be reachable in addition to the API's host: check DNS, the firewall and any proxy"
}

func joined(hint, more string) string { return strings.TrimSuffix(hint+"; "+more, "; ") }

func shown(t time.Time) string { return t.UTC().Format(time.RFC3339) }
