package check

import (
	"net/url"
	"slices"
	"strings"
)

// BaseURL accepts a URL that the token may go to and that the paths of the API can be appended
// to; it must not end with one of versionPaths. quotable reports whether the URL cannot hold a
// password, so that an error may show it.
func BaseURL(baseURL, example string, versionPaths ...string) (parsed *url.URL, rule string, quotable bool) {
	parsed, err := url.Parse(baseURL)
	switch {
	case baseURL == "":
		return nil, "must not be empty; leave the option out for " + example, false
	case err != nil:
		return nil, "must be a URL like " + example, false
	case parsed.User != nil || strings.Contains(baseURL, "@"):
		return nil, "must not hold a user or password; the token is what signs in", false
	case parsed.RawQuery != "" || parsed.ForceQuery || parsed.Fragment != "":
		return nil, "must not have a query or fragment; write it like " + example, false
	case parsed.Scheme != "https" && parsed.Scheme != "http" || parsed.Hostname() == "":
		return nil, "must begin with https:// and a host, like " + example, true
	case parsed.Scheme == "http" && !isLoopback(parsed.Hostname()):
		return nil, "must be https, or the token crosses the network in clear; http is for loopback hosts", true
	}
	for _, path := range versionPaths {
		if strings.HasSuffix(strings.TrimRight(parsed.Path, "/"), path) {
			return nil, "must not hold the API version's path; leave out " + path + " and use WithAPIVersion", true
		}
	}
	parsed.Host = strings.TrimSuffix(parsed.Host, ":")
	return parsed.JoinPath(), "", true
}

// UploadURL accepts an upload URL as the service hands them out, to a client of the API at server.
func UploadURL(uploadURL, server string) (parsed *url.URL, rule string) {
	if uploadURL == "" {
		return nil, "is missing: a deploy has one for DAGs where its Deployment has DAG deploys enabled, and one for a bundle if it is of type BUNDLE, too"
	}
	parsed, err := url.Parse(uploadURL)
	switch {
	case err != nil, parsed.Hostname() == "", parsed.User != nil, parsed.Fragment != "", !IsPrintable(uploadURL), !IsPrintable(parsed.Host), strings.Contains(uploadURL, " "):
		return nil, "must be a URL as the service returns it, byte for byte"
	case mayBeLoopback(parsed.Hostname()) && !leadsToLoopback(server):
		return nil, "must not lead to this machine, as the host " + parsed.Hostname() + " may, where the base URL leads elsewhere"
	case parsed.Scheme != "https" && (parsed.Scheme != "http" || !isLoopback(parsed.Hostname())):
		return nil, "must be https, or the tarball and the URL's signature cross the network in clear; http is for loopback hosts"
	}
	return parsed, ""
}

func leadsToLoopback(server string) bool {
	parsed, err := url.Parse(server)
	return err == nil && mayBeLoopback(parsed.Hostname())
}

// RequestURL accepts the URL of a request below server, and nothing else: not another host, not a
// path that leaves it, not one that an empty ID broke.
func RequestURL(requested *url.URL, host string, server *url.URL) string {
	if requested == nil {
		return "the request has none"
	}
	below, isBelow := strings.CutPrefix(requested.EscapedPath(), server.EscapedPath())
	switch {
	case requested.Scheme != server.Scheme, requested.Host != server.Host, host != server.Host && host != "",
		!isBelow, !strings.HasPrefix(below, "/"), strings.Contains(below+"/", "//"), requested.Opaque != "", hasDots(requested.Path):
		return "the request's URL is not one of the API at " + server.String() + "; check the IDs and the request editors"
	}
	return ""
}

// hasDots reports a path that leads elsewhere than it seems to.
func hasDots(path string) bool {
	return slices.ContainsFunc(strings.Split(path, "/"), func(segment string) bool { return segment == "." || segment == ".." })
}
