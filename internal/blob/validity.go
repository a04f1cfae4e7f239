package blob

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// validity is when an upload URL can be used, as far as a 403 of the storage tells. All of it is by
// the storage's clock: ours may be wrong.
type validity struct {
	isExpired bool
	isEarly   bool // it is not valid yet
	start     time.Time
	expiry    time.Time
	now       time.Time
}

// What the storage says of a URL at the wrong time. The second is what it says of an expired one
// that has no start: it takes the moment for that.
var (
	notInFrame = regexp.MustCompile(`(?:Start \[([^]]*)\] - )?Expiry \[([^]]*)\] - Current \[([^]]*)\]`)
	endsBefore = regexp.MustCompile(`expiry time \[([^]]*)\] .*after signed start time \[([^]]*)\]`)
)

// validityOf reads a 403 of the storage: what its detail says and, if that is silent about the time,
// what the URL's own start and end (st, se) are by the response's Date.
func validityOf(target *url.URL, header http.Header, detail string) validity {
	query := target.Query()
	v := validity{start: parseISO(query.Get("st")), expiry: parseISO(query.Get("se"))}
	v.now, _ = http.ParseTime(header.Get("Date"))
	hasStart := !v.start.IsZero()
	if said := notInFrame.FindStringSubmatch(detail); said != nil {
		start, expiry, now := parseTime(said[1]), parseTime(said[2]), parseTime(said[3])
		v.setNow(now)
		v.isExpired = !expiry.IsZero() && !now.Before(expiry)
		v.isEarly = !v.isExpired && !now.IsZero() && !start.Before(now)
		if v.isExpired {
			v.expiry = expiry
		}
		if !hasStart { // what is said has no fractions of a second
			v.start = start.Add(time.Second)
		}
	} else if said := endsBefore.FindStringSubmatch(detail); said != nil && !hasStart {
		v.setNow(parseTime(said[2]))
		v.expiry, v.isExpired = parseTime(said[1]), true
	}
	hasNow := !v.now.IsZero()
	v.isExpired = v.isExpired || hasNow && !v.expiry.IsZero() && !v.now.Before(v.expiry)
	v.isEarly = !v.isExpired && (v.isEarly || hasNow && hasStart && !isChanged(detail) && v.start.After(v.now))
	return v
}

func (v *validity) setNow(now time.Time) {
	if !now.IsZero() {
		v.now = now
	}
}

// wait is how long it takes until the URL is valid. The storage's clock is shown without the fraction
// of its second, so that this is up to a second too long, and never too short.
func (v validity) wait() time.Duration {
	if !v.isEarly {
		return 0
	}
	return max(0, v.start.Sub(v.now))
}

// parseTime reads a time as the storage shows it, which is zero if it cannot be read.
func parseTime(text string) time.Time {
	if parsed, err := http.ParseTime(text); err == nil {
		return parsed
	}
	return parseISO(text)
}

// isoForms are those that the storage takes in a URL; seconds may have a fraction in each. A time
// without a zone is in UTC.
var isoForms = []string{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02"}

// parseISO reads a time of an upload URL, which is zero if it cannot be read.
func parseISO(text string) time.Time {
	text = strings.ReplaceAll(strings.ToUpper(text), " ", "+") // which an unescaped + becomes in a query
	for _, form := range isoForms {
		if parsed, err := time.Parse(form, text); err == nil {
			return parsed.UTC()
		}
	}
	return time.Time{}
}
