package check

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"
)

// maxToken is more than most servers accept in a header. The service's tokens have about 2 KB.
const maxToken = 16 << 10

const bearer = "Bearer "

// Token accepts a bearer token: b64token of RFC 6750, section 2.1.
func Token(token string) string {
	switch {
	case token == "":
		return "is missing: set ASTRO_API_TOKEN or use WithToken or WithTokenSource"
	case len(token) > maxToken:
		return longer(token, maxToken)
	case strings.TrimSpace(token) != token:
		return "must not have white space around it, such as the newline at the end of a file; use strings.TrimSpace"
	case len(token) > len(bearer) && strings.EqualFold(token[:len(bearer)], bearer):
		return "must be only the token, without \"Bearer \" before it"
	}
	beforePadding := cmp.Or(strings.TrimRight(token, "="), token)
	const allowed = "a token consists of letters, digits and - . _ ~ + /, with = only at the end"
	invalid := without(beforePadding, func(r rune) bool { return !isAlphanumeric(r) && !strings.ContainsRune("-._~+/", r) }, allowed)
	return cmp.Or(invalid, word(beforePadding))
}

// Expiry returns when a token expires, if it is a JWT with an expiry. It does not verify the token: the
// expiry is a hint for a human reader.
func Expiry(token string) (time.Time, bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return time.Time{}, false
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return time.Time{}, false
	}
	var claims struct {
		Expiry *float64 `json:"exp"`
	}
	if json.Unmarshal(payload, &claims) != nil || claims.Expiry == nil {
		return time.Time{}, false
	}
	const year9999 = 253402300799
	if *claims.Expiry < 0 || *claims.Expiry > year9999 {
		return time.Time{}, false
	}
	return time.Unix(int64(*claims.Expiry), 0).UTC(), true
}
