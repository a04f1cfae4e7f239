// Package check knows the syntax of what goes into a request: IDs, tarball versions, tokens and
// what describes a deploy. Each function returns the rule that a value breaks, and what to do, or
// "" if the value is good. No rule quotes the value, which may be a secret.
package check

import (
	"fmt"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ID accepts what the service's IDs are made of, and so nothing that could bend the request's
// path.
func ID(id string) string {
	if id == "" {
		return "must not be empty"
	}
	for i := range len(id) {
		if !isIDByte(id[i]) {
			return "must consist of letters, digits, - and _, like clvetru2w000201mowqwua63n"
		}
	}
	return ""
}

func isIDByte(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '-' || b == '_'
}

// Version accepts any tarball version that the storage can have returned. A version is opaque:
// nothing is trimmed or parsed.
func Version(version string) string {
	switch {
	case version == "":
		return "must not be empty: the upload returned no version (x-ms-version-id), so upload again"
	case strings.ContainsFunc(version, unicode.IsControl):
		return "must not hold a control character; strip the carriage return of the header that it was cut from, for example with tr -d '\\r'"
	case strings.TrimSpace(version) != version:
		return "must not have white space around it"
	case !utf8.ValidString(version):
		return "must be valid UTF-8, or JSON would change it"
	}
	return ""
}

const bearer = "Bearer "

// Token accepts what fits an Authorization header.
func Token(token string) string {
	switch {
	case token == "":
		return "is missing: set ASTRO_API_TOKEN or use WithToken or WithTokenSource"
	case strings.TrimSpace(token) != token:
		return "must not have white space around it, such as the newline of the file that it was read from; use strings.TrimSpace"
	case len(token) > len(bearer) && strings.EqualFold(token[:len(bearer)], bearer):
		return "must be the token alone, without \"Bearer \" before it"
	case !IsPrintable(token) || strings.Contains(token, " "):
		return "must be printable ASCII without spaces; it seems to be something else than a token"
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
	return ""
}

// BundleType accepts any printable name.
func BundleType(bundleType string) string {
	switch {
	case bundleType == "":
		return "must not be empty: it says what kind of bundle it is, such as dbt"
	case !IsPrintable(bundleType) || strings.TrimSpace(bundleType) != bundleType:
		return "must be printable ASCII without white space around it, such as dbt"
	}
	return ""
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
