package check

import (
	"net/url"
	"slices"
	"strings"
)

// BaseURL accepts a URL that the token may be sent to and that the API's paths can be appended to. It
// must not end with one of versionPaths. quotable reports whether an error may show the URL, because it
// cannot contain a password.
func BaseURL(baseURL, example string, versionPaths ...string) (parsed *url.URL, rule string, quotable bool) {
	parsed, err := url.Parse(baseURL)
	switch {
	case baseURL == "":
		return nil, "must not be empty; omit the option for " + example, false
	case strings.TrimSpace(baseURL) != baseURL:
		return nil, "must not have white space around it, such as the newline at the end of a file", false
	case err != nil:
		return nil, "must be a URL that starts with https:// and a host, like " + example, false
	case parsed.User != nil || strings.Contains(baseURL, "@"):
		return nil, "must not contain a user or password; the token authenticates requests", false
	case parsed.RawQuery != "" || parsed.ForceQuery || parsed.Fragment != "":
		return nil, "must not have a query or fragment; write it like " + example, false
	case parsed.Scheme != "https" && parsed.Scheme != "http" || parsed.Hostname() == "":
		return nil, "must start with https:// and a host, like " + example, true
	case parsed.Scheme == "http" && !isLoopback(parsed.Hostname()):
		return nil, "must be https, or the token is sent unencrypted; http is for loopback hosts only", true
	}
	for _, path := range versionPaths {
		if strings.HasSuffix(strings.TrimRight(parsed.Path, "/"), path) {
			return nil, "must not contain the path of an API version; remove " + path + " and use WithAPIVersion", true
		}
	}
	parsed.Host = strings.TrimSuffix(parsed.Host, ":")
	return parsed.JoinPath(), "", true
}

// UploadURL accepts an upload URL from the API at server.
func UploadURL(uploadURL, server string) (parsed *url.URL, rule string) {
	if uploadURL == "" {
		return nil, "is missing: a deploy has one only if DAG deploys are enabled on its Deployment, and one for a bundle only if its type is BUNDLE"
	}
	parsed, err := url.Parse(uploadURL)
	switch {
	case err != nil, parsed.Hostname() == "", parsed.User != nil, parsed.Fragment != "", !IsPrintable(uploadURL), !IsPrintable(parsed.Host), strings.Contains(uploadURL, " "):
		return nil, "must be the URL exactly as the service returned it"
	case mayBeLoopback(parsed.Hostname()) && !mayReachLoopback(server):
		return nil, "must not point to this machine (host " + parsed.Hostname() + ") unless the base URL does, too"
	case parsed.Scheme != "https" && (parsed.Scheme != "http" || !isLoopback(parsed.Hostname())):
		return nil, "must be https, or the tarball and the URL's signature are sent unencrypted; http is for loopback hosts only"
	}
	return parsed, ""
}

func mayReachLoopback(server string) bool {
	parsed, err := url.Parse(server)
	return err == nil && mayBeLoopback(parsed.Hostname())
}

// RequestURL accepts only the URL of a request below server. It rejects other hosts, paths that leave
// server, and paths with an empty ID.
func RequestURL(requested *url.URL, host string, server *url.URL) string {
	if requested == nil {
		return "must not be nil"
	}
	below, isBelow := strings.CutPrefix(requested.EscapedPath(), server.EscapedPath())
	switch {
	case requested.Scheme != server.Scheme, requested.Host != server.Host, host != server.Host && host != "",
		!isBelow, !strings.HasPrefix(below, "/"), strings.Contains(below+"/", "//"), requested.Opaque != "", hasDots(requested.Path):
		return "must be a URL of the API at " + server.String() + "; check the IDs and the request editors"
	}
	return ""
}

// hasDots reports whether a path has a segment . or ..
func hasDots(path string) bool {
	return slices.ContainsFunc(strings.Split(path, "/"), func(segment string) bool { return segment == "." || segment == ".." })
}
