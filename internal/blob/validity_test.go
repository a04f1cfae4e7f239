package blob

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/internal/retry"
)

// clocked is a storage with its own clock. It accepts the URL from start to expiry. A refusal shows the
// clock only in the ways that detail and dated select.
type clocked struct {
	off           time.Duration // of its clock from ours
	start, expiry time.Time
	detail        func(start, expiry, now string) string // the detail of a refusal
	dated         bool                                   // a refusal has a Date
	code          string
	seen          int
}

func (c *clocked) RoundTrip(request *http.Request) (*http.Response, error) {
	c.seen++
	content, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	now := time.Now().Add(c.off).UTC()
	if !now.Before(c.start) && now.Before(c.expiry) {
		return created("v1", content), nil
	}
	header := http.Header{"X-Ms-Request-Id": {"r"}, "X-Ms-Error-Code": {c.code}}
	if c.dated {
		header.Set("Date", now.Format(http.TimeFormat))
	}
	detail := ""
	if c.detail != nil {
		detail = "<AuthenticationErrorDetail>" + c.detail(c.start.Format(http.TimeFormat), c.expiry.Format(http.TimeFormat), now.Format(http.TimeFormat)) + "</AuthenticationErrorDetail>"
	}
	body := "<Error><Code>" + c.code + "</Code>" + detail + "</Error>"
	return &http.Response{StatusCode: http.StatusForbidden, Header: header, Body: io.NopCloser(strings.NewReader(body))}, nil
}

func inFrame(start, expiry, now string) string {
	return fmt.Sprintf("Signature not valid in the specified time frame: Start [%s] - Expiry [%s] - Current [%s]", start, expiry, now)
}

func withoutStart(_, expiry, now string) string {
	return fmt.Sprintf("Signed expiry time [%s] has to be after signed start time [%s]", expiry, now)
}

func mismatch(string, string, string) string {
	return "Signature did not match. String to sign used was w"
}

func valid(values ...string) *url.URL {
	query := url.Values{"sig": {"s1gned"}}
	for i := 0; i < len(values); i += 2 {
		query.Set(values[i], values[i+1])
	}
	return &url.URL{Scheme: "https", Host: "storage.example", Path: "/c/b", RawQuery: query.Encode()}
}

// Only the storage's clock decides whether a URL is valid. Put waits for a URL that is not valid yet,
// within the policy, and never calls it expired.
func TestPutUsesTheStoragesClock(t *testing.T) {
	const iso, fraction = time.RFC3339, "2006-01-02T15:04:05.0000000Z07:00"
	type row struct {
		storage  clocked
		from, to time.Duration // when the URL is valid by the storage's clock, relative to now
		st, se   string        // the formats of the URL's own times, or ""
		change   func(*retry.Policy)
		attempts int
		end      string // stored, expired, early or neither
	}
	for name, row := range map[string]row{
		"expired, by the detail":       {storage: clocked{detail: inFrame}, from: -2 * time.Hour, to: -time.Hour, attempts: 1, end: "expired"},
		"expires now, by the detail":   {storage: clocked{detail: inFrame}, from: -2 * time.Hour, attempts: 1, end: "expired"},
		"expired, without a start":     {storage: clocked{detail: withoutStart}, from: -2 * time.Hour, to: -time.Hour, se: iso, attempts: 1, end: "expired"},
		"expired, by Date":             {storage: clocked{dated: true}, from: -2 * time.Hour, to: -time.Second, se: iso, attempts: 1, end: "expired"},
		"expires now, by Date":         {storage: clocked{dated: true}, from: -2 * time.Hour, se: fraction, attempts: 1, end: "expired"},
		"expired, another code":        {storage: clocked{dated: true, code: "AuthorizationFailure"}, from: -2 * time.Hour, to: -time.Hour, se: iso, attempts: 1, end: "expired"},
		"expired, our clock is behind": {storage: clocked{dated: true, off: 5 * time.Hour}, from: -2 * time.Hour, to: -time.Hour, se: iso, attempts: 1, end: "expired"},
		"expired, no clock shown":      {storage: clocked{}, from: -2 * time.Hour, to: -time.Hour, se: iso, attempts: 1, end: "neither"},
		"expired, no times in the URL": {storage: clocked{dated: true}, from: -2 * time.Hour, to: -time.Hour, attempts: 1, end: "neither"},

		"early, by the detail":                    {storage: clocked{detail: inFrame}, from: 10 * time.Second, to: time.Hour, attempts: 2, end: "stored"},
		"early, by the detail and st":             {storage: clocked{detail: inFrame}, from: 300 * time.Millisecond, to: time.Hour, st: fraction, attempts: 2, end: "stored"},
		"early, within the second":                {storage: clocked{detail: inFrame, off: 100 * time.Millisecond}, from: 300 * time.Millisecond, to: time.Hour, attempts: 2, end: "stored"},
		"early, by Date":                          {storage: clocked{dated: true, off: 900 * time.Millisecond}, from: 20 * time.Second, to: time.Hour, st: iso, attempts: 2, end: "stored"},
		"early, by Date, with a fraction":         {storage: clocked{dated: true}, from: 300 * time.Millisecond, to: time.Hour, st: fraction, attempts: 2, end: "stored"},
		"early, another code":                     {storage: clocked{dated: true, code: "AuthorizationFailure"}, from: time.Second, to: time.Hour, st: iso, attempts: 2, end: "stored"},
		"early, our clock is ahead":               {storage: clocked{detail: inFrame, off: -5 * time.Hour}, from: 10 * time.Second, to: time.Hour, attempts: 2, end: "stored"},
		"early, our clock is behind":              {storage: clocked{dated: true, off: 5 * time.Hour}, from: 10 * time.Second, to: time.Hour, st: iso, attempts: 2, end: "stored"},
		"early, within the longest wait":          {storage: clocked{detail: inFrame}, from: 59 * time.Second, to: time.Hour, attempts: 2, end: "stored"},
		"early, beyond the longest wait":          {storage: clocked{detail: inFrame}, from: 10 * time.Minute, to: time.Hour, attempts: 1, end: "early"},
		"early, beyond the longest wait, by Date": {storage: clocked{dated: true}, from: 10 * time.Minute, to: time.Hour, st: iso, attempts: 1, end: "early"},
		"early, no attempt left":                  {storage: clocked{detail: inFrame}, from: time.Second, to: time.Hour, change: func(p *retry.Policy) { p.MaxAttempts = 1 }, attempts: 1, end: "early"},
		"early, waits disabled":                   {storage: clocked{detail: inFrame}, from: time.Second, to: time.Hour, change: func(p *retry.Policy) { p.MaxRetryAfter = -1 }, attempts: 4, end: "early"},
		"early, wrong signature":                  {storage: clocked{detail: mismatch, dated: true}, from: time.Second, to: time.Hour, st: iso, attempts: 1, end: "neither"},
		"early, wrong signature, no st":           {storage: clocked{detail: mismatch, dated: true}, from: 2 * time.Hour, to: 3 * time.Hour, attempts: 1, end: "neither"},
		"early, no st, no detail":                 {storage: clocked{dated: true}, from: time.Second, to: time.Hour, attempts: 1, end: "neither"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				storage := row.storage
				if storage.code == "" {
					storage.code = "AuthenticationFailed"
				}
				now := time.Now().Add(storage.off).UTC()
				storage.start, storage.expiry = now.Add(row.from), now.Add(row.to)
				var values []string
				if row.st != "" {
					storage.start, _ = time.Parse(row.st, storage.start.Format(row.st))
					values = append(values, "st", storage.start.Format(row.st))
				}
				if row.se != "" {
					values = append(values, "se", storage.expiry.Format(row.se))
				}
				upload := uploader(&storage)
				if row.change != nil {
					row.change(&upload.Retry)
				}
				result := upload.Put(t.Context(), valid(values...), measured(t, bytes.NewReader(gzipped(100))), nil)
				require.NoError(t, result.Err)
				assert.Equal(t, row.attempts, storage.seen)
				if row.end == "stored" {
					require.NotEmpty(t, result.Version)
					assert.Less(t, result.Elapsed, max(0, row.from)+2*time.Second, "no longer than necessary")
					return
				}
				require.NotNil(t, result.Refusal)
				assert.Equal(t, row.end == "expired", result.Refusal.Expired)
				assert.Equal(t, row.end == "early", result.Refusal.Early)
				hint := result.Refusal.Hint
				assert.Equal(t, row.end == "expired", strings.Contains(hint, "create a new deploy"), hint)
				if row.end == "early" {
					assert.Contains(t, hint, "not valid before "+storage.start.Format("2006-01-02T15:04"))
					assert.GreaterOrEqual(t, result.Refusal.RetryAfter, row.from)
				}
			})
		})
	}
}

func TestParseTime(t *testing.T) {
	want := time.Date(2024, 1, 12, 18, 32, 0, 0, time.UTC)
	for _, text := range []string{
		"2024-01-12T18:32:00Z", "2024-01-12t18:32:00z", "2024-01-12T18:32Z", "2024-01-12T18:32", "2024-01-12T18:32:00", "2024-01-12T18:32:00.0000000Z",
		"2024-01-12T20:32:00+02:00", "2024-01-12T20:32:00 02:00", "2024-01-12T20:32+02:00", "2024-01-12T16:02:00-02:30",
		"Fri, 12 Jan 2024 18:32:00 GMT",
	} {
		assert.Equal(t, want, parseTime(text), text)
	}
	assert.Equal(t, want.Add(123456700), parseTime("2024-01-12T18:32:00.1234567Z"))
	assert.Equal(t, time.Date(2024, 1, 12, 0, 0, 0, 0, time.UTC), parseTime("2024-01-12"))
	for _, text := range []string{"", "soon", "2024", "2024-13-01", "12/01/2024"} {
		assert.Zero(t, parseTime(text), text)
	}
}
