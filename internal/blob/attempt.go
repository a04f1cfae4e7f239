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
	"net/textproto"

	"github.com/astro-finalize/astro-finalize-go/internal/redact"
	"github.com/astro-finalize/astro-finalize-go/internal/retry"
	"github.com/astro-finalize/astro-finalize-go/internal/transport"
)

// attempt is how an attempt ended: with a response, or with an error.
type attempt struct {
	request  *http.Request
	response *transport.Response
	err      error // without secrets
	made     bool  // false if nothing was sent
	whole    bool  // whether the transport took the whole tarball
	final    bool  // whether the tarball cannot be read once more
}

// mayRetry reports whether another attempt may do better.
func (a attempt) mayRetry() bool {
	distrusted := (*tls.CertificateVerificationError)(nil)
	switch {
	case a.final, !a.made, errors.As(a.err, &distrusted):
		return false
	case a.err != nil:
		return true
	}
	return retry.Retryable(a.response.StatusCode)
}

// isExpectRefused reports that something on the way does not know Expect, if it was sent.
func (a attempt) isExpectRefused() bool {
	return a.response != nil && a.response.StatusCode == http.StatusExpectationFailed && a.request.Header.Get("Expect") != ""
}

// header is that of the response, if there is one.
func (a attempt) header() http.Header {
	if a.response == nil {
		return nil
	}
	return a.response.Header
}

// attempt sends the tarball once.
func (u *upload) attempt(ctx context.Context) attempt {
	sending, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	body := newBody(u.tarball, u.progress, u.Stall)
	sending = httptrace.WithClientTrace(sending, &httptrace.ClientTrace{
		Got1xxResponse: func(int, textproto.MIMEHeader) error {
			body.moved() // the storage, or what is before it, said to go on
			return nil
		},
	})
	last := attempt{request: u.request(sending, body)}
	if _, last.err = u.tarball.Seek(0, io.SeekStart); last.err != nil {
		last.err = fmt.Errorf("tarball: %w", last.err)
	} else if last.err = ctx.Err(); last.err == nil {
		last.made = true
		body.open(sending, cancel)
		var read read
		last.response, read, last.err = u.roundTrip(ctx, last.request, body)
		last.whole, last.final = read.whole, read.hangs
		switch cause := context.Cause(sending); {
		case read.err != nil && (last.response == nil || last.response.StatusCode == http.StatusCreated):
			last.err, last.final = read.err, true
		case last.err != nil && cause != nil && !errors.Is(last.err, cause):
			last.err = fmt.Errorf("%w: %v", cause, last.err) // a stall is no context's end
		}
	}
	if last.err != nil {
		last.response, last.err = nil, redact.Error(last.err, u.secrets...)
	}
	return last
}

// roundTrip ends the body whatever becomes of the round trip: a transport may panic.
func (u *upload) roundTrip(ctx context.Context, request *http.Request, body *body) (response *transport.Response, read read, err error) {
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
