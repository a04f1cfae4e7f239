package wrapper

import (
	"cmp"
	"context"
	"io"
	"net/url"
	"time"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/internal/retry"
)

// opUpload is no operation of openapi.yaml: it is the storage that answers.
const opUpload = "Upload"

// Upload uploads a tarball, whole and from its beginning, to the upload URL of a deploy
// (DAGsUploadURL or BundleUploadURL) and returns its tarball version, byte for byte, which is
// what [DAGTarball] and [BundleTarball] take. It changes nothing before the deploy is
// finalized.
//
// It is one request, Put Blob, of up to 5,000 MiB, by which the storage checks the MD5 that it
// is sent, and which is repeated from the start after 408, 417 (without Expect), 429, 500, 502,
// 503, 504 and cut connections, like the requests to the API: each makes one more version, and
// the last one's is returned. It takes as long as it takes, unless no byte moves for the time of
// [WithStallTimeout]. It goes to the URL's host alone, over https (loopback excepted), without
// the API token, and follows no redirect.
//
// An upload URL expires, after which a new deploy is to be created: [ErrUploadURLExpired].
// That and other answers of the storage are a [*StorageError], no answer is a
// [*TransportError]. If the tarball's Read hangs when ctx ends, Upload returns, though that
// Read may be under way yet.
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
		uploader: *c.upload,
		target:   target,
		secrets:  secretsOf(target),
		tarball:  tarball,
		progress: settings.progress,
	}
	series := c.chain.policy.Start()
	started, wait := time.Now(), noWait
	for attempts := 1; ; attempts++ {
		request, end := u.attempt(ctx)
		end.attempts, end.elapsed = attempts, time.Since(started)
		logAttempt(c.chain.log, request, end.response, end.err, attempts, wait)
		if end.isSuccess() {
			return u.version(end)
		}
		if !u.plain && end.isExpectationFailed() {
			u.plain = true
			attempts-- // it was our own header that was refused
			continue
		}
		wait = noWait
		if end.isWorthAnother() {
			if next, again := series.Next(ctx, headerOf(end.response)); again {
				wait = next
			}
		}
		if wait == noWait {
			return "", u.failure(end)
		}
		if interrupted := retry.Sleep(ctx, wait); interrupted != nil {
			end.err = u.interrupted(interrupted, end)
			return "", u.failure(end)
		}
	}
}
