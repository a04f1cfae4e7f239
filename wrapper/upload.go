package wrapper

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/internal/blob"
	"github.com/astro-finalize/astro-finalize-go/internal/check"
)

// UploadOption changes one thing about [Client.Upload].
type UploadOption func(*uploadSettings) error

type uploadSettings struct {
	progress func(sent, total int64)
}

// WithProgress has progress called as an upload goes on, with the bytes that were sent so far
// and all that there are. An attempt that is retried begins at 0 again. The calls come one
// after the other, from another goroutine, and hold the upload up until they return, so that
// one that blocks must end with the context; none comes after the upload has ended.
func WithProgress(progress func(sent, total int64)) UploadOption {
	return func(settings *uploadSettings) error {
		if progress == nil {
			return &ValidationError{Field: "progress", Rule: "must not be nil"}
		}
		settings.progress = progress
		return nil
	}
}

// Upload uploads a tarball, whole and from its beginning, to the upload URL of a deploy
// (DAGsUploadURL or BundleUploadURL) and returns its tarball version, byte for byte, which is
// what [DAGTarball] and [BundleTarball] take. It changes nothing before the deploy is
// finalized.
//
// It is one request, Put Blob, of up to 5,000 MiB, by which the storage checks the MD5 that it
// is sent, and which is retried from the start after 408, 417 (without Expect), 429, 500, 502,
// 503, 504 and cut connections, like the requests to the API, and once if the body was damaged on
// its way: each makes one more version, and the last one's is returned. It takes as long as it
// takes, unless no byte moves for the time of [WithStallTimeout]. It goes to the URL's host alone,
// over https, without the API token, and follows no redirect; http and loopback hosts are for
// clients with a loopback base URL. The tarball is read by another goroutine, one Read at a time;
// one with a method MD5() []byte is not read for its MD5 first.
//
// An upload URL expires, after which a new deploy is to be created: [ErrUploadURLExpired]. One that
// is not valid yet, by the storage's clock, is waited for as a Retry-After is. These and other
// responses are a [*StorageError], no response is a [*TransportError]. If the tarball's Read hangs
// when ctx ends, Upload returns a second later, though that Read may still be under way.
func (c *Client) Upload(ctx context.Context, uploadURL *api.Secret, tarball io.ReadSeeker, options ...UploadOption) (version string, err error) {
	if err := c.ready(ctx, nil); err != nil {
		return "", err
	}
	var settings uploadSettings
	for _, option := range options {
		if option == nil {
			return "", &ValidationError{Field: "options", Rule: "must not hold a nil UploadOption"}
		}
		if err := option(&settings); err != nil {
			return "", err
		}
	}
	var address string
	if uploadURL != nil {
		address = uploadURL.Reveal()
	}
	target, rule := check.UploadURL(address, c.server)
	if rule != "" {
		return "", &ValidationError{Field: "uploadUrl", Rule: rule}
	}
	measured, err := blob.Measure(ctx, tarball)
	broken := (*blob.InvalidError)(nil)
	switch {
	case errors.As(err, &broken):
		return "", &ValidationError{Field: "tarball", Value: broken.Value, Rule: broken.Rule}
	case err != nil:
		return "", &TransportError{Operation: opUpload, Err: c.redactor(nil).Error(err)}
	}
	result := c.uploads.Put(ctx, target, measured, settings.progress)
	switch {
	case result.Version != "":
		return result.Version, nil
	case result.Err == nil:
		return "", storageError(result)
	}
	if result.Refusal != nil {
		result.Err = fmt.Errorf("%w; the last one: %w", result.Err, storageError(result))
	}
	return "", &TransportError{Operation: opUpload, Attempts: result.Attempts, Elapsed: result.Elapsed, Hint: result.Hint, Err: result.Err}
}
