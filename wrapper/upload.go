package wrapper

import (
	"cmp"
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
	u.transport = expecting(u.transport)
	defer u.close(c.upload.transport)
	var schedule Backoff
	started, wait := time.Now(), noWait
	for attempts := 1; ; attempts++ {
		request, end := u.attempt(ctx)
		end.attempts, end.elapsed = attempts, time.Since(started)
		logAttempt(c.chain.log, request, end.response, end.err, attempts, wait)
		if end.isSuccess() {
			return u.version(end)
		}
		u.plain = u.plain || end.isExpectationFailed()
		wait = noWait
		if ctx.Err() == nil && attempts < c.chain.maxAttempts && end.isWorthAnother() {
			if schedule == nil {
				schedule = c.chain.newBackoff()
			}
			wait = c.chain.waitBefore(schedule, end.response)
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
	case unread != nil:
		end.err = unread
	case err != nil && cause != nil && !errors.Is(err, cause):
		end.err = fmt.Errorf("%w: %w", cause, err)
	}
	if end.err != nil {
		end.response, end.err = nil, withoutSecrets(end.err, u.secrets...)
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
	type trip struct {
		response *http.Response
		err      error
	}
	done := make(chan trip, 1)
	go func() {
		response, err := u.transport.RoundTrip(request)
		done <- trip{response, err}
	}()
	select {
	case made := <-done:
		return made.response, made.err
	case <-request.Context().Done():
	}
	timer := time.NewTimer(time.Second)
	defer timer.Stop()
	select {
	case made := <-done:
		return made.response, made.err
	case <-timer.C:
		go func() {
			if late := (<-done).response; late != nil && late.Body != nil {
				_ = late.Body.Close()
			}
		}()
		return nil, request.Context().Err()
	}
}

// expecting returns a transport that waits for the answer to Expect. One of the standard
// library whose ExpectContinueTimeout is not set would send the tarball at once.
func expecting(transport http.RoundTripper) http.RoundTripper {
	standard, isStandard := transport.(*http.Transport)
	if !isStandard || standard.ExpectContinueTimeout != 0 {
		return transport
	}
	waiting := standard.Clone()
	waiting.ExpectContinueTimeout = time.Second
	return waiting
}

// close lets go of the connections of a transport that is not the client's.
func (u *upload) close(clients http.RoundTripper) {
	if own, isStandard := u.transport.(*http.Transport); isStandard && u.transport != clients {
		own.CloseIdleConnections()
	}
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
