package blob

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"

	"github.com/astro-finalize/astro-finalize-go/internal/retry"
	"github.com/astro-finalize/astro-finalize-go/internal/transport"
)

// attempt is how an attempt ended: with a response, or with an error.
type attempt struct {
	request  *http.Request
	response *transport.Response
	err      error
	made     bool   // false if nothing was sent
	whole    bool   // whether the transport took the whole tarball
	final    bool   // whether the tarball cannot be read once more
	hint     string // what to do about err, where it is known
}

// mayRetry reports whether another attempt may do better than one with this refusal, if it had a
// response.
func (a attempt) mayRetry(refusal *Refusal) bool {
	distrusted := (*tls.CertificateVerificationError)(nil)
	switch {
	case a.final, !a.made, errors.As(a.err, &distrusted):
		return false
	case a.err != nil:
		return true
	}
	return retry.Retryable(refusal.StatusCode) || refusal.Early || refusal.isDamaged()
}

// isExpectRefused reports that something on the way does not know Expect, if it was sent.
func (a attempt) isExpectRefused() bool {
	return a.response != nil && a.response.StatusCode == http.StatusExpectationFailed && a.request.Header.Get("Expect") != ""
}

// isCutOff reports that ctx ended while a response was read that is of use only when it is whole.
func (a attempt) isCutOff(ctx context.Context) bool {
	return a.err == nil && a.response.Cut != nil && a.response.StatusCode != http.StatusCreated && ctx.Err() != nil
}

// attempt sends the tarball once.
func (u *upload) attempt(ctx context.Context) (last attempt) {
	sending, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	body := newBody(u.tarball, u.progress, u.Stall)
	way, trace := reach{}, httptrace.ClientTrace{Got1xxResponse: body.interim}
	way.watch(&trace)
	last.request = u.request(httptrace.WithClientTrace(sending, &trace), body)
	if last.err, last.final = u.rewind(ctx); last.err == nil {
		last.made = true
		body.open(sending, cancel)
		var read called[bool]
		last.response, read, last.err = u.roundTrip(ctx, last.request, body)
		last.whole, last.final = read.value, read.hangs
		if last.isCutOff(ctx) {
			last.err = last.response.Cut
		}
		if last.err != nil {
			last.hint = way.hint(last.err, u.target.Host)
			last.err = whyEnded(ctx, sending, last.err)
		}
		if read.err != nil && (last.response == nil || last.response.StatusCode == http.StatusCreated) {
			last.err, last.final, last.hint = read.err, true, ""
		}
	}
	if last.err != nil {
		last.response = nil
	}
	return last
}

// rewind goes to the start of the tarball, unless ctx has ended.
func (u *upload) rewind(ctx context.Context) (err error, hangs bool) {
	sought := start(func() (int64, error) { return u.tarball.Seek(0, io.SeekStart) }).wait(ctx, u.Stall)
	switch {
	case sought.hangs:
		return sought.err, true
	case sought.err != nil:
		return fmt.Errorf("tarball: %w", sought.err), false
	}
	return retry.ContextError(ctx), false
}

// whyEnded is the error of a round trip together with what ended that, where it does not say so
// itself: the end of ctx, or a stall, which ended sending alone and is the end of nobody's context.
func whyEnded(ctx, sending context.Context, err error) error {
	if stalled := context.Cause(sending); stalled != nil && ctx.Err() == nil && !errors.Is(err, stalled) {
		return fmt.Errorf("%w: %v", stalled, err)
	}
	return retry.WhyEnded(ctx, err)
}

// roundTrip ends the body whatever becomes of the round trip: a transport may panic.
func (u *upload) roundTrip(ctx context.Context, request *http.Request, body *body) (response *transport.Response, read called[bool], err error) {
	defer func() { read = body.close(ctx) }()
	response, err = transport.RoundTrip(u.Transport(), request, maxResponse)
	return response, read, err
}

// maxResponse is how much of a response is read: the XML of an error has a few hundred bytes.
const maxResponse = 64 << 10

// minExpect is what connections take at once, so that there is nothing to hold back.
const minExpect = 16 << 10

// request has what the storage needs, and no more: not even a name of ours.
func (u *upload) request(ctx context.Context, body io.ReadCloser) *http.Request {
	target := *u.target
	header := http.Header{
		"X-Ms-Blob-Type": {"BlockBlob"},
		"Content-Md5":    {base64.StdEncoding.EncodeToString(u.tarball.sum)},
		"User-Agent":     {""},
	}
	if u.tarball.Size > minExpect && !u.plain {
		// The storage refuses an expired URL before the tarball is on its way. Afterwards it
		// may close a connection whose response is not read yet.
		header["Expect"] = []string{"100-continue"}
	}
	request := &http.Request{
		Method: http.MethodPut, URL: &target, Host: target.Host,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: body, ContentLength: u.tarball.Size,
	}
	return request.WithContext(ctx)
}
