package wrapper

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/astro-finalize/astro-finalize-go/internal/check"
	"github.com/astro-finalize/astro-finalize-go/internal/transport"
)

// hint returns what to do about a response, or "" where that is not known.
func hint(version APIVersion, operation, requestID string, response *transport.Response) string {
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
	case status == http.StatusNotFound && version == V1Beta1:
		return "nothing seems to respond at this address: check the base URL; or v1beta1, whose support ends in January 2027, is gone: use WithAPIVersion(V1)"
	case status == http.StatusNotFound:
		return "nothing seems to respond at this address: check the base URL"
	case status == http.StatusTooManyRequests:
		return "a token may make 10 POST and 25 GET requests a second: try again, more slowly"
	case status >= 300 && status < 400 && response.Header.Get("Location") != "":
		return "redirects are not followed" + redirectTarget(response.HTTP)
	case status < 400 && foreign:
		return foreignHint
	}
	return ""
}

// otherPermission warns of what a role that may create deploys need not have.
func otherPermission(operation string) string {
	if operation == opCreateDeploy {
		return ", and then deployment.deploys.update to finalize"
	}
	return "; that of creating deploys is another"
}

const foreignHint = "something else than the service seems to respond: check the base URL, and the proxies on the way"

// isForeign reports a whole body that the service would not send.
func isForeign(response *transport.Response) bool {
	return response.Cut == nil && len(response.Body) > 0 && !json.Valid(response.Body)
}

func unauthorizedHint(token string, now time.Time) string {
	if expiry, found := check.Expiry(token); found && !expiry.After(now) {
		return "the token expired on " + expiry.Format(time.RFC1123) + ": make a new one and set " + tokenVariable
	}
	return "the token is not valid, or no longer: make a new one and set " + tokenVariable
}

// redirectTarget names the host that a redirect points to, and no more of the URL.
func redirectTarget(response *http.Response) string {
	location, err := response.Location()
	if err != nil || location.Host == "" {
		return ""
	}
	return "; this one points to " + location.Scheme + "://" + location.Host
}
