// Package check validates what goes into a request: IDs, tarball versions, tokens and the description
// of a deploy. Each function returns the rule that a value breaks and what to do, or "" if the value is
// valid. Since the value may be a secret, a rule quotes only its first invalid character, or a word such
// as null.
package check

import (
	"cmp"
	"fmt"
	"path"
	"strings"
	"unicode/utf8"
)

// The limits are far above any real value: an ID has 25 characters, a version 28, a bundle type 3. They
// catch wrong values such as the content of a file.
const (
	maxID         = 256
	maxVersion    = 1 << 10
	maxPath       = 4 << 10 // PATH_MAX of Linux
	maxBundleType = 256
	maxCommit     = 256
	maxUserAgent  = 1 << 10
)

// ID accepts the characters of the service's IDs, none of which can change the path of a request.
func ID(id string) string {
	if id == "" {
		return "must not be empty"
	}
	const allowed = "an ID consists of letters, digits, - and _, like clvetru2w000201mowqwua63n"
	invalid := without(id, func(r rune) bool { return r != '-' && r != '_' && !isAlphanumeric(r) }, allowed)
	return cmp.Or(longer(id, maxID), invalid, word(id))
}

func isAlphanumeric(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

// Version accepts any tarball version that the storage may have returned. A version is opaque: it is
// neither trimmed nor parsed. Version rejects what no version contains: characters that do not print,
// quotes, brackets, $, %, *, \ and similar, and white space around it.
func Version(version string) string {
	switch {
	case version == "":
		return "must not be empty: the upload returned no version (x-ms-version-id); upload again"
	case len(version) > maxVersion:
		return longer(version, maxVersion)
	case strings.HasPrefix(strings.ToLower(version), "x-ms-"):
		return "must be only the header's value, without \"x-ms-version-id:\" before it"
	case strings.ContainsAny(version[:1], "=:,"):
		return fmt.Sprintf("must not start with %q: remove the separator between the name and the version", version[:1])
	case strings.Contains(version, "://"):
		return "must be the version that the upload returned (x-ms-version-id), not a URL"
	}
	return cmp.Or(value(version), trimmed(version))
}

// value rejects words that stand for a missing value, and leftovers.
func value(text string) string { return cmp.Or(word(text), without(text, isLeftover, "")) }

func trimmed(text string) string {
	if strings.TrimSpace(text) != text {
		return "must not have white space around it"
	}
	return ""
}

// MountPath accepts an absolute, clean path of a folder below the root. Which paths the service accepts
// is not documented.
func MountPath(mountPath string) string {
	switch {
	case mountPath == "":
		return "must not be empty: it is where the bundle is mounted, such as /usr/local/airflow/dbt/my-project"
	case !strings.HasPrefix(mountPath, "/") || path.Clean(mountPath) != mountPath || mountPath == "/" || !IsPrintable(mountPath):
		return "must be an absolute path without ., .. and a trailing slash, such as /usr/local/airflow/dbt/my-project"
	}
	return cmp.Or(longer(mountPath, maxPath), without(mountPath, isExpandable, ""))
}

// BundleType accepts any printable name, even "none", which the vendor's CLI sends.
func BundleType(bundleType string) string {
	switch {
	case bundleType == "":
		return "must not be empty: it is the kind of bundle, such as dbt"
	case !IsPrintable(bundleType) || strings.TrimSpace(bundleType) != bundleType:
		return "must be printable ASCII without white space around it, such as dbt"
	}
	return cmp.Or(longer(bundleType, maxBundleType), without(bundleType, isExpandable, ""))
}

// Commit accepts the hash of a commit, of any kind.
func Commit(hash string) string {
	if hash == "" {
		return "must not be empty: it is the hash of the commit"
	}
	return cmp.Or(longer(hash, maxCommit), value(hash), trimmed(hash))
}

// UserAgent accepts what can be appended to a User-Agent header.
func UserAgent(suffix string) string {
	if suffix == "" || !IsPrintable(suffix) {
		return "must be printable ASCII and not empty"
	}
	return longer(suffix, maxUserAgent)
}

const maxDescription = 500 // characters

// Description accepts a text of up to 500 characters.
func Description(description string) string {
	if length := utf8.RuneCountInString(description); length > maxDescription {
		return fmt.Sprintf("must have at most %d characters; this one has %d", maxDescription, length)
	}
	if !utf8.ValidString(description) {
		return "must be valid UTF-8"
	}
	return ""
}

// IsPrintable reports whether s consists of printable ASCII.
func IsPrintable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}
