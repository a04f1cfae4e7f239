package blob

import (
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/astro-finalize/astro-finalize-go/internal/check"
	"github.com/astro-finalize/astro-finalize-go/internal/redact"
	"github.com/astro-finalize/astro-finalize-go/internal/retry"
	"github.com/astro-finalize/astro-finalize-go/internal/transport"
)

// Refusal is a response that is not a success. It contains no secrets.
type Refusal struct {
	StatusCode int
	Code       string        // the storage's error code, such as AuthenticationFailed
	Message    string        // the storage's error message
	RequestID  string        // the storage's request ID
	Body       string        // the start of the body
	RetryAfter time.Duration // how long to wait: the Retry-After, or the time until the URL is valid
	Hint       string        // what to do, if known
	Expired    bool          // the URL has expired by the storage's clock
	Early      bool          // the URL is not valid yet by the storage's clock
	Err        error         // why a 201 is not a success
}

// isDamaged reports whether the tarball arrived damaged.
func (r *Refusal) isDamaged() bool { return r != nil && r.Code == codeMD5Mismatch }

// retryAfter returns the minimum wait before a retry.
func (r *Refusal) retryAfter() time.Duration {
	if r == nil {
		return 0
	}
	return r.RetryAfter
}

// classify returns the version of a successful attempt, or the refusal of any other response.
func (u *upload) classify(last attempt) (version string, refusal *Refusal) {
	if last.response == nil {
		return "", nil
	}
	var err error
	if last.response.StatusCode == http.StatusCreated {
		if version, err = u.version(last); err == nil {
			return version, nil
		}
	}
	return "", u.refusal(last.response, err)
}

// version returns the version in a 201, after a check that the whole tarball was stored.
func (u *upload) version(last attempt) (string, error) {
	versions, sums := last.response.Header.Values("X-Ms-Version-Id"), last.response.Header.Values("Content-Md5")
	own := base64.StdEncoding.EncodeToString(u.tarball.sum)
	switch {
	case !last.whole:
		return "", errors.New("the response came before the whole tarball was sent")
	case len(sums) == 0:
		return "", errors.New("the response has no Content-MD5, so it does not prove that the storage read the tarball")
	case len(sums) > 1 || sums[0] != own:
		return "", errors.New("the MD5 of the stored blob differs from the tarball's")
	case len(versions) != 1:
		return "", fmt.Errorf("the response must have one tarball version (x-ms-version-id), but has %d", len(versions))
	}
	if rule := check.Version(versions[0]); rule != "" {
		return "", errors.New("x-ms-version-id " + rule)
	}
	if u.shown().Text(versions[0]) != versions[0] {
		return "", errors.New("x-ms-version-id contains the upload URL's signature or a token")
	}
	return versions[0], nil
}

// shown returns a redactor for the client's secrets.
func (u *upload) shown() redact.Redactor { return u.Log.Secrets.Redactor(u.signature...) }

// maxDecoded is the longest body that is decoded as an error.
const maxDecoded = 1 << 20

func (u *upload) refusal(response *transport.Response, err error) *Refusal {
	shown := u.shown()
	var failure struct{ Code, Message, AuthenticationErrorDetail string }
	if len(response.Body) <= maxDecoded {
		_ = xml.Unmarshal(response.Body, &failure)
	}
	if code := response.Header.Get("X-Ms-Error-Code"); code != "" {
		failure.Code = code
	}
	message := firstLine(failure.Message)
	if detail := firstLine(failure.AuthenticationErrorDetail); detail != "" {
		message = strings.TrimPrefix(message+"; "+detail, "; ")
	}
	refusal := &Refusal{
		StatusCode: response.StatusCode,
		Code:       shown.Line(failure.Code),
		Message:    shown.Line(message),
		RequestID:  shown.Line(response.Header.Get("X-Ms-Request-Id")),
		Body:       shown.Excerpt(redact.Quotable(response.Body, failure.Code != "")),
		Err:        err,
	}
	var at validity
	fromStorage := isStorage(response.Header)
	if fromStorage && response.StatusCode == http.StatusForbidden {
		at = validityOf(u.target, response.Header, failure.AuthenticationErrorDetail)
	}
	refusal.Expired, refusal.Early = at.isExpired, at.isEarly
	refusal.Hint = hintFor(refusal, u.target.Host, failure.AuthenticationErrorDetail, fromStorage, at)
	refusal.RetryAfter, _ = retry.After(response.Header, time.Now())
	refusal.RetryAfter = max(refusal.RetryAfter, at.wait())
	return refusal
}

// firstLine drops what the storage appends to a message in more lines: the request ID, the time and
// the string that was signed.
func firstLine(text string) string {
	first, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return strings.TrimSpace(first)
}
