// Package check knows the syntax of what goes into a request: IDs, tarball versions, tokens and
// what describes a deploy. Each function returns the rule that a value breaks, and what to do, or
// "" if the value is good. No rule quotes more of the value, which may be a secret, than the one
// character that is at fault, or a word that stands for no value.
package check

import (
	"cmp"
	"fmt"
	"path"
	"strings"
	"unicode/utf8"
)

// What no real value comes near: an ID has 25 characters, a version 28, a bundle type 3. A path is
// bounded by the operating system. What is longer is something else, such as a file's content.
const (
	maxID         = 256
	maxVersion    = 1 << 10
	maxPath       = 4 << 10 // PATH_MAX of Linux
	maxBundleType = 256
	maxCommit     = 256
	maxUserAgent  = 1 << 10
)

// ID accepts what the service's IDs are made of, and so nothing that could bend the request's
// path.
func ID(id string) string {
	if id == "" {
		return "must not be empty"
	}
	const letters = "an ID consists of letters, digits, - and _, like clvetru2w000201mowqwua63n"
	foreign := without(id, func(r rune) bool { return r != '-' && r != '_' && !isAlphanumeric(r) }, letters)
	return cmp.Or(longer(id, maxID), foreign, word(id))
}

func isAlphanumeric(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

// Version accepts any tarball version that the storage can have returned. A version is opaque:
// nothing is trimmed or parsed. What is refused is what no version is made of: characters that do
// not print, quotes, brackets, $, %, *, \ and the like, white space around it.
func Version(version string) string {
	switch {
	case version == "":
		return "must not be empty: the upload returned no version (x-ms-version-id), so upload again"
	case len(version) > maxVersion:
		return longer(version, maxVersion)
	case strings.HasPrefix(strings.ToLower(version), "x-ms-"):
		return "must be the header's value alone, without \"x-ms-version-id:\" before it"
	case strings.ContainsAny(version[:1], "=:,"):
		return fmt.Sprintf("must not begin with %q: leave out what separates the version from its name", version[:1])
	case strings.Contains(version, "://"):
		return "must be the version that the upload returned (x-ms-version-id), and not a URL"
	}
	return cmp.Or(value(version), trimmed(version))
}

// value refuses what is left of a value that is missing, or of the text around it.
func value(text string) string { return cmp.Or(word(text), without(text, isLeftover, "")) }

func trimmed(text string) string {
	if strings.TrimSpace(text) != text {
		return "must not have white space around it"
	}
	return ""
}

// MountPath accepts the path of a folder below the root that can be meant in one way only. Which
// of them the service takes is not documented.
func MountPath(mountPath string) string {
	switch {
	case mountPath == "":
		return "must not be empty: it says where the bundle is mounted, such as /usr/local/airflow/dbt/my-project"
	case !strings.HasPrefix(mountPath, "/") || path.Clean(mountPath) != mountPath || mountPath == "/" || !IsPrintable(mountPath):
		return "must be an absolute path without ., .. and a slash at its end, such as /usr/local/airflow/dbt/my-project"
	}
	return cmp.Or(longer(mountPath, maxPath), without(mountPath, isExpandable, ""))
}

// BundleType accepts any printable name. One that the vendor's CLI sends is "none".
func BundleType(bundleType string) string {
	switch {
	case bundleType == "":
		return "must not be empty: it says what kind of bundle it is, such as dbt"
	case !IsPrintable(bundleType) || strings.TrimSpace(bundleType) != bundleType:
		return "must be printable ASCII without white space around it, such as dbt"
	}
	return cmp.Or(longer(bundleType, maxBundleType), without(bundleType, isExpandable, ""))
}

// Commit accepts the hash of a commit, of whichever kind.
func Commit(hash string) string {
	if hash == "" {
		return "must not be empty: it names the commit"
	}
	return cmp.Or(longer(hash, maxCommit), value(hash), trimmed(hash))
}

// UserAgent accepts what can follow a name in a User-Agent header.
func UserAgent(suffix string) string {
	if suffix == "" || !IsPrintable(suffix) {
		return "must be printable ASCII, and not empty"
	}
	return longer(suffix, maxUserAgent)
}

// maxDescription is how many characters a description may have.
const maxDescription = 500

// Description accepts a text of up to 500 characters.
func Description(description string) string {
	if length := utf8.RuneCountInString(description); length > maxDescription {
		return fmt.Sprintf("must have at most %d characters; this one has %d", maxDescription, length)
	}
	if !utf8.ValidString(description) {
		return "must be valid UTF-8, or JSON would change it"
	}
	return ""
}

// IsPrintable reports whether s is printable ASCII throughout.
func IsPrintable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}
