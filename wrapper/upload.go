package wrapper

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// opUpload is no operation of openapi.yaml: it is the storage that answers.
const opUpload = "Upload"

// Upload uploads a tarball, whole and from its beginning, to the upload URL of a deploy
// (DAGsUploadURL or BundleUploadURL) and returns its tarball version, byte for byte, which is
// what [DAGTarball] and [BundleTarball] take. It changes nothing before the deploy is
// finalized.
//
// It is one request, Put Blob, of up to 5,000 MiB, by which the storage checks the MD5 that it
// is sent, and which is repeated from the start after 408, 429, 500, 502, 503, 504 and cut
// connections, like the requests to the API: each makes one more version, and the last one's is
// returned. It takes as long as it takes, unless no byte moves for the time of
// [WithStallTimeout]. It goes to the URL's host alone, over https (loopback excepted), without
// the API token, and follows no redirect.
//
// An upload URL expires, after which a new deploy is to be created: [ErrUploadURLExpired].
// That and other answers of the storage are a [*StorageError], no answer is a
// [*TransportError].
func (c *Client) Upload(ctx context.Context, uploadURL *api.Secret, tarball io.ReadSeeker, options ...UploadOption) (version string, err error) {
	if err := cmp.Or(c.check(), checkContext(ctx)); err != nil {
		return "", err
	}
	settings, err := uploadSettingsOf(options)
	if err != nil {
		return "", err
	}
	target, err := parseUploadURL(uploadURL)
	if err != nil {
		return "", err
	}
	measured, err := measure(ctx, tarball)
	if err != nil {
		return "", err
	}
	return c.put(ctx, target, measured, settings)
}

// put uploads a tarball that was measured.
func (c *Client) put(ctx context.Context, target *url.URL, tarball *measured, settings uploadSettings) (string, error) {
	u := &upload{
		uploader: c.upload,
		target:   target,
		secrets:  secretsOf(target),
		tarball:  tarball,
		progress: settings.progress,
	}
	var schedule Backoff
	started, wait := time.Now(), noWait
	for attempts := 1; ; attempts++ {
		request, response, err := u.attempt(ctx)
		logAttempt(c.chain.log, request, response, err, attempts, wait)
		end := uploadEnd{attempts: attempts, elapsed: time.Since(started), response: response, err: err}
		if end.isSuccess() {
			return u.version(end)
		}
		wait = noWait
		if ctx.Err() == nil && attempts < c.chain.maxAttempts && end.isWorthAnother() {
			if schedule == nil {
				schedule = c.chain.newBackoff()
			}
			wait = c.chain.waitBefore(schedule, response)
		}
		if wait == noWait {
			return "", u.failure(end)
		}
		if interrupted := sleep(ctx, wait); interrupted != nil {
			end.err = u.interrupted(interrupted, end)
			return "", u.failure(end)
		}
	}
}

// uploader is what the uploads of a client have in common.
type uploader struct {
	transport http.RoundTripper
	stall     time.Duration // 0 means none
}

// upload is one call of Upload.
type upload struct {
	uploader
	target   *url.URL
	secrets  []string // of the target
	tarball  *measured
	progress func(sent, total int64)
}

// attempt sends the tarball once. The response's body is a *readBody.
func (u *upload) attempt(ctx context.Context) (*http.Request, *http.Response, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	body := newUploadBody(u.tarball, u.progress, u.stall, func() { cancel(fmt.Errorf("%w for %v", errStalled, u.stall)) })
	defer body.end()
	request := u.request(ctx, body)
	if _, err := u.tarball.Seek(0, io.SeekStart); err != nil {
		return request, nil, &unsent{fmt.Errorf("tarball: %w", err)}
	}
	if err := ctx.Err(); err != nil {
		return request, nil, &unsent{err}
	}
	response, err := u.transport.RoundTrip(request)
	if err == nil && (response == nil || response.Body == nil) {
		err = errors.New("the http.RoundTripper returned no response, and no error")
	}
	if err == nil {
		read := &readBody{request: request}
		read.data, read.err = readBounded(ctx, response)
		response.Body = read
		return request, response, nil
	}
	switch cause := context.Cause(ctx); {
	case body.failure() != nil:
		err = &unsent{body.failure()} // another attempt would read no more
	case cause != nil && !errors.Is(err, cause):
		err = fmt.Errorf("%w: %w", cause, err)
	}
	return request, nil, withoutSecrets(err, u.secrets...)
}

// request has what the storage needs, and no more: not even a name of ours.
func (u *upload) request(ctx context.Context, body io.ReadCloser) *http.Request {
	target := *u.target
	header := http.Header{
		"X-Ms-Blob-Type": {"BlockBlob"},
		"Content-Md5":    {base64.StdEncoding.EncodeToString(u.tarball.md5)},
		"User-Agent":     {""},
	}
	if u.tarball.size > 1<<20 {
		// The storage refuses an expired URL before the tarball is on its way. Afterwards it
		// may close a connection whose answer is not read yet.
		header["Expect"] = []string{"100-continue"}
	}
	request := &http.Request{
		Method: http.MethodPut, URL: &target, Host: target.Host,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: body, ContentLength: u.tarball.size,
	}
	return request.WithContext(ctx)
}
