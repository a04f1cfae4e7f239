package wrapper_test

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
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/internal/chaostest"
	"github.com/astro-finalize/astro-finalize-go/internal/memory"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

const (
	storedVersion = "2024-01-12T18:32:20.5898930Z"
	// The query's order, escapes and duplicate keys must reach the storage unchanged.
	sasQuery  = "sv=2022-11-02&sr=b&se=2024-01-12T19%3a32%3A20Z&sig=aB%2Bc%2f%3D-s1gned&sp=w&sp=c"
	signature = "s1gned"
)

// gzipped returns content that starts like a gzipped tarball.
func gzipped(size int) []byte {
	content := bytes.Repeat([]byte("0123456789abcdef"), size/16+1)[:size]
	copy(content, "\x1f\x8b")
	return content
}

// storage serves an upload URL. Each request gets the next of its handlers, and a success once there are none
// left.
type storage struct {
	mu       sync.Mutex
	handlers []http.HandlerFunc
	seen     []*http.Request
	bodies   [][]byte
}

func (s *storage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	handler := http.HandlerFunc(nil)
	if len(s.handlers) > 0 {
		handler, s.handlers = s.handlers[0], s.handlers[1:]
	}
	s.seen = append(s.seen, r)
	s.mu.Unlock()
	if handler != nil {
		handler(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	s.mu.Lock()
	s.bodies = append(s.bodies, body)
	s.mu.Unlock()
	w.Header().Set("Content-MD5", base64.StdEncoding.EncodeToString(sumOf(body)))
	w.Header()["x-ms-version-id"] = []string{storedVersion}
	w.WriteHeader(http.StatusCreated)
}

func (s *storage) requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.seen)
}

// start serves the storage and returns an upload URL for it and a client.
func (s *storage) start(t *testing.T, options ...wrapper.Option) (*api.Secret, *wrapper.Client) {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	client, err := wrapper.NewClient(append([]wrapper.Option{wrapper.WithBaseURL(server.URL), wrapper.WithToken(chaostest.Token), wrapper.WithRetry(wrapper.Retry{Backoff: atOnce})}, options...)...)
	require.NoError(t, err)
	return uploadTo(server.URL), client
}

func uploadTo(server string) *api.Secret {
	secret := api.NewSecret(server + "/container/deploy?" + sasQuery)
	return &secret
}

func respondWith(status int, header map[string]string, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		for name, value := range header {
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func cut(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

const storageSays = `<?xml version="1.0" encoding="utf-8"?><Error><Code>%s</Code><Message>%s</Message></Error>`

// The storage gets the headers that it needs, and nothing else.
func TestUploadSendsWhatTheStorageNeeds(t *testing.T) {
	for _, size := range []int{1000, 2 << 20} {
		store := &storage{}
		uploadURL, client := store.start(t)
		tarball := gzipped(size)
		sum := md5.Sum(tarball)

		got, err := client.Upload(t.Context(), uploadURL, bytes.NewReader(tarball))
		require.NoError(t, err)
		assert.Equal(t, storedVersion, got)
		require.Len(t, store.seen, 1)
		sent := store.seen[0]
		assert.Equal(t, http.MethodPut, sent.Method)
		assert.Equal(t, "/container/deploy?"+sasQuery, sent.RequestURI, "byte for byte")
		assert.Equal(t, int64(size), sent.ContentLength)
		assert.Equal(t, tarball, store.bodies[0])
		header := http.Header{
			"X-Ms-Blob-Type":  {"BlockBlob"},
			"Content-Md5":     {base64.StdEncoding.EncodeToString(sum[:])},
			"Content-Length":  {fmt.Sprint(size)},
			"Accept-Encoding": {"gzip"}, // set by net/http
		}
		if size > 16<<10 {
			header["Expect"] = []string{"100-continue"}
		}
		assert.Equal(t, header, sent.Header)
	}
}

// A tarball is read from its start, whatever its position, and in full only to send it if it has an MD5
// method.
func TestUploadReadsTheTarballFromItsStart(t *testing.T) {
	store := &storage{}
	uploadURL, client := store.start(t)
	tarball := bytes.NewReader(gzipped(5000))
	_, _ = tarball.Seek(77, io.SeekStart)
	_, err := client.Upload(t.Context(), uploadURL, tarball)
	require.NoError(t, err)
	assert.Equal(t, gzipped(5000), store.bodies[0])

	counted := &countingTarball{Reader: bytes.NewReader(gzipped(5000))}
	_, err = client.Upload(t.Context(), uploadURL, counted)
	require.NoError(t, err)
	assert.Equal(t, 5000+512, counted.read, "its start, and once to send it")
}

type countingTarball struct {
	*bytes.Reader
	read int
}

func (c *countingTarball) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.read += n
	return n, err
}

func (c *countingTarball) MD5() []byte { return sumOf(gzipped(int(c.Size()))) }

func sumOf(content []byte) []byte {
	sum := md5.Sum(content)
	return sum[:]
}

func TestUploadIsRetriedFromTheStart(t *testing.T) {
	for name, failure := range map[string]http.HandlerFunc{
		"408":            respondWith(408, nil, ""),
		"429":            respondWith(429, nil, ""),
		"500":            respondWith(500, nil, ""),
		"502":            respondWith(502, nil, "<html>"),
		"503":            respondWith(503, map[string]string{"x-ms-error-code": "ServerBusy"}, ""),
		"504":            respondWith(504, nil, ""),
		"connection cut": cut,
		"cut during the body": func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.CopyN(io.Discard, r.Body, 100000)
			cut(nil, nil)
		},
	} {
		t.Run(name, func(t *testing.T) {
			store := &storage{handlers: []http.HandlerFunc{failure, failure, failure}}
			uploadURL, client := store.start(t)
			got, err := client.Upload(t.Context(), uploadURL, bytes.NewReader(gzipped(3<<20)))
			require.NoError(t, err)
			assert.Equal(t, storedVersion, got)
			assert.Equal(t, 4, store.requests())
			require.Len(t, store.bodies, 1)
			assert.True(t, bytes.Equal(gzipped(3<<20), store.bodies[0]), "whole")

			store.handlers = []http.HandlerFunc{failure, failure, failure, failure, failure}
			got, err = client.Upload(t.Context(), uploadURL, bytes.NewReader(gzipped(3<<20)))
			assert.Error(t, err)
			assert.Empty(t, got)
			assert.Equal(t, 8, store.requests())
			assert.Contains(t, err.Error(), "4 attempts")
		})
	}
}

// A storage or gateway that does not support Expect gets another request without it.
func TestUploadIsSentWithoutExpectAfterA417(t *testing.T) {
	refuses := func(w http.ResponseWriter, r *http.Request) {
		assert.NotEmpty(t, r.Header.Get("Expect"))
		respondWith(417, nil, "")(w, r)
	}
	store := &storage{handlers: []http.HandlerFunc{refuses}}
	uploadURL, client := store.start(t, wrapper.WithRetry(wrapper.Retry{MaxAttempts: 1})) // a 417 does not count as an attempt
	_, err := client.Upload(t.Context(), uploadURL, bytes.NewReader(gzipped(1<<20)))
	require.NoError(t, err)
	assert.Equal(t, 2, store.requests())
	assert.Empty(t, store.seen[1].Header.Get("Expect"))
}

// A response that arrives during the upload is read. A success that arrives too early is an error.
func TestUploadReadsEarlyResponses(t *testing.T) {
	expired := func(w http.ResponseWriter, _ *http.Request) { // the URL's se is years before Date
		w.Header().Set("x-ms-request-id", "r")
		w.WriteHeader(http.StatusForbidden)
	}
	store := &storage{handlers: slices.Repeat([]http.HandlerFunc{expired}, 10)}
	uploadURL, client := store.start(t)
	for range 10 {
		_, err := client.Upload(t.Context(), uploadURL, bytes.NewReader(gzipped(32<<20)))
		assert.ErrorIs(t, err, wrapper.ErrUploadURLExpired)
	}
	assert.Equal(t, 10, store.requests())

	tarball := gzipped(32 << 20)
	store.handlers = []http.HandlerFunc{func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("x-ms-version-id", "v1")
		w.Header().Set("Content-MD5", base64.StdEncoding.EncodeToString(sumOf(tarball)))
		w.WriteHeader(http.StatusCreated)
	}}
	version, err := client.Upload(t.Context(), uploadURL, bytes.NewReader(tarball))
	assert.Empty(t, version)
	assert.ErrorContains(t, err, "the response came before the whole tarball was sent")
	assert.ErrorIs(t, err, wrapper.ErrUnexpectedResponse)
}

// A tarball or progress function that blocks does not block the caller beyond its context or the stall timeout.
func TestUploadEndsWhenTheCallersFunctionBlocks(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	blocks := wrapper.WithProgress(func(int64, int64) { <-release })
	store := &storage{}
	uploadURL, client := store.start(t, wrapper.WithStallTimeout(50*time.Millisecond))
	_, err := client.Upload(t.Context(), uploadURL, bytes.NewReader(gzipped(5000)), blocks)
	assert.ErrorContains(t, err, "did not return")
	assert.LessOrEqual(t, store.requests(), 1)

	_, client = store.start(t, wrapper.WithStallTimeout(0))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = client.Upload(ctx, uploadURL, bytes.NewReader(gzipped(5000)), blocks)
	assert.ErrorIs(t, err, context.DeadlineExceeded)
}

// If the context ends a wait between attempts, the error says how the last attempt ended.
func TestUploadCanceledBetweenAttemptsReportsTheLastOne(t *testing.T) {
	for name, row := range map[string]struct {
		handler http.HandlerFunc
		want    string
	}{
		"503": {respondWith(503, nil, ""), "context canceled while waiting for another attempt; the last attempt: Upload: 503"},
		"cut": {cut, "context canceled while waiting for another attempt; the last attempt: "},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		store := &storage{handlers: []http.HandlerFunc{row.handler}}
		uploadURL, client := store.start(t, wrapper.WithRetry(wrapper.Retry{Backoff: func() wrapper.Backoff {
			cancel()
			return &backoff.ConstantBackOff{Interval: time.Hour}
		}}))
		_, err := client.Upload(ctx, uploadURL, bytes.NewReader(gzipped(100)))
		assert.ErrorContains(t, err, row.want, name)
		assert.Equal(t, 1, strings.Count(err.Error(), "Upload: no response"))
		assert.ErrorIs(t, err, context.Canceled)
	}
}

// seeking is a tarball with a custom size and Read.
type seeking struct {
	size int64
	read func(p []byte) int
}

func (s seeking) Seek(_ int64, whence int) (int64, error) {
	if whence == io.SeekEnd {
		return s.size, nil
	}
	return 0, nil
}
func (s seeking) Read(p []byte) (int, error) { return s.read(p), nil }
func (s seeking) MD5() []byte                { return make([]byte, 16) }

func TestUploadReportsABrokenTarball(t *testing.T) {
	uploadURL, client := (&storage{}).start(t)
	_, err := client.Upload(t.Context(), uploadURL, seeking{-1, nil})
	assert.ErrorContains(t, err, "a negative size")
	for _, wrong := range []int{-1, 1} {
		passes := 0
		_, err = client.Upload(t.Context(), uploadURL, seeking{5000, func(p []byte) int {
			if passes++; passes > 1 { // the first one reads the start
				return len(p)*max(wrong, 0) + wrong
			}
			return copy(p, gzipped(512))
		}})
		assert.ErrorContains(t, err, "an invalid count")
	}
}

func TestUploadHonorsRetryAfter(t *testing.T) {
	store := &storage{handlers: []http.HandlerFunc{respondWith(503, map[string]string{"Retry-After": "3600"}, "")}}
	uploadURL, client := store.start(t)
	_, err := client.Upload(t.Context(), uploadURL, bytes.NewReader(gzipped(100)))
	assert.ErrorIs(t, err, wrapper.ErrServer)
	assert.Equal(t, 1, store.requests())
}

// Any response except a 201 with exactly one version of what was sent is an error and is not retried.
func TestUploadRejectsOtherResponses(t *testing.T) {
	good := base64.StdEncoding.EncodeToString(sumOf(gzipped(100)))
	version := func(value string) map[string]string {
		return map[string]string{"x-ms-version-id": value, "Content-MD5": good}
	}
	twice := func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["x-ms-version-id"] = []string{"v1", "v2"}
		w.Header().Set("Content-MD5", good)
		w.WriteHeader(http.StatusCreated)
	}
	for name, row := range map[string]struct {
		handler http.HandlerFunc
		kind    error
		want    string
	}{
		"expired":           {respondWith(403, map[string]string{"x-ms-error-code": "AuthenticationFailed", "x-ms-request-id": "r-1"}, fmt.Sprintf(storageSays, "AuthenticationFailed", "Signature not valid in the specified time frame")), wrapper.ErrUploadURLExpired, "403 Forbidden: AuthenticationFailed: Signature not valid in the specified time frame [request r-1]; the upload URL expired at 2024-01-12T19:32:20Z: create a new deploy"},
		"not the storage's": {respondWith(403, nil, fmt.Sprintf(storageSays, "AuthorizationFailure", "no")), nil, "AuthorizationFailure: no; this is not a response from the storage"},
		"network rules, by a URL that has not expired": {respondWith(403, map[string]string{"x-ms-request-id": "r-1", "Date": "Fri, 12 Jan 2024 19:32:19 GMT"}, fmt.Sprintf(storageSays, "AuthorizationFailure", "no\nRequestId:r-1\nTime:2024")), nil, "AuthorizationFailure: no [request r-1]; the storage account's network rules"},
		"too large":     {respondWith(413, nil, ""), nil, "make the tarball smaller"},
		"501":           {respondWith(501, nil, "<html>no</html>"), wrapper.ErrServer, `501 Not Implemented: "<html>no</html>"`},
		"no version":    {respondWith(201, map[string]string{"Content-MD5": good}, ""), wrapper.ErrUnexpectedResponse, "must have one tarball version (x-ms-version-id), but has 0"},
		"two versions":  {twice, wrapper.ErrUnexpectedResponse, "but has 2"},
		"empty version": {respondWith(201, version(""), ""), wrapper.ErrUnexpectedResponse, "x-ms-version-id must not be empty"},
		"other MD5":     {respondWith(201, map[string]string{"x-ms-version-id": "v", "Content-MD5": base64.StdEncoding.EncodeToString(make([]byte, 16))}, ""), wrapper.ErrUnexpectedResponse, "the MD5 of the stored blob differs"},
		"two MD5s": {func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.Header()["Content-Md5"] = []string{good, base64.StdEncoding.EncodeToString(make([]byte, 16))}
			respondWith(201, map[string]string{"x-ms-version-id": "v"}, "")(w, r)
		}, wrapper.ErrUnexpectedResponse, "the MD5 of the stored blob differs"},
		"expired, in the detail": {respondWith(403, map[string]string{"x-ms-request-id": "r"}, "<Error><Code>AuthenticationFailed</Code><Message>No.</Message><AuthenticationErrorDetail>Signature not valid in the specified time frame</AuthenticationErrorDetail></Error>"), wrapper.ErrUploadURLExpired, "No.; Signature not valid in the specified time frame"},
		"Retry-After":            {respondWith(400, map[string]string{"Retry-After": "90"}, ""), nil, "retry after 1m30s"},
		"417 without Expect":     {respondWith(417, nil, ""), nil, "417 Expectation Failed"},
		"invalid MD5":            {respondWith(201, map[string]string{"x-ms-version-id": "v", "Content-MD5": "?"}, ""), wrapper.ErrUnexpectedResponse, "the MD5 of the stored blob differs"},
		"200":                    {respondWith(200, version("v"), ""), wrapper.ErrUnexpectedResponse, "200 OK"},
		"202":                    {respondWith(202, version("v"), ""), wrapper.ErrUnexpectedResponse, "202 Accepted"},
		"302":                    {respondWith(302, map[string]string{"Location": "/elsewhere?sig=" + signature}, ""), wrapper.ErrUnexpectedResponse, "302 Found"},
		"307":                    {respondWith(307, map[string]string{"Location": "/elsewhere"}, ""), wrapper.ErrUnexpectedResponse, "this is not a response from the storage"},
		"an echo of the query":   {respondWith(400, nil, "you sent "+sasQuery+", signed aB%2Bc%2f%3D-"+signature+", that is aB+c/=-"+signature+", or aB%2bc%2f%3d-"+signature), nil, "400 Bad Request"},
		"a very long body":       {respondWith(400, nil, strings.Repeat("x", 1<<20)), nil, "400 Bad Request"},
	} {
		t.Run(name, func(t *testing.T) {
			store := &storage{handlers: []http.HandlerFunc{row.handler}}
			uploadURL, client := store.start(t)
			got, err := client.Upload(t.Context(), uploadURL, bytes.NewReader(gzipped(100)))
			var storageErr *wrapper.StorageError
			require.ErrorAs(t, err, &storageErr)
			assert.Empty(t, got)
			var invalid *wrapper.ValidationError
			assert.NotErrorAs(t, err, &invalid, "a request was sent")
			assert.Equal(t, 1, store.requests(), "neither retried nor followed")
			assert.Contains(t, err.Error(), row.want)
			assert.Less(t, len(err.Error()), 1500)
			for _, kind := range []error{wrapper.ErrUploadURLExpired, wrapper.ErrServer, wrapper.ErrUnexpectedResponse} {
				assert.Equal(t, kind == row.kind, errors.Is(err, kind), kind)
			}
			for e := err; e != nil; e = errors.Unwrap(e) {
				shown := fmt.Sprintf("%v %+v %#v", e, e, e)
				assert.NotContains(t, shown, signature)
				assert.NotContains(t, shown, "sig=")
			}
		})
	}
}

// Without the storage's MD5 something else may have responded, without reading the tarball.
func TestUploadRejectsAResponseWithoutMD5(t *testing.T) {
	good := base64.StdEncoding.EncodeToString(sumOf(gzipped(100)))
	reads := respondWith(201, map[string]string{"x-ms-version-id": "any thing, byte for byte", "Content-MD5": good}, "")
	without := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("x-ms-version-id", "v")
		w.WriteHeader(http.StatusCreated)
	}
	store := &storage{handlers: []http.HandlerFunc{reads, without}}
	uploadURL, client := store.start(t)
	got, err := client.Upload(t.Context(), uploadURL, bytes.NewReader(gzipped(100)))
	require.NoError(t, err)
	assert.Equal(t, "any thing, byte for byte", got)
	got, err = client.Upload(t.Context(), uploadURL, bytes.NewReader(gzipped(100)))
	assert.ErrorIs(t, err, wrapper.ErrUnexpectedResponse)
	assert.ErrorContains(t, err, "no Content-MD5")
	assert.Empty(t, got)
}

type sized struct{ size int64 }

func (s sized) Read(p []byte) (int, error) { return copy(p, "\x1f\x8b"), nil }
func (s sized) Seek(_ int64, whence int) (int64, error) {
	if whence == io.SeekEnd {
		return s.size, nil
	}
	return 0, nil
}

type unseekable struct{ io.Reader }

func (unseekable) Seek(int64, int) (int64, error) { return 0, errors.New("a pipe") }

func TestUploadRejectsInvalidInput(t *testing.T) {
	store := &storage{}
	uploadURL, client := store.start(t)
	url := func(address string) *api.Secret { secret := api.NewSecret(address); return &secret }
	good := func() io.ReadSeeker { return bytes.NewReader(gzipped(100)) }
	zipped := append([]byte("PK\x03\x04"), make([]byte, 1000)...)
	for _, row := range []struct {
		field, rule string
		url         *api.Secret
		tarball     io.ReadSeeker
		options     []wrapper.UploadOption
	}{
		{"uploadUrl", "is missing", nil, good(), nil},
		{"uploadUrl", "is missing", url(""), good(), nil},
		{"uploadUrl", "exactly as the service returned it", url("storage.example/a?sig=s1gned"), good(), nil},
		{"uploadUrl", "exactly as the service returned it", url("https://"), good(), nil},
		{"uploadUrl", "exactly as the service returned it", url("https://user:s1gned@storage.example/"), good(), nil},
		{"uploadUrl", "exactly as the service returned it", url("https://storage.example/?a b"), good(), nil},
		{"uploadUrl", "exactly as the service returned it", url("https://storage.example/a#s1gned"), good(), nil},
		{"uploadUrl", "exactly as the service returned it", url("https://storage.example/%zz?sig=s1gned"), good(), nil},
		{"uploadUrl", "must be https", url("http://storage.example/a?sig=s1gned"), good(), nil},
		{"uploadUrl", "must be https", url("ftp://127.0.0.1/a?sig=s1gned"), good(), nil},
		{"tarball", "must not be nil", uploadURL, nil, nil},
		{"tarball", "must not be empty", uploadURL, bytes.NewReader(nil), nil},
		{"tarball", "must be a tar archive", uploadURL, bytes.NewReader(zipped), nil},
		{"tarball", "must be a tar archive", uploadURL, strings.NewReader("x"), nil},
		{"tarball", "at most 5000 MiB", uploadURL, sized{5000<<20 + 1}, nil},
		{"options", "nil UploadOption", uploadURL, good(), []wrapper.UploadOption{nil}},
		{"progress", "must not be nil", uploadURL, good(), []wrapper.UploadOption{wrapper.WithProgress(nil)}},
	} {
		_, err := client.Upload(t.Context(), row.url, row.tarball, row.options...)
		var invalid *wrapper.ValidationError
		require.ErrorAs(t, err, &invalid, row.rule)
		assert.Equal(t, row.field, invalid.Field)
		assert.Contains(t, err.Error(), row.rule)
		assert.NotContains(t, err.Error(), signature)
	}
	var none context.Context
	_, err := client.Upload(none, uploadURL, good())
	assert.ErrorContains(t, err, "ctx")
	_, err = (&wrapper.Client{}).Upload(t.Context(), uploadURL, good())
	assert.ErrorContains(t, err, "NewClient")
	_, err = client.Upload(t.Context(), uploadURL, unseekable{})
	assert.ErrorContains(t, err, "Upload: nothing was sent: tarball: a pipe")
	_, err = wrapper.NewClient(wrapper.WithToken("t"), wrapper.WithStallTimeout(-1))
	assert.ErrorContains(t, err, "stallTimeout must not be negative")
	assert.Zero(t, store.requests())
}

// The service accepts plain tar archives, too.
func TestUploadAcceptsPlainTar(t *testing.T) {
	store := &storage{}
	uploadURL, client := store.start(t)
	plain := make([]byte, 1024)
	copy(plain[257:], "ustar")
	_, err := client.Upload(t.Context(), uploadURL, bytes.NewReader(plain))
	assert.NoError(t, err)
}

// failing is a tarball that fails near its end once it is sent.
type failing struct {
	*bytes.Reader
	mu     sync.Mutex
	passes int
	err    error
}

func (f *failing) Seek(offset int64, whence int) (int64, error) {
	f.mu.Lock()
	f.passes++
	f.mu.Unlock()
	return f.Reader.Seek(offset, whence)
}

func (f *failing) Read(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.passes > 2 && f.Reader.Len() < 100_000 { // earlier passes measure it
		return 0, f.err
	}
	return f.Reader.Read(p)
}

func TestUploadReportsAReadError(t *testing.T) {
	for _, failure := range []error{errors.New("bad sector"), io.EOF} {
		store := &storage{}
		uploadURL, client := store.start(t)
		_, err := client.Upload(t.Context(), uploadURL, &failing{Reader: bytes.NewReader(gzipped(200_000)), err: failure})
		var failed *wrapper.TransportError
		require.ErrorAs(t, err, &failed)
		if failure == io.EOF {
			assert.ErrorContains(t, err, "became shorter")
		} else {
			assert.ErrorIs(t, err, failure)
		}
		assert.LessOrEqual(t, store.requests(), 1, "not retried")
		assert.Equal(t, 1, failed.Attempts, "a request was sent")
		assert.Empty(t, store.bodies)
	}
}

func TestUploadReportsProgressPerAttempt(t *testing.T) {
	store := &storage{handlers: []http.HandlerFunc{respondWith(500, nil, "")}}
	uploadURL, client := store.start(t)
	const size = 3 << 20
	var reports []int64
	_, err := client.Upload(t.Context(), uploadURL, bytes.NewReader(gzipped(size)), wrapper.WithProgress(func(sent, total int64) {
		assert.Equal(t, int64(size), total)
		reports = append(reports, sent) // no lock: the race detector finds concurrent calls and calls after the end
	}))
	require.NoError(t, err)
	starts, before := 1, int64(0)
	for _, sent := range reports {
		if sent < before {
			starts++
			assert.Equal(t, int64(size), before, "the first attempt was sent in full")
		}
		before = sent
	}
	assert.Equal(t, int64(size), before)
	assert.Equal(t, 2, starts)
}

func TestUploadEndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	store := &storage{handlers: []http.HandlerFunc{func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.CopyN(io.Discard, r.Body, 1<<20)
		cancel()
		_, _ = io.Copy(io.Discard, r.Body) // until the client is gone
	}}}
	uploadURL, client := store.start(t)
	_, err := client.Upload(ctx, uploadURL, bytes.NewReader(gzipped(64<<20)))
	assert.ErrorIs(t, err, context.Canceled)
	assert.NotContains(t, err.Error(), "another attempt")
	assert.Equal(t, 1, store.requests())
	_, err = client.Upload(ctx, uploadURL, bytes.NewReader(gzipped(100)))
	assert.ErrorIs(t, err, context.Canceled)
	assert.ErrorContains(t, err, "nothing was sent")
	_, err = client.Upload(ctx, uploadURL, &countingTarball{Reader: bytes.NewReader(gzipped(100))}) // has an MD5 method
	assert.ErrorIs(t, err, context.Canceled)
	assert.ErrorContains(t, err, "nothing was sent")
	assert.Equal(t, 1, store.requests())
}

// cancelling is a tarball that cancels the context when it is read.
type cancelling struct {
	*bytes.Reader
	cancel context.CancelFunc
	read   int
}

func (c *cancelling) Read(p []byte) (int, error) {
	c.cancel()
	n, err := c.Reader.Read(p)
	c.read += n
	return n, err
}

func TestUploadEndsWithTheContextWhileMeasuring(t *testing.T) {
	store := &storage{}
	uploadURL, client := store.start(t)
	ctx, cancel := context.WithCancel(t.Context())
	tarball := &cancelling{Reader: bytes.NewReader(gzipped(1 << 20)), cancel: cancel}
	_, err := client.Upload(ctx, uploadURL, tarball)
	assert.ErrorIs(t, err, context.Canceled)
	assert.LessOrEqual(t, tarball.read, 512)
	assert.Zero(t, store.requests())
}

// inMemoryStorage serves a storage in memory, for use in a synctest bubble.
func inMemoryStorage(t *testing.T, store *storage, options ...wrapper.Option) (*api.Secret, *wrapper.Client, func()) {
	network := memory.New()
	server := &http.Server{Handler: store}
	go func() { _ = server.Serve(network) }()
	transport := &http.Transport{DialContext: network.Dial}
	client, err := wrapper.NewClient(append([]wrapper.Option{wrapper.WithBaseURL("http://127.0.0.1"), wrapper.WithToken(chaostest.Token), wrapper.WithHTTPClient(&http.Client{Transport: transport})}, options...)...)
	require.NoError(t, err)
	return uploadTo("http://127.0.0.1"), client, func() {
		transport.CloseIdleConnections()
		_ = server.Close()
		time.Sleep(2 * time.Hour) // until its handlers have ended
	}
}

// An attempt ends when the storage reads nothing or does not respond. A slow upload continues.
func TestUploadEndsStalledAttempts(t *testing.T) {
	for name, row := range map[string]struct {
		stalls http.HandlerFunc
		took   time.Duration // by four attempts
	}{
		"during the body": {func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.CopyN(io.Discard, r.Body, 10_000)
			time.Sleep(time.Hour)
		}, 2 * time.Minute},
		"without a response": {func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			time.Sleep(time.Hour)
		}, 10 * time.Minute}, // the wait for a response is five times as long
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := &storage{handlers: []http.HandlerFunc{row.stalls, row.stalls, row.stalls, row.stalls}}
				uploadURL, client, closeAll := inMemoryStorage(t, store, wrapper.WithStallTimeout(30*time.Second), wrapper.WithRetry(wrapper.Retry{Backoff: atOnce}))
				defer closeAll()
				started := time.Now()
				_, err := client.Upload(t.Context(), uploadURL, bytes.NewReader(gzipped(200_000)))
				assert.ErrorContains(t, err, "no byte moved for 30s")
				assert.NotErrorIs(t, err, context.Canceled, "nothing was canceled")
				assert.Equal(t, 4, store.requests())
				assert.Equal(t, row.took, time.Since(started).Round(time.Second))

				store.handlers = []http.HandlerFunc{row.stalls}
				_, err = client.Upload(t.Context(), uploadURL, bytes.NewReader(gzipped(200_000)))
				assert.NoError(t, err, "the next attempt succeeded")
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		slow := func(w http.ResponseWriter, r *http.Request) {
			for {
				time.Sleep(29 * time.Second)
				if n, _ := io.CopyN(io.Discard, r.Body, 40_000); n == 0 {
					break
				}
			}
			respondWith(201, map[string]string{"x-ms-version-id": "slow", "Content-MD5": base64.StdEncoding.EncodeToString(sumOf(gzipped(400_000)))}, "")(w, r)
		}
		store := &storage{handlers: []http.HandlerFunc{slow}}
		// WithAttemptTimeout does not apply to uploads.
		uploadURL, client, closeAll := inMemoryStorage(t, store, wrapper.WithStallTimeout(30*time.Second), wrapper.WithAttemptTimeout(time.Second))
		defer closeAll()
		started := time.Now()
		version, err := client.Upload(t.Context(), uploadURL, bytes.NewReader(gzipped(400_000)))
		require.NoError(t, err)
		assert.Equal(t, "slow", version)
		assert.Greater(t, time.Since(started), 4*time.Minute)
	})
}
