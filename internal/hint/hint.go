// Package hint says what to do about a response of the API that is not the one asked for.
package hint

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/astro-finalize/astro-finalize-go/internal/check"
	"github.com/astro-finalize/astro-finalize-go/internal/transport"
)

// Refusal is a response that is not the one asked for, and what is known about its request.
type Refusal struct {
	Response   *transport.Response
	Message    string // from the body, if it has one
	RequestID  string // from the body, if it has one
	Permission string // that the request requires of the token
	ToBeta     bool   // whether the client is pinned to v1beta1
}

// Of returns what to do about a response, or "" if that is not known.
func Of(r Refusal, now time.Time) string {
	foreign := isForeign(r.Response)
	switch status := r.Response.StatusCode; {
	case status == http.StatusBadRequest && IsHibernating(r.Message):
		return hibernating
	case (status == http.StatusUnauthorized || status == http.StatusForbidden) && foreign && r.RequestID == "":
		return notAstro
	case status == http.StatusUnauthorized:
		return unauthorized(r.Response.Token, now)
	case status == http.StatusForbidden:
		return "the token's role needs the permission " + r.Permission + " on this Deployment" + otherPermission(r.Permission)
	case status == http.StatusNotFound && r.RequestID != "":
		return "check the IDs in the call, and that the token belongs to their Organization"
	case (status == http.StatusNotFound || status == http.StatusGone) && r.ToBeta:
		return notAstro + "; or " + gone
	case status == http.StatusNotFound:
		return notAstro
	case status == http.StatusTooManyRequests:
		return "a token may make 10 POST and 25 GET requests a second: try again, more slowly"
	case status >= 300 && status < 400 && r.Response.Header.Get("Location") != "":
		return "redirects are not followed" + redirectTarget(r)
	case status < 400 && foreign:
		return notAstro
	}
	return ""
}

const (
	notAstro    = "this does not look like a response from Astro: check the base URL and any proxy"
	gone        = "v1beta1, whose support ends in January 2027, is gone: use WithAPIVersion(V1)"
	hibernating = "wake the Deployment first, in the Astro UI or with POST .../deployments/{deploymentId}/hibernation-override " +
		`and the body {"isHibernating":false}; it takes about a minute`
)

// IsHibernating reports whether the message of a 400 says that the Deployment hibernates. Such a response
// has no code that would tell.
func IsHibernating(message string) bool { return strings.Contains(message, "in HIBERNATING state") }

// otherPermission points out that creating and finalizing need two permissions.
func otherPermission(permission string) string {
	if permission == "deployment.deploys.create" {
		return ", and then deployment.deploys.update to finalize"
	}
	return "; deployment.deploys.create is not enough"
}

// isForeign reports whether a body is whole and not JSON, which the service would not send.
func isForeign(response *transport.Response) bool {
	return response.Cut == nil && len(response.Body) > 0 && !json.Valid(response.Body)
}

func unauthorized(token string, now time.Time) string {
	const cure = ": create a new one and set ASTRO_API_TOKEN"
	if expiry, found := check.Expiry(token); found && !expiry.After(now) {
		return "the token expired on " + expiry.Format(time.RFC1123) + cure
	}
	return "the token is not valid or has expired" + cure
}

// redirectTarget names the host of a redirect's target, but nothing else of the URL.
func redirectTarget(r Refusal) string {
	location, err := r.Response.HTTP.Location()
	switch {
	case err != nil, location.Host == "":
		return ""
	case r.ToBeta && strings.Contains(location.Path, "/v1/organizations/"):
		return "; " + gone
	}
	return "; this one points to " + location.Scheme + "://" + location.Host
}
