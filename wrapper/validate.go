package wrapper

import (
	"net"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/astro-finalize/astro-finalize-go/internal/redact"
)

// checkID accepts what the service's IDs are made of, and so nothing that could bend the
// request's path.
func checkID(field, id string) error {
	if id == "" {
		return &ValidationError{Field: field, Rule: "must not be empty"}
	}
	for i := range len(id) {
		if !isIDByte(id[i]) {
			return &ValidationError{Field: field, Value: shown(id), Rule: "must consist of letters, digits, - and _, like clvetru2w000201mowqwua63n"}
		}
	}
	return nil
}

func isIDByte(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '-' || b == '_'
}

// checkVersion accepts any tarball version that can have come out of an upload's answer.
// A version is opaque: nothing is trimmed or parsed.
func checkVersion(field, version string) error {
	var rule string
	switch {
	case version == "":
		rule = "must not be empty: the upload returned no version (x-ms-version-id), so upload again"
		if field == "bundleTarballVersion" {
			rule += "; to remove the bundle, use RemoveBundle"
		}
	case strings.ContainsFunc(version, unicode.IsControl):
		rule = "must not hold a control character; strip the carriage return of the header that it was cut from, for example with tr -d '\\r'"
	case strings.TrimSpace(version) != version:
		rule = "must not have white space around it"
	case !utf8.ValidString(version):
		rule = "must be valid UTF-8, or JSON would change it"
	default:
		return nil
	}
	return &ValidationError{Field: field, Value: shown(version), Rule: rule}
}

// checkToken accepts what fits an Authorization header. Its errors do not quote the token.
func checkToken(token string) error {
	var rule string
	switch {
	case token == "":
		rule = "is missing: set " + tokenVariable + " or use WithToken or WithTokenSource"
	case strings.TrimSpace(token) != token:
		rule = "must not have white space around it, such as the newline of the file that it was read from; use strings.TrimSpace"
	case len(token) > len("Bearer ") && strings.EqualFold(token[:len("Bearer ")], "Bearer "):
		rule = "must be the token alone, without \"Bearer \" before it"
	case !isPrintable(token) || strings.Contains(token, " "):
		rule = "must be printable ASCII without spaces; it seems to be something else than a token"
	default:
		return nil
	}
	return &ValidationError{Field: "token", Rule: rule}
}

// shown is value unless it is long, or an upload URL: something else was put in its place,
// maybe a secret.
func shown(value string) string {
	if len(value) > 64 {
		return ""
	}
	return redact.Text(value)
}

func isPrintable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}

// parseBaseURL accepts a URL that the token may go to and that the paths of the API can be
// appended to. Its errors quote the URL only where it cannot hold a password.
func parseBaseURL(baseURL string) (*url.URL, error) {
	invalid := func(value, rule string) (*url.URL, error) {
		return nil, &ValidationError{Field: "baseURL", Value: shown(value), Rule: rule}
	}
	parsed, err := url.Parse(baseURL)
	switch {
	case baseURL == "":
		return invalid("", "must not be empty; leave the option out for "+DefaultBaseURL)
	case err != nil:
		return invalid("", "must be a URL like "+DefaultBaseURL)
	case parsed.User != nil || strings.Contains(baseURL, "@"):
		return invalid("", "must not hold a user or password; the token is what signs in")
	case parsed.RawQuery != "" || parsed.ForceQuery || parsed.Fragment != "":
		return invalid("", "must not have a query or fragment; write it like "+DefaultBaseURL)
	case parsed.Scheme != "https" && parsed.Scheme != "http" || parsed.Hostname() == "":
		return invalid(baseURL, "must begin with https:// and a host, like "+DefaultBaseURL)
	case parsed.Scheme == "http" && !isLoopback(parsed.Hostname()):
		return invalid(baseURL, "must be https, or the token crosses the network in clear; http is for loopback hosts")
	}
	for _, path := range paths {
		if strings.HasSuffix(strings.TrimRight(parsed.Path, "/"), path) {
			return invalid(baseURL, "must not hold the API version's path; leave out "+path+" and use WithAPIVersion")
		}
	}
	parsed.Host = strings.TrimSuffix(parsed.Host, ":")
	return parsed.JoinPath(), nil
}

func isLoopback(host string) bool {
	return strings.EqualFold(host, "localhost") || net.ParseIP(host).IsLoopback()
}
