package wrapper

import (
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/astro-finalize/astro-finalize-go/internal/redact"
	"github.com/astro-finalize/astro-finalize-go/internal/retry"
)

// uploadEnd is how an attempt to upload ended.
type uploadEnd struct {
	attempts int
	elapsed  time.Duration // since the beginning of the first
	response *http.Response
	whole    bool // whether the tarball was read to its end
	err      error
}

func (e uploadEnd) isSuccess() bool {
	return e.err == nil && e.response.StatusCode == http.StatusCreated
}

// isWorthAnother reports whether the tarball may be sent once more: it always may, since that
// makes one more version, but not every answer promises another one.
func (e uploadEnd) isWorthAnother() bool {
	if e.err != nil {
		unreadable := (*unreadableTarball)(nil)
		return judgeError(e.err) != withheld && !errors.As(e.err, &unreadable)
	}
	return retry.Retryable(e.response.StatusCode)
}

// isExpectationFailed reports that something on the way does not know Expect, if it was sent.
func (e uploadEnd) isExpectationFailed() bool {
	return e.err == nil && e.response.StatusCode == http.StatusExpectationFailed && e.response.Body.(*readBody).request.Header.Get("Expect") != ""
}

// version returns the version that a 201 names, if the tarball is what was stored.
func (u *upload) version(end uploadEnd) (string, error) {
	header := end.response.Header
	versions, sums := header.Values("X-Ms-Version-Id"), header.Values("Content-Md5")
	own := base64.StdEncoding.EncodeToString(u.tarball.md5)
	switch {
	case !end.whole:
		end.err = errors.New("the answer came before the whole tarball was sent")
	case slices.ContainsFunc(sums, func(sum string) bool { return sum != own }):
		end.err = errors.New("what was stored is not what was sent: its MD5 differs")
	case len(versions) != 1:
		end.err = fmt.Errorf("the answer must name one tarball version (x-ms-version-id), and names %d", len(versions))
	default:
		err := checkVersion("x-ms-version-id", versions[0])
		if err == nil {
			return versions[0], nil
		}
		end.err = errors.New(err.Error()) // not of the type that says that nothing was sent
	}
	return "", u.storageError(end)
}

// interrupted says what ended the wait for another attempt, and how the last one did.
func (u *upload) interrupted(err error, last uploadEnd) error {
	err = fmt.Errorf("%w while waiting for another attempt", err)
	if last.err != nil {
		return withLast(err, last.err)
	}
	return withLast(err, u.storageError(last))
}

// failure returns the error of the last attempt.
func (u *upload) failure(end uploadEnd) error {
	if end.err == nil {
		return u.storageError(end)
	}
	if own := (*unsent)(nil); errors.As(end.err, &own) {
		end.attempts, end.err = end.attempts-1, own.err
	}
	return &TransportError{Operation: opUpload, Attempts: end.attempts, Elapsed: end.elapsed, Err: end.err}
}

func (u *upload) storageError(end uploadEnd) *StorageError {
	body := end.response.Body.(*readBody)
	keep := func(text string) string { return redact.Excerpt([]byte(text), u.secrets...) }
	var decoded struct{ Code, Message, AuthenticationErrorDetail string }
	if len(body.data) <= maxDecoded {
		_ = xml.Unmarshal(body.data, &decoded)
	}
	storageError := &StorageError{
		StatusCode: end.response.StatusCode,
		Code:       keep(decoded.Code),
		Message:    keep(joined(strings.TrimSpace(decoded.Message), strings.TrimSpace(decoded.AuthenticationErrorDetail))),
		RequestID:  keep(end.response.Header.Get("X-Ms-Request-Id")),
		Body:       redact.Excerpt(body.data, u.secrets...),
		Attempts:   end.attempts,
		Elapsed:    end.elapsed,
		Err:        end.err,
	}
	storageError.RetryAfter, _ = retry.After(end.response.Header, time.Now())
	if code := end.response.Header.Get("X-Ms-Error-Code"); code != "" {
		storageError.Code = keep(code)
	}
	storageError.Hint = storageHint(storageError)
	return storageError
}
