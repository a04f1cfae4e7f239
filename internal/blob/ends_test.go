package blob

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/internal/memory"
	"github.com/astro-finalize/astro-finalize-go/internal/retry"
)

// Wherever an upload is when its context ends, its error wraps the context's error and cause.
func TestPutWrapsTheContextsError(t *testing.T) {
	budget := errors.New("the job's budget is used up")
	hangs := func(request *http.Request) (*http.Response, error) {
		<-request.Context().Done()
		return nil, context.Cause(request.Context()) // as net/http does
	}
	for name, row := range map[string]struct {
		at        string // where the upload waits
		transport roundTripper
	}{
		"Seek of Measure":    {at: "Seek of Measure"},
		"Read of Measure":    {at: "Read of Measure"},
		"Seek of an attempt": {at: "Seek of an attempt"},
		"in flight":          {transport: hangs},
		"in flight, transport with another error": {transport: func(request *http.Request) (*http.Response, error) {
			<-request.Context().Done()
			return nil, errors.New("closed")
		}},
		"in flight, transport without the cause": {transport: func(request *http.Request) (*http.Response, error) {
			<-request.Context().Done()
			return nil, request.Context().Err()
		}},
		"Read of an attempt": {at: "Read of an attempt", transport: func(request *http.Request) (*http.Response, error) {
			_, err := io.Copy(io.Discard, request.Body)
			return nil, err
		}},
		"between attempts": {transport: func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 503, Header: http.Header{"Retry-After": {"7"}}, Body: http.NoBody}, nil
		}},
		"between attempts without a response": {transport: func(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF }},
		"as an attempt ends": {transport: func(request *http.Request) (*http.Response, error) {
			<-request.Context().Done()
			return &http.Response{StatusCode: 503, Body: http.NoBody}, nil
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeoutCause(t.Context(), 5*time.Second, budget)
				defer cancel()
				upload := uploader(row.transport)
				upload.Retry.NewBackoff = func() retry.Backoff { return &backoff.ConstantBackOff{Interval: 7 * time.Second} }
				result := tamper(100_000, row.at, func() { <-ctx.Done() }).put(ctx, upload, target)
				require.ErrorIs(t, result.Err, context.DeadlineExceeded)
				assert.ErrorIs(t, result.Err, budget)
				isBetween := strings.HasPrefix(name, "between") || name == "as an attempt ends"
				assert.Equal(t, isBetween, strings.Contains(result.Err.Error(), "another attempt"), result.Err)
			})
		})
	}
}

// 1xx responses do not keep an attempt alive, neither slow ones nor a flood.
func TestPutOfEndless1xx(t *testing.T) {
	for protocol, isHTTP2 := range map[string]bool{"HTTP1": false, "HTTP2": true} {
		for name, row := range map[string]struct {
			pause time.Duration
			want  string
		}{
			"flood": {0, "interim (1xx) responses"},
			"slow":  {20 * time.Second, "no byte moved for 1m0s"},
		} {
			t.Run(protocol+" "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					network := memory.New()
					server := &http.Server{Protocols: new(http.Protocols), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						_, _ = io.Copy(io.Discard, r.Body)
						for r.Context().Err() == nil {
							w.WriteHeader(http.StatusProcessing)
							select {
							case <-time.After(max(row.pause, time.Millisecond)):
							case <-r.Context().Done():
							}
						}
					})}
					server.Protocols.SetHTTP1(true)
					server.Protocols.SetUnencryptedHTTP2(true)
					go func() { _ = server.Serve(network) }()
					transport := &http.Transport{DialContext: network.Dial, Protocols: new(http.Protocols)}
					transport.Protocols.SetHTTP1(!isHTTP2)
					transport.Protocols.SetUnencryptedHTTP2(isHTTP2)
					local := *target
					local.Scheme = "http"
					once := uploader(transport)
					once.Retry.MaxAttempts = 1
					result := once.Put(t.Context(), &local, measured(t, bytes.NewReader(gzipped(100))), nil)
					assert.ErrorContains(t, result.Err, row.want)
					assert.LessOrEqual(t, result.Elapsed, 6*time.Minute)
					transport.CloseIdleConnections()
					_ = server.Close()
				})
			})
		}
	}
}

// A tarball that arrives damaged is sent once more, but not twice.
func TestPutOfADamagedBody(t *testing.T) {
	damaged := status(400, map[string]string{"x-ms-error-code": "Md5Mismatch"}, "")
	busy := status(503, nil, "")
	for name, row := range map[string]struct {
		responses []http.HandlerFunc
		attempts  int
		stored    bool
	}{
		"once":                      {[]http.HandlerFunc{damaged}, 2, true},
		"twice":                     {[]http.HandlerFunc{damaged, damaged}, 2, false},
		"twice, with a 503 between": {[]http.HandlerFunc{damaged, busy, damaged}, 3, false},
		"after a 503":               {[]http.HandlerFunc{busy, damaged}, 3, true},
	} {
		store := &storage{handlers: row.responses}
		result := uploader(http.DefaultTransport).Put(t.Context(), store.start(t), measured(t, bytes.NewReader(gzipped(100))), nil)
		assert.Equal(t, row.attempts, result.Attempts, name)
		assert.Equal(t, row.stored, result.Version != "", name)
		if !row.stored {
			assert.Equal(t, hintDamaged, result.Refusal.Hint)
		}
	}
	once, store := uploader(http.DefaultTransport), &storage{handlers: []http.HandlerFunc{damaged}}
	once.Retry.MaxAttempts = 1
	assert.Equal(t, 1, once.Put(t.Context(), store.start(t), measured(t, bytes.NewReader(gzipped(100))), nil).Attempts)
}

// If the storage cannot be reached, the hint names its host, which differs from the API's.
func TestPutToAnUnreachableStorage(t *testing.T) {
	refused := errors.New("connection refused")
	refuses := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return nil, refused }}
	proxied := &http.Transport{
		Proxy:       http.ProxyURL(&url.URL{Scheme: "http", Host: "proxy.example"}),
		DialContext: func(context.Context, string, string) (net.Conn, error) { return nil, refused },
	}
	failing := func(err error) http.RoundTripper {
		return roundTripper(func(*http.Request) (*http.Response, error) { return nil, err })
	}
	for name, row := range map[string]struct {
		transport http.RoundTripper
		want      string
	}{
		"no connection":          {refuses, hintUnreached("storage.example")},
		"no connection, wrapped": {roundTripper(func(r *http.Request) (*http.Response, error) { return refuses.RoundTrip(r) }), hintUnreached("storage.example")},
		"unreachable proxy":      {proxied, hintUnreached("storage.example")},
		"dial error":             {failing(&net.OpError{Op: "dial", Err: refused}), hintUnreached("storage.example")},
		"DNS error":              {failing(&net.DNSError{Err: "no such host", Name: "storage.example"}), hintUnreached("storage.example")},
		"read error":             {failing(&net.OpError{Op: "read", Err: refused}), ""},
		"other error":            {failing(refused), ""},
	} {
		result := uploader(row.transport).Put(t.Context(), target, measured(t, bytes.NewReader(gzipped(100))), nil)
		require.Error(t, result.Err, name)
		assert.Equal(t, row.want, result.Hint, name)
		assert.NotContains(t, result.Hint, "sig")
	}

	untrusted := httptest.NewUnstartedServer(http.NotFoundHandler())
	untrusted.Config.ErrorLog = log.New(io.Discard, "", 0)
	untrusted.StartTLS()
	defer untrusted.Close()
	address, err := url.Parse(untrusted.URL)
	require.NoError(t, err)
	result := uploader(&http.Transport{}).Put(t.Context(), address, measured(t, bytes.NewReader(gzipped(100))), nil)
	assert.Contains(t, result.Hint, "is not trusted")
	assert.Contains(t, result.Hint, address.Host)
	assert.Equal(t, 1, result.Attempts)

	cut := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	defer cut.Close()
	address, err = url.Parse(cut.URL)
	require.NoError(t, err)
	result = uploader(&http.Transport{}).Put(t.Context(), address, measured(t, bytes.NewReader(gzipped(100))), nil)
	require.Error(t, result.Err)
	assert.Empty(t, result.Hint, "there was a connection")
}

// The transport does not see the tarball's error, so its goroutines never call the methods of an error
// that belongs to the caller.
func TestPutHidesTheTarballsErrorFromTheTransport(t *testing.T) {
	var seen atomic.Value
	sees := roundTripper(func(request *http.Request) (*http.Response, error) {
		_, err := io.Copy(io.Discard, request.Body)
		seen.Store(err.Error())
		return nil, err
	})
	bad := errors.New("bad sector")
	reads := 0
	tarball := measured(t, broken{1000, func(p []byte) (int, error) {
		if reads++; reads == 1 {
			return copy(p, gzipped(512)), nil
		}
		return 0, bad
	}})
	result := uploader(sees).Put(t.Context(), target, tarball, nil)
	assert.ErrorIs(t, result.Err, bad)
	assert.Equal(t, errUnread.Error(), seen.Load())
}

// The limit on 1xx responses holds even if the caller's own trace accepts them all.
func TestPutOfEndless1xxWithATrace(t *testing.T) {
	var seen atomic.Int32
	traced := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got1xxResponse: func(int, textproto.MIMEHeader) error { seen.Add(1); return nil }})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		for r.Context().Err() == nil {
			w.WriteHeader(http.StatusProcessing)
		}
	}))
	defer server.Close()
	once := uploader(http.DefaultTransport)
	once.Retry.MaxAttempts = 1
	to, err := url.Parse(server.URL + "/c/b?sig=s")
	require.NoError(t, err)
	result := once.Put(traced, to, measured(t, bytes.NewReader(gzipped(100))), nil)
	require.ErrorIs(t, result.Err, errInterims)
	assert.Greater(t, seen.Load(), int32(maxInterims))
}

// If the context ends while the body of a response is read, the upload fails with the context's error.
func TestPutOfAResponseThatIsCutOff(t *testing.T) {
	for _, status := range []int{http.StatusOK, http.StatusForbidden} {
		synctest.Test(t, func(t *testing.T) {
			over := errors.New("over")
			ctx, cancel := context.WithTimeoutCause(t.Context(), time.Minute, over)
			defer cancel()
			hangs := roundTripper(func(request *http.Request) (*http.Response, error) {
				_, _ = io.Copy(io.Discard, request.Body)
				return &http.Response{StatusCode: status, Header: http.Header{}, Body: hanging{request.Context()}}, nil
			})
			result := uploader(hangs).Put(ctx, target, measured(t, bytes.NewReader(gzipped(100))), nil)
			require.ErrorIs(t, result.Err, context.DeadlineExceeded)
			require.ErrorIs(t, result.Err, over)
		})
	}
}

// hanging is a body that hangs until its context ends.
type hanging struct{ ctx context.Context }

func (h hanging) Read([]byte) (int, error) { <-h.ctx.Done(); return 0, h.ctx.Err() }
func (hanging) Close() error               { return nil }
