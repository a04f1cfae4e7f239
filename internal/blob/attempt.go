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

// attempt is the outcome of an attempt: a response or an error.
type attempt struct {
	request  *http.Request
	response *transport.Response
	err      error
	made     bool   // false if nothing was sent
	whole    bool   // the transport took the whole tarball
	final    bool   // the tarball cannot be read again
	hint     string // what to do about err, if known
}

// mayRetry reports whether a retry may help. refusal is nil if there was no response.
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

// isExpectRefused reports whether a request with Expect got a 417, which some proxies send.
func (a attempt) isExpectRefused() bool {
	return a.response != nil && a.response.StatusCode == http.StatusExpectationFailed && a.request.Header.Get("Expect") != ""
}

// isCutOff reports whether ctx ended while the response was read. The body of a 201 is not needed.
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

// rewind seeks to the start of the tarball.
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

// whyEnded adds the reason to the error of a round trip that ctx or a stall ended, unless the error
// already has it. A stall ends only the context sending.
func whyEnded(ctx, sending context.Context, err error) error {
	if stalled := context.Cause(sending); stalled != nil && ctx.Err() == nil && !errors.Is(err, stalled) {
		return fmt.Errorf("%w: %v", stalled, err)
	}
	return retry.WhyEnded(ctx, err)
}

// roundTrip closes the body even if the transport panics.
func (u *upload) roundTrip(ctx context.Context, request *http.Request, body *body) (response *transport.Response, read called[bool], err error) {
	defer func() { read = body.close(ctx) }()
	response, err = transport.RoundTrip(u.Transport(), request, maxResponse)
	return response, read, err
}

// maxResponse is how many bytes of a response are read. An error in XML has a few hundred.
const maxResponse = 64 << 10

// minExpect is the largest body that is sent without Expect: a connection buffers it at once anyway.
const minExpect = 16 << 10

// request returns a request with only the headers that the storage needs, without a User-Agent.
func (u *upload) request(ctx context.Context, body io.ReadCloser) *http.Request {
	target := *u.target
	header := http.Header{
		"X-Ms-Blob-Type": {"BlockBlob"},
		"Content-Md5":    {base64.StdEncoding.EncodeToString(u.tarball.sum)},
		"User-Agent":     {""},
	}
	if u.tarball.Size > minExpect && !u.noExpect {
		// This lets the storage refuse an expired URL before the tarball is sent. Later it might
		// close the connection before its response is read.
		header["Expect"] = []string{"100-continue"}
	}
	request := &http.Request{
		Method: http.MethodPut, URL: &target, Host: target.Host,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: body, ContentLength: u.tarball.Size,
	}
	return request.WithContext(ctx)
}
