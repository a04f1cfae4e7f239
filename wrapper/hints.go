package wrapper

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/astro-finalize/astro-finalize-go/internal/check"
	"github.com/astro-finalize/astro-finalize-go/internal/transport"
)

// hint returns what to do about a response, or "" if that is not known.
func hint(pinned APIVersion, operation, requestID string, response *transport.Response) string {
	foreign := isForeign(response)
	switch status := response.StatusCode; {
	case (status == http.StatusUnauthorized || status == http.StatusForbidden) && foreign && requestID == "":
		return foreignHint
	case status == http.StatusUnauthorized:
		return unauthorizedHint(response.Token, time.Now())
	case status == http.StatusForbidden:
		return "the token's role needs the permission " + permissions[operation] + " on this Deployment" + otherPermission(operation)
	case status == http.StatusNotFound && requestID != "":
		return "check the IDs in the call, and that the token belongs to their Organization"
	case (status == http.StatusNotFound || status == http.StatusGone) && pinned == V1Beta1:
		return foreignHint + "; or " + goneHint
	case status == http.StatusNotFound:
		return foreignHint
	case status == http.StatusTooManyRequests:
		return "a token may make 10 POST and 25 GET requests a second: try again, more slowly"
	case status >= 300 && status < 400 && response.Header.Get("Location") != "":
		return "redirects are not followed" + redirectTarget(pinned, response.HTTP)
	case status < 400 && foreign:
		return foreignHint
	}
	return ""
}

// otherPermission points out that creating and finalizing need two permissions.
func otherPermission(operation string) string {
	if operation == opCreateDeploy {
		return ", and then deployment.deploys.update to finalize"
	}
	return "; deployment.deploys.create is not enough"
}

const foreignHint = "this does not look like a response from Astro: check the base URL and any proxy"
const goneHint = "v1beta1, whose support ends in January 2027, is gone: use WithAPIVersion(V1)"

// isForeign reports whether a body is whole and not JSON, which the service would not send.
func isForeign(response *transport.Response) bool {
	return response.Cut == nil && len(response.Body) > 0 && !json.Valid(response.Body)
}

func unauthorizedHint(token string, now time.Time) string {
	if expiry, found := check.Expiry(token); found && !expiry.After(now) {
		return "the token expired on " + expiry.Format(time.RFC1123) + ": create a new one and set " + tokenVariable
	}
	return "the token is not valid or has expired: create a new one and set " + tokenVariable
}

// redirectTarget names the host of a redirect's target, but nothing else of the URL.
func redirectTarget(pinned APIVersion, response *http.Response) string {
	location, err := response.Location()
	switch {
	case err != nil, location.Host == "":
		return ""
	case pinned == V1Beta1 && strings.Contains(location.Path, paths[V1]+"/organizations/"):
		return "; " + goneHint
	}
	return "; this one points to " + location.Scheme + "://" + location.Host
}
