// Package blob uploads a tarball to a pre-signed URL of Azure Blob Storage: one Put Blob, which is
// made again from the start where that may help. It knows the storage's protocol, and nothing of
// deploys.
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

// Uploader is what the uploads of a client have in common.
type Uploader struct {
	Transport func() http.RoundTripper
	Stall     time.Duration // how long no byte may move; 0 means that nobody watches
	Retry     retry.Policy
	Log       transport.Logger // to whose Secrets the signatures of URLs are added
}

// Result is what came of an upload: a version, a refusal, or an error. It shows no secrets.
type Result struct {
	Version  string   // of the blob that was stored, byte for byte
	Refusal  *Refusal // the last response, if it is no success
	Err      error    // why there was no response, or why no attempt followed Refusal
	Hint     string   // what to do about Err, where it is known
	Attempts int      // that were made
	Elapsed  time.Duration
}

// upload is one call of Put.
type upload struct {
	*Uploader
	target    *url.URL
	signature []string // of the target, as it is written there and as it is
	tarball   *Tarball
	progress  func(sent, total int64) // nil if nobody asks
	plain     bool                    // without Expect, which something on the way refused
	damaged   bool                    // an attempt was, on its way
}

// Put uploads a tarball. It may always be sent once more, since that makes one more version and
// harms nothing; the version of the attempt that succeeded is returned.
//
// progress is told how many bytes were handed over. Its calls come one after the other, from
// another goroutine, and none after Put has returned. If the transport heeds its context, Put
// returns within a second of the end of ctx, though a Read of the tarball or a progress that hangs
// may still be under way then.
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
		if !put.plain && last.isExpectRefused() {
			put.plain = true // and it was our own header that was refused, so that no attempt is used up
			continue
		}
		if last.made {
			result.Attempts++
		}
		result.Version, result.Refusal = put.judge(last)
		result.Err, result.Hint = last.err, last.hint
		if result.Version != "" || !last.mayRetry(result.Refusal) || put.isDamagedAgain(result.Refusal) {
			return result
		}
		again := false
		wait, again = series.NextAfter(ctx, result.Refusal.retryAfter())
		if !again && (ctx.Err() == nil || errors.Is(last.err, ctx.Err())) {
			return result
		}
		if err := retry.Sleep(ctx, wait); err != nil {
			if result.Err = fmt.Errorf("%w while waiting for another attempt", err); last.err != nil {
				result.Err = fmt.Errorf("%w; the last attempt: %w", result.Err, last.err)
			}
			return result
		}
	}
}

// isDamagedAgain reports the second attempt that was damaged on its way: what damages two does so
// always.
func (u *upload) isDamagedAgain(refusal *Refusal) bool {
	before := u.damaged
	u.damaged = before || refusal.isDamaged()
	return before && refusal.isDamaged()
}
