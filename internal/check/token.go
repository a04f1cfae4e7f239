package check

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"
)

// Expiry returns when a token expires, if it is a JWT whose payload says so. Nothing is
// verified: it is a hint for a human reader.
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
