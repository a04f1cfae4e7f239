package wrapper

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"net/url"
	"time"

	"github.com/astro-finalize/astro-finalize-go/internal/redact"
)

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
	plain    bool // without Expect, which something on the way refused
}

// minExpect is what connections take at once, so that there is nothing to hold back.
const minExpect = 16 << 10

// attempt sends the tarball once. The response's body is a *readBody.
func (u *upload) attempt(ctx context.Context) (*http.Request, uploadEnd) {
	sending, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	body := newUploadBody(u.tarball, u.progress, u.stall, func() { cancel(fmt.Errorf("%w for %v or longer", errStalled, u.stall)) })
	request := u.request(httptrace.WithClientTrace(sending, &httptrace.ClientTrace{
		Got1xxResponse: func(int, textproto.MIMEHeader) error {
			body.heard()
			return nil
		},
	}), body)
	response, err := u.send(request)
	whole, unread := body.end(ctx)
	end := uploadEnd{response: response, whole: whole, err: err}
	switch cause := context.Cause(sending); {
	case unread != nil && (response == nil || response.StatusCode == http.StatusCreated):
		end.err = unread
	case err != nil && cause != nil && !errors.Is(err, cause):
		end.err = fmt.Errorf("%w: %v", cause, err) // a stall is no context's end
	}
	if end.err != nil {
		end.response, end.err = nil, redact.Error(end.err, u.secrets...)
	}
	return request, end
}

func (u *upload) send(request *http.Request) (*http.Response, error) {
	if _, err := u.tarball.Seek(0, io.SeekStart); err != nil {
		return nil, &unsent{fmt.Errorf("tarball: %w", err)}
	}
	if err := request.Context().Err(); err != nil {
		return nil, &unsent{err}
	}
	response, err := u.roundTrip(request)
	if err != nil {
		return nil, err
	}
	if response == nil || response.Body == nil {
		return nil, errors.New("the http.RoundTripper returned no response, and no error")
	}
	read := &readBody{request: request}
	read.data, read.err = readBounded(request.Context(), response)
	response.Body = read
	return response, nil
}

// roundTrip makes the round trip, and lets go of it a second after its context has ended: a
// transport does not return while it reads a body whose Read does not.
func (u *upload) roundTrip(request *http.Request) (*http.Response, error) {
	done := make(chan trip, 1)
	go func() {
		made := trip{err: errors.New("the http.RoundTripper ended its goroutine")}
		defer func() {
			made.panicked = recover()
			done <- made
		}()
		made.response, made.err = u.transport.RoundTrip(request)
	}()
	select {
	case made := <-done:
		return made.result()
	case <-request.Context().Done():
	}
	timer := time.NewTimer(time.Second)
	defer timer.Stop()
	select {
	case made := <-done:
		return made.result()
	case <-timer.C:
		go func() {
			if late := (<-done).response; late != nil && late.Body != nil {
				_ = late.Body.Close()
			}
		}()
		return nil, request.Context().Err()
	}
}

// trip is what came of a round trip in a goroutine of its own.
type trip struct {
	response *http.Response
	err      error
	panicked any
}

// result returns it, or panics where the caller can recover.
func (t trip) result() (*http.Response, error) {
	if t.panicked != nil {
		panic(t.panicked)
	}
	return t.response, t.err
}

// request has what the storage needs, and no more: not even a name of ours.
func (u *upload) request(ctx context.Context, body io.ReadCloser) *http.Request {
	target := *u.target
	header := http.Header{
		"X-Ms-Blob-Type": {"BlockBlob"},
		"Content-Md5":    {base64.StdEncoding.EncodeToString(u.tarball.md5)},
		"User-Agent":     {""},
	}
	if u.tarball.size > minExpect && !u.plain {
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
