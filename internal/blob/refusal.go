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

// Refusal is a response that is no success, without secrets.
type Refusal struct {
	StatusCode int
	Code       string        // the storage's name for what is wrong, such as AuthenticationFailed
	Message    string        // the storage's own words
	RequestID  string        // the storage's name for the request
	Body       string        // the start of the body
	RetryAfter time.Duration // how long the storage asks to wait, or until the URL is valid
	Hint       string        // what to do, where it is known
	Expired    bool          // the URL, by the storage's clock
	Early      bool          // the URL is not valid yet, by the storage's clock
	Err        error         // what is wrong with a 201, if that is what is wrong
}

// isDamaged reports that the tarball did not arrive as it was sent.
func (r *Refusal) isDamaged() bool { return r != nil && r.Code == codeMD5Mismatch }

// retryAfter is how long another attempt should wait, at least.
func (r *Refusal) retryAfter() time.Duration {
	if r == nil {
		return 0
	}
	return r.RetryAfter
}

// judge returns the version that an attempt brought or, if it brought another response, what that
// says.
func (u *upload) judge(last attempt) (version string, refusal *Refusal) {
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

// version returns the version that a 201 names, if the tarball is what was stored.
func (u *upload) version(last attempt) (string, error) {
	versions, sums := last.response.Header.Values("X-Ms-Version-Id"), last.response.Header.Values("Content-Md5")
	own := base64.StdEncoding.EncodeToString(u.tarball.sum)
	switch {
	case !last.whole:
		return "", errors.New("the response came before the whole tarball was sent")
	case len(sums) == 0:
		return "", errors.New("the response has no Content-MD5, so nothing shows that the storage read the tarball")
	case len(sums) > 1 || sums[0] != own:
		return "", errors.New("what was stored is not what was sent: its MD5 differs")
	case len(versions) != 1:
		return "", fmt.Errorf("the response must name one tarball version (x-ms-version-id), and names %d", len(versions))
	}
	if rule := check.Version(versions[0]); rule != "" {
		return "", errors.New("x-ms-version-id " + rule)
	}
	if u.shown().Text(versions[0]) != versions[0] {
		return "", errors.New("x-ms-version-id repeats the signature of the upload URL, or a token")
	}
	return versions[0], nil
}

// shown takes what the client keeps secret out of what is shown.
func (u *upload) shown() redact.Redactor { return u.Log.Secrets.Redactor(u.signature...) }

// maxDecoded is how long an error of the storage may be.
const maxDecoded = 1 << 20

func (u *upload) refusal(response *transport.Response, err error) *Refusal {
	shown := u.shown()
	var said struct{ Code, Message, AuthenticationErrorDetail string }
	if len(response.Body) <= maxDecoded {
		_ = xml.Unmarshal(response.Body, &said)
	}
	if code := response.Header.Get("X-Ms-Error-Code"); code != "" {
		said.Code = code
	}
	message := firstLine(said.Message)
	if detail := firstLine(said.AuthenticationErrorDetail); detail != "" {
		message = strings.TrimPrefix(message+"; "+detail, "; ")
	}
	refusal := &Refusal{
		StatusCode: response.StatusCode,
		Code:       shown.Line(said.Code),
		Message:    shown.Line(message),
		RequestID:  shown.Line(response.Header.Get("X-Ms-Request-Id")),
		Body:       shown.Excerpt(redact.Quotable(response.Body, said.Code != "")),
		Err:        err,
	}
	var at validity
	fromStorage := isStorage(response.Header)
	if fromStorage && response.StatusCode == http.StatusForbidden {
		at = validityOf(u.target, response.Header, said.AuthenticationErrorDetail)
	}
	refusal.Expired, refusal.Early = at.isExpired, at.isEarly
	refusal.Hint = hintFor(refusal, u.target.Host, said.AuthenticationErrorDetail, fromStorage, at)
	refusal.RetryAfter, _ = retry.After(response.Header, time.Now())
	refusal.RetryAfter = max(refusal.RetryAfter, at.wait())
	return refusal
}

// firstLine leaves out the lines that the storage puts below what it says: the request's ID, which
// has a header of its own, the time, and what a signature was made of.
func firstLine(text string) string {
	first, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return strings.TrimSpace(first)
}
