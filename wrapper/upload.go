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

// UploadOption configures [Client.Upload].
type UploadOption func(*uploadSettings) error

type uploadSettings struct {
	progress func(sent, total int64)
}

// WithProgress calls progress during an upload, with the bytes sent so far and the total. A retry starts
// at 0 again. The calls come one at a time from another goroutine, and never after Upload has returned.
// The upload waits for each call, so progress must not block beyond the context.
func WithProgress(progress func(sent, total int64)) UploadOption {
	return func(settings *uploadSettings) error {
		if progress == nil {
			return &ValidationError{Field: "progress", Rule: "must not be nil"}
		}
		settings.progress = progress
		return nil
	}
}

// Upload uploads a tarball from its beginning to the upload URL of a deploy (DAGsUploadURL or
// BundleUploadURL). It returns the tarball version, byte for byte, for [DAGTarball] and [BundleTarball].
// The Deployment does not change until the deploy is finalized.
//
// It is one request (Put Blob) of up to 5,000 MiB, whose MD5 the storage checks. It is retried from the
// start after 408, 417 (without Expect), 429, 500, 502, 503, 504 and cut connections, and once after the
// body was damaged in transit. A 2xx without a version is final. Each upload that gets through adds a
// version; the last one is returned, and the others have no effect. There is no time limit but the context
// and [WithStallTimeout]. The request goes only to the URL's host, over https, without the API token, and
// redirects are not followed. Only clients with a loopback base URL upload to http or loopback hosts.
//
// Another goroutine reads the tarball, one Read at a time. It is read once for its MD5 before the upload,
// unless it has a method MD5() []byte. If a Read does not return when ctx ends, Upload returns a second
// later without waiting for it.
//
// An expired upload URL is [ErrUploadURLExpired]: create a new deploy. If a URL is not valid yet by the
// storage's clock, Upload waits until it is, within the limits for a Retry-After. These and other responses
// are a [*StorageError]; no response is a [*TransportError].
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
		result.Err = fmt.Errorf("%w; the last attempt: %w", result.Err, storageError(result))
	}
	return "", &TransportError{Operation: opUpload, Attempts: result.Attempts, Elapsed: result.Elapsed, Hint: result.Hint, Err: result.Err}
}
