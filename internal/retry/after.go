package retry

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// After returns the wait that the Retry-After header asks for, in seconds or until a date. A date is
// compared to the response's own Date, since the sender's clock may differ from ours, or to now if there
// is none. An invalid header is treated as absent.
func After(header http.Header, now time.Time) (wait time.Duration, found bool) {
	value := strings.TrimSpace(header.Get("Retry-After"))
	seconds, err := strconv.ParseUint(value, 10, 64)
	if errors.Is(err, strconv.ErrRange) || seconds > uint64(math.MaxInt64/time.Second) {
		return math.MaxInt64, true
	}
	if err == nil {
		return time.Duration(seconds) * time.Second, true
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	if sent, err := http.ParseTime(header.Get("Date")); err == nil {
		now = sent
	}
	return max(0, date.Sub(now)), true
}
