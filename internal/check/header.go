package check

import (
	"cmp"
	"fmt"
	"net/textproto"
	"strings"
)

const (
	maxHeaderName  = 64
	maxHeaderValue = 4 << 10
)

// headers are the headers that are not for every request, and what to do instead. A prefix ends with -.
var headers = map[string]string{
	"Authorization":          "use WithToken or WithTokenSource",
	"Cookie":                 "use the Jar of WithHTTPClient",
	"Host":                   "use WithBaseURL",
	"User-Agent":             "use WithUserAgent",
	"If-":                    forOneRequest,
	"Idempotency-Key":        forOneRequest,
	"X-Idempotency-Key":      forOneRequest,
	"Range":                  forOneRequest,
	"X-Http-Method-Override": forOneRequest,
	"Accept":                 setByClient,
	"Accept-Encoding":        setByClient,
	"Content-":               setByClient,
	"Expect":                 setByClient,
	"Connection":             setByTransport,
	"Http2-Settings":         setByTransport,
	"Keep-Alive":             setByTransport,
	"Proxy-":                 setByTransport,
	"Te":                     setByTransport,
	"Trailer":                setByTransport,
	"Transfer-Encoding":      setByTransport,
	"Upgrade":                setByTransport,
}

const (
	forOneRequest  = "it is for one request, and this option is for all of them"
	setByClient    = "the client sets it to what the request needs"
	setByTransport = "the Transport of WithHTTPClient sets it for each connection"
)

// Header accepts a header for every request. shown is the name, or "" if that may be a secret that was passed
// in its place. The value may be one, too, so the rule does not quote it.
func Header(name, value string) (shown, rule string) {
	if name == "" || strings.ContainsFunc(name, func(r rune) bool { return !isTokenCharacter(r) }) {
		return "", "must have a name of letters, digits and - (RFC 9110), such as X-Astro-Client-Identifier"
	}
	canonical := textproto.CanonicalMIMEHeaderKey(name)
	prefix := canonical[:strings.IndexByte(canonical, '-')+1]
	instead := cmp.Or(headers[canonical], headers[prefix])
	switch {
	case len(name) > maxHeaderName:
		return "", fmt.Sprintf("must have a name of at most %d characters, not %d", maxHeaderName, len(name))
	case instead != "":
		return name, "must not be set by WithHeader: " + instead
	case value == "":
		return name, "must not have an empty value: omit the option, or check that its variable is set"
	case strings.TrimSpace(value) != value:
		return name, "must have a value without white space around it"
	case !IsPrintable(value):
		return name, "must have a value of printable ASCII"
	case len(value) > maxHeaderValue:
		return name, fmt.Sprintf("must have a value of at most %d bytes, not %d", maxHeaderValue, len(value))
	}
	return name, ""
}

// isTokenCharacter reports whether a character may be in a token (RFC 9110, section 5.6.2).
func isTokenCharacter(r rune) bool {
	return isAlphanumeric(r) || r < 0x80 && strings.ContainsRune("!#$%&'*+-.^_`|~", r)
}
