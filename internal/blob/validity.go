package blob

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// validity is when an upload URL is valid, according to a 403 from the storage. It uses only the
// storage's clock, since ours may be wrong.
type validity struct {
	isExpired bool
	isEarly   bool // it is not valid yet
	start     time.Time
	expiry    time.Time
	now       time.Time
}

// How the storage describes a URL that is not valid now. It uses the second form for an expired URL
// without a start, and shows the current time as the start.
var (
	notInFrame = regexp.MustCompile(`(?:Start \[([^]]*)\] - )?Expiry \[([^]]*)\] - Current \[([^]]*)\]`)
	endsBefore = regexp.MustCompile(`expiry time \[([^]]*)\] .*after signed start time \[([^]]*)\]`)
)

// validityOf reads the times in the detail of a 403. If the detail has none, it compares the URL's own
// start and expiry (st, se) to the response's Date.
func validityOf(target *url.URL, header http.Header, detail string) validity {
	query := target.Query()
	v := validity{start: parseISO(query.Get("st")), expiry: parseISO(query.Get("se"))}
	v.now, _ = http.ParseTime(header.Get("Date"))
	hasStart := !v.start.IsZero()
	if found := notInFrame.FindStringSubmatch(detail); found != nil {
		start, expiry, now := parseTime(found[1]), parseTime(found[2]), parseTime(found[3])
		v.setNow(now)
		v.isExpired = !expiry.IsZero() && !now.Before(expiry)
		v.isEarly = !v.isExpired && !now.IsZero() && !start.Before(now)
		if v.isExpired {
			v.expiry = expiry
		}
		if !hasStart { // the time in the detail has no fraction of a second
			v.start = start.Add(time.Second)
		}
	} else if found := endsBefore.FindStringSubmatch(detail); found != nil && !hasStart {
		v.setNow(parseTime(found[2]))
		v.expiry, v.isExpired = parseTime(found[1]), true
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

// wait returns how long it takes until the URL is valid. The storage's time lacks the fraction of a
// second, so the wait may be up to a second too long, but is never too short.
func (v validity) wait() time.Duration {
	if !v.isEarly {
		return 0
	}
	return max(0, v.start.Sub(v.now))
}

// parseTime parses a time in the storage's response. It returns the zero time if it cannot.
func parseTime(text string) time.Time {
	if parsed, err := http.ParseTime(text); err == nil {
		return parsed
	}
	return parseISO(text)
}

// isoForms are the formats that the storage accepts in a URL. Seconds may have a fraction. A time
// without a zone is in UTC.
var isoForms = []string{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02"}

// parseISO parses a time in an upload URL. It returns the zero time if it cannot.
func parseISO(text string) time.Time {
	text = strings.ReplaceAll(strings.ToUpper(text), " ", "+") // an unescaped + in a query becomes a blank
	for _, form := range isoForms {
		if parsed, err := time.Parse(form, text); err == nil {
			return parsed.UTC()
		}
	}
	return time.Time{}
}
