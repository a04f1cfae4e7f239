// Package blob uploads a tarball to a pre-signed URL of Azure Blob Storage with one Put Blob request,
// and retries from the start. It knows the storage's protocol and nothing about deploys.
package blob

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/astro-finalize/astro-finalize-go/internal/redact"
	"github.com/astro-finalize/astro-finalize-go/internal/retry"
	"github.com/astro-finalize/astro-finalize-go/internal/transport"
)

// Uploader is the configuration that all uploads of a client share.
type Uploader struct {
	Transport func() http.RoundTripper
	Stall     time.Duration // how long an upload may make no progress; 0 means no limit
	Retry     retry.Policy
	Log       transport.Logger // Put adds the upload URL's signature to its Secrets
}

// Result is the outcome of an upload: a version, a refusal or an error. It contains no secrets.
type Result struct {
	Version  string   // of the blob that was stored, byte for byte
	Refusal  *Refusal // the last response, if it is not a success
	Err      error    // why there was no response, or why there was no retry after Refusal
	Hint     string   // what to do about Err, if known
	Attempts int      // number of attempts
	Elapsed  time.Duration
}

// upload is one call of Put.
type upload struct {
	*Uploader
	target    *url.URL
	signature []string // of the target, escaped and unescaped
	tarball   *Tarball
	progress  func(sent, total int64) // may be nil
	noExpect  bool                    // leave out Expect, because a proxy refused it
	damaged   bool                    // an attempt's tarball arrived damaged
}

// Put uploads a tarball. Retries are always safe: each stores one more version of the blob, and Put
// returns the version of the attempt that succeeded.
//
// progress is called with the number of bytes that the transport took. The calls come from another
// goroutine, one at a time, and none comes after Put has returned. If the transport honors its
// context, Put returns within a second after ctx ends, even while the tarball's Read or progress
// hangs.
func (u *Uploader) Put(ctx context.Context, target *url.URL, tarball *Tarball, progress func(sent, total int64)) (result Result) {
	put := &upload{Uploader: u, target: target, signature: redact.Signatures([]byte(target.RawQuery)), tarball: tarball, progress: progress}
	u.Log.Secrets.Add(put.signature...)
	started, series, wait := time.Now(), u.Retry.Start(), time.Duration(-1)
	defer func() {
		if result.Elapsed = time.Since(started); result.Err != nil {
			result.Err = put.shown().Error(result.Err)
		}
	}()
	for {
		last := put.attempt(ctx)
		u.Log.Attempt(ctx, last.request, last.response, last.err, result.Attempts+1, wait, put.signature...)
		if !put.noExpect && last.isExpectRefused() {
			put.noExpect = true // does not count as an attempt, since only our header was refused
			continue
		}
		if last.made {
			result.Attempts++
		}
		result.Version, result.Refusal = put.classify(last)
		result.Err, result.Hint = last.err, last.hint
		if result.Version != "" || !last.mayRetry(result.Refusal) || put.isDamagedAgain(result.Refusal) {
			return result
		}
		canRetry := false
		wait, canRetry = series.NextAfter(ctx, result.Refusal.retryAfter())
		if !canRetry && (ctx.Err() == nil || errors.Is(last.err, ctx.Err())) {
			return result
		}
		if canRetry {
			u.Log.Retry(ctx, last.request, last.response, last.err, wait, put.signature...)
		}
		if err := retry.Sleep(ctx, wait); err != nil {
			if result.Err = fmt.Errorf("%w while waiting for another attempt", err); last.err != nil {
				result.Err = fmt.Errorf("%w; the last attempt: %w", result.Err, last.err)
			}
			return result
		}
	}
}

// isDamagedAgain reports whether this is the second attempt whose tarball arrived damaged. A third one
// would not help.
func (u *upload) isDamagedAgain(refusal *Refusal) bool {
	before := u.damaged
	u.damaged = before || refusal.isDamaged()
	return before && refusal.isDamaged()
}
