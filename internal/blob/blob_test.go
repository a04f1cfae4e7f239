package blob

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/internal/redact"
	"github.com/astro-finalize/astro-finalize-go/internal/retry"
	"github.com/astro-finalize/astro-finalize-go/internal/transport"
)

const query = "sv=2022-11-02&se=2024-01-12T19%3a32%3A20Z&sig=aB%2Bc%2f%3D-s1gned&sp=w"

// gzipped returns content that starts like a gzipped tarball.
func gzipped(size int) []byte {
	content := bytes.Repeat([]byte("0123456789abcdef"), size/16+1)[:size]
	copy(content, "\x1f\x8b")
	return content
}

func measured(t *testing.T, tarball io.ReadSeeker) *Tarball {
	measured, err := Measure(t.Context(), tarball)
	require.NoError(t, err)
	return measured
}

func uploader(transport http.RoundTripper) *Uploader {
	return &Uploader{Transport: func() http.RoundTripper { return transport }, Stall: time.Minute, Retry: retry.Policy{
		MaxAttempts: 4, NewBackoff: func() retry.Backoff { return &backoff.ZeroBackOff{} }, MaxRetryAfter: time.Minute,
	}}
}

// storage serves each request with the next of its handlers. Once these are used up, it stores the
// blobs. It records all requests.
type storage struct {
	mu       sync.Mutex
	handlers []http.HandlerFunc
	seen     []*http.Request
	bodies   [][]byte
}

func (s *storage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, r)
	if len(s.handlers) > 0 {
		handler := s.handlers[0]
		s.handlers = s.handlers[1:]
		handler(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	s.bodies = append(s.bodies, body)
	w.Header().Set("Content-MD5", sumOf(body))
	w.Header()["x-ms-version-id"] = []string{fmt.Sprint("v", len(s.bodies))}
	w.WriteHeader(http.StatusCreated)
}

func sumOf(content []byte) string {
	sum := md5.Sum(content)
	return base64.StdEncoding.EncodeToString(sum[:])
}

func (s *storage) start(t *testing.T) *url.URL {
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	target, err := url.Parse(server.URL + "/container/blob?" + query)
	require.NoError(t, err)
	return target
}

func status(code int, header map[string]string, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		for name, value := range header {
			w.Header().Set(name, value)
		}
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
	}
}

func TestPut(t *testing.T) {
	for _, size := range []int{1000, 2 << 20} {
		store := &storage{}
		target := store.start(t)
		var sents []int64
		result := uploader(http.DefaultTransport).Put(t.Context(), target, measured(t, bytes.NewReader(gzipped(size))), func(sent, total int64) {
			assert.Equal(t, int64(size), total)
			sents = append(sents, sent) // without a lock, so that the race detector finds concurrent or late calls
		})
		require.NoError(t, result.Err)
		assert.Equal(t, "v1", result.Version)
		assert.Nil(t, result.Refusal)
		assert.Equal(t, 1, result.Attempts)
		require.Len(t, store.seen, 1)
		sent := store.seen[0]
		assert.Equal(t, http.MethodPut, sent.Method)
		assert.Equal(t, "/container/blob?"+query, sent.RequestURI, "the URL must be unchanged")
		assert.True(t, bytes.Equal(gzipped(size), store.bodies[0]))
		header := http.Header{
			"X-Ms-Blob-Type":  {"BlockBlob"},
			"Content-Md5":     {sumOf(gzipped(size))},
			"Content-Length":  {fmt.Sprint(size)},
			"Accept-Encoding": {"gzip"}, // by net/http
		}
		if size > minExpect {
			header["Expect"] = []string{"100-continue"}
		}
		assert.Equal(t, header, sent.Header, "no token and no User-Agent")
		assert.IsIncreasing(t, append([]int64{0}, sents...))
		assert.Equal(t, int64(size), sents[len(sents)-1])
	}
}

// Every attempt sends the tarball from the start.
func TestPutRetriesFromTheStart(t *testing.T) {
	cut := func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.CopyN(io.Discard, r.Body, 100_000)
		panic(http.ErrAbortHandler)
	}
	for name, fault := range map[string]http.HandlerFunc{"cut": cut, "503": status(503, nil, ""), "429": status(429, nil, "")} {
		store := &storage{handlers: []http.HandlerFunc{fault, fault, fault}}
		target := store.start(t)
		result := uploader(http.DefaultTransport).Put(t.Context(), target, measured(t, bytes.NewReader(gzipped(1<<20))), nil)
		require.NoError(t, result.Err, name)
		assert.Equal(t, "v1", result.Version)
		assert.Equal(t, 4, result.Attempts)
		assert.True(t, bytes.Equal(gzipped(1<<20), store.bodies[0]), "whole")

		store.handlers = []http.HandlerFunc{fault, fault, fault, fault, fault}
		result = uploader(http.DefaultTransport).Put(t.Context(), target, measured(t, bytes.NewReader(gzipped(1<<20))), nil)
		assert.Empty(t, result.Version)
		assert.Equal(t, 4, result.Attempts)
		assert.Len(t, store.handlers, 1)
		assert.NotEqual(t, result.Err == nil, result.Refusal == nil, "either an error or a refusal")
	}
}

func TestPutReturnsRefusals(t *testing.T) {
	own := sumOf(gzipped(100))
	version := func(version, sum string) map[string]string {
		return map[string]string{"x-ms-version-id": version, "Content-MD5": sum}
	}
	for name, row := range map[string]struct {
		handler http.HandlerFunc
		want    Refusal
		reason  string
	}{
		"header and body": {status(400, map[string]string{"x-ms-error-code": "InvalidInput", "x-ms-request-id": "r"}, "<Error><Code>Other</Code><Message> No.\r\nRequestId:r\nTime:2024-01-12T18:32:20Z </Message><AuthenticationErrorDetail>odd\nr\nw</AuthenticationErrorDetail></Error>"), Refusal{StatusCode: 400, Code: "InvalidInput", Message: "No.; odd", RequestID: "r"}, ""},
		"body only":       {status(400, nil, "<Error><Code>InvalidInput</Code></Error>"), Refusal{StatusCode: 400, Code: "InvalidInput"}, ""},
		"Retry-After":     {status(400, map[string]string{"Retry-After": "90"}, "no"), Refusal{StatusCode: 400, RetryAfter: 90 * time.Second}, ""},
		"no version":      {status(201, map[string]string{"Content-MD5": own}, ""), Refusal{StatusCode: 201}, "but has 0"},
		"empty version":   {status(201, version("", own), ""), Refusal{StatusCode: 201}, "x-ms-version-id must not be empty"},
		"no MD5":          {status(201, map[string]string{"x-ms-version-id": "v"}, ""), Refusal{StatusCode: 201}, "no Content-MD5"},
		"two MD5s": {func(w http.ResponseWriter, r *http.Request) {
			w.Header()["Content-Md5"] = []string{own, own}
			status(201, map[string]string{"x-ms-version-id": "v"}, "")(w, r)
		}, Refusal{StatusCode: 201}, "differs from the tarball's"},
		"different MD5":     {status(201, version("v", sumOf(nil)), ""), Refusal{StatusCode: 201}, "differs from the tarball's"},
		"200":               {status(200, version("v", own), ""), Refusal{StatusCode: 200}, ""},
		"redirect":          {status(307, map[string]string{"Location": "/elsewhere"}, ""), Refusal{StatusCode: 307}, ""},
		"echo of the query": {status(400, map[string]string{"x-ms-request-id": query}, "you sent "+query+", that is aB+c/=-s1gned"), Refusal{StatusCode: 400, RequestID: "sv=2022-11-02&se=2024-01-12T19%3a32%3A20Z&[REDACTED]&sp=w"}, ""},
	} {
		store := &storage{handlers: []http.HandlerFunc{row.handler}}
		result := uploader(http.DefaultTransport).Put(t.Context(), store.start(t), measured(t, bytes.NewReader(gzipped(100))), nil)
		require.NoError(t, result.Err, name)
		assert.Empty(t, result.Version)
		require.NotNil(t, result.Refusal, name)
		assert.Len(t, store.seen, 1, "no retry, and no redirect followed")
		assert.NotContains(t, fmt.Sprintf("%+v", *result.Refusal), "s1gned", name)
		if row.reason != "" {
			assert.ErrorContains(t, result.Refusal.Err, row.reason, name)
		}
		result.Refusal.Err, result.Refusal.Body, result.Refusal.Hint = nil, "", ""
		assert.Equal(t, row.want, *result.Refusal, name)
	}
}

// After a 417 the tarball is sent without Expect, which does not count as another attempt.
func TestPutWithoutExpect(t *testing.T) {
	store := &storage{handlers: []http.HandlerFunc{status(417, nil, "")}}
	once := uploader(http.DefaultTransport)
	once.Retry.MaxAttempts = 1
	result := once.Put(t.Context(), store.start(t), measured(t, bytes.NewReader(gzipped(1<<20))), nil)
	assert.Equal(t, "v1", result.Version)
	assert.Equal(t, 1, result.Attempts)
	assert.Empty(t, store.seen[1].Header.Get("Expect"))
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return f(request) }

// created returns the response to a successful upload.
func created(version string, content []byte) *http.Response {
	header := http.Header{"X-Ms-Version-Id": {version}, "Content-Md5": {sumOf(content)}}
	return &http.Response{StatusCode: http.StatusCreated, Header: header, Body: http.NoBody}
}

var target = &url.URL{Scheme: "https", Host: "storage.example", Path: "/c/b", RawQuery: query}

// A 201 before the whole tarball was sent is not a success.
func TestPutRejectsAnEarly201(t *testing.T) {
	early := roundTripper(func(request *http.Request) (*http.Response, error) {
		_, _ = io.CopyN(io.Discard, request.Body, 1000)
		return created("v1", gzipped(100_000)), nil
	})
	result := uploader(early).Put(t.Context(), target, measured(t, bytes.NewReader(gzipped(100_000))), nil)
	assert.Empty(t, result.Version)
	assert.ErrorContains(t, result.Refusal.Err, "before the whole tarball was sent")
}

// An attempt ends when no byte moves for the stall time. Once the whole tarball is sent, the response
// may take five times as long.
func TestPutEndsStalledAttempts(t *testing.T) {
	for taken, want := range map[int64]time.Duration{0: 4 * time.Minute, 1000: 4 * time.Minute, 100_000: 20 * time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			stalls := roundTripper(func(request *http.Request) (*http.Response, error) {
				_, _ = io.CopyN(io.Discard, request.Body, taken)
				<-request.Context().Done()
				return nil, request.Context().Err()
			})
			result := uploader(stalls).Put(t.Context(), target, measured(t, bytes.NewReader(gzipped(100_000))), nil)
			assert.ErrorContains(t, result.Err, "no byte moved for 1m0s")
			assert.NotErrorIs(t, result.Err, context.Canceled, "the caller's context was not canceled")
			assert.Equal(t, 4, result.Attempts)
			assert.Equal(t, want, result.Elapsed)
		})
	}
	synctest.Test(t, func(t *testing.T) {
		slow := roundTripper(func(request *http.Request) (*http.Response, error) {
			for {
				time.Sleep(59 * time.Second)
				if n, _ := io.CopyN(io.Discard, request.Body, 40_000); n == 0 {
					return created("slow", gzipped(400_000)), nil
				}
			}
		})
		result := uploader(slow).Put(t.Context(), target, measured(t, bytes.NewReader(gzipped(400_000))), nil)
		assert.Equal(t, "slow", result.Version)
	})
}

// A transport that reads an old body gets nothing and does not disturb later attempts.
func TestPutWithATransportThatReadsAnOldBody(t *testing.T) {
	var bodies []io.Reader
	var got []byte
	reads := uploader(roundTripper(func(request *http.Request) (*http.Response, error) {
		for _, old := range bodies {
			n, err := old.Read(make([]byte, 10))
			assert.Zero(t, n)
			assert.Error(t, err)
		}
		if bodies = append(bodies, request.Body); len(bodies) == 1 {
			_, _ = request.Body.Read(make([]byte, 1000))
			return nil, errors.New("gave up")
		}
		var err error
		got, err = io.ReadAll(request.Body)
		return created("v1", got), err
	}))
	result := reads.Put(t.Context(), target, measured(t, bytes.NewReader(gzipped(100_000))), nil)
	assert.Equal(t, "v1", result.Version)
	assert.Equal(t, gzipped(100_000), got)
}

// broken is a tarball with its own size and Read.
type broken struct {
	size int64
	read func(p []byte) (int, error)
}

func (b broken) Seek(_ int64, whence int) (int64, error) {
	if whence == io.SeekEnd {
		return b.size, nil
	}
	return 0, nil
}
func (b broken) Read(p []byte) (int, error) { return b.read(p) }
func (broken) MD5() []byte                  { return make([]byte, md5.Size) }

func TestPutOfAnUnreadableTarball(t *testing.T) {
	bad := errors.New("bad sector")
	for want, read := range map[string]func(p []byte) (int, error){
		"bad sector":                     func([]byte) (int, error) { return 0, bad },
		"became shorter":                 func([]byte) (int, error) { return 0, io.EOF },
		"an invalid count":               func(p []byte) (int, error) { return len(p) + 1, nil },
		"Read returned an invalid count": func([]byte) (int, error) { return -1, nil },
	} {
		reads := 0
		tarball := measured(t, broken{1000, func(p []byte) (int, error) {
			if reads++; reads == 1 { // by Measure
				return copy(p, gzipped(512)), nil
			}
			return read(p)
		}})
		requests := 0
		result := uploader(roundTripper(func(request *http.Request) (*http.Response, error) {
			requests++
			_, err := io.Copy(io.Discard, request.Body)
			return nil, err
		})).Put(t.Context(), target, tarball, nil)
		assert.ErrorContains(t, result.Err, want)
		assert.Equal(t, 1, requests, "no retry, since the tarball cannot be read")
	}
}

func TestMeasure(t *testing.T) {
	tarball := measured(t, bytes.NewReader(gzipped(5000)))
	assert.Equal(t, int64(5000), tarball.Size)
	assert.Equal(t, sumOf(gzipped(5000)), base64.StdEncoding.EncodeToString(tarball.MD5()))
	plain := make([]byte, 1024)
	copy(plain[257:], "ustar")
	measured(t, bytes.NewReader(plain))
	assert.Equal(t, tarball.MD5(), measured(t, tarball).MD5(), "a measured tarball is not read again")

	for want, bad := range map[string]io.ReadSeeker{
		"must not be nil":       nil,
		"must not be empty":     bytes.NewReader(nil),
		"must be a tar archive": strings.NewReader("PK\x03\x04" + strings.Repeat("x", 1000)),
		"at most 5000 MiB":      broken{maxSize + 1, func(p []byte) (int, error) { return copy(p, "\x1f\x8b"), nil }},
	} {
		_, err := Measure(t.Context(), bad)
		var invalid *InvalidError
		require.ErrorAs(t, err, &invalid)
		assert.Contains(t, err.Error(), want)
	}
	_, err := Measure(t.Context(), broken{-1, nil})
	assert.ErrorContains(t, err, "a negative size")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = Measure(ctx, bytes.NewReader(gzipped(100)))
	assert.ErrorIs(t, err, context.Canceled)
}

// Only the start of a body is quoted unless it is an error from the storage.
func TestRefusalQuotesTheBody(t *testing.T) {
	page, put := bytes.Repeat([]byte("x"), 3000), &upload{Uploader: &Uploader{}, target: target}
	refused := func(body []byte, code string) string {
		return put.refusal(&transport.Response{StatusCode: 403, Header: http.Header{"X-Ms-Error-Code": {code}}, Body: body}, nil).Body
	}
	assert.Len(t, refused(page, "InvalidInput"), redact.MaxExcerpt)
	assert.Len(t, refused(page, ""), 200)
	assert.Empty(t, refused(nil, ""))
}
