package blob

import (
	"bytes"
	"context"
	"crypto/md5"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// tampered is a tarball with a progress callback. One of its calls runs do.
type tampered struct {
	*bytes.Reader
	at    string // the call that runs do
	calls map[string]int
	do    func()
}

func (t *tampered) reach(at string) {
	if t.at == at {
		t.do()
	}
}

func (t *tampered) Seek(offset int64, whence int) (int64, error) {
	t.calls["seek"]++
	t.reach(map[bool]string{true: "Seek of Measure", false: "Seek of an attempt"}[t.calls["seek"] <= 2])
	return t.Reader.Seek(offset, whence)
}

func (t *tampered) Read(p []byte) (int, error) {
	t.calls["read"]++
	t.reach(map[bool]string{true: "Read of Measure", false: "Read of an attempt"}[t.calls["read"] == 1])
	return t.Reader.Read(p)
}

func (t *tampered) MD5() []byte {
	t.reach("MD5")
	sum := md5.Sum(gzipped(int(t.Size())))
	return sum[:]
}

func (t *tampered) progress(int64, int64) { t.reach("progress") }

var calls = []string{"Seek of Measure", "Read of Measure", "MD5", "Seek of an attempt", "Read of an attempt", "progress"}

// put measures and uploads the tarball.
func (t *tampered) put(ctx context.Context, uploader *Uploader, target *url.URL) Result {
	t.calls = map[string]int{}
	measured, err := Measure(ctx, t)
	if err != nil {
		return Result{Err: err}
	}
	return uploader.Put(ctx, target, measured, t.progress)
}

func tamper(size int, at string, do func()) *tampered {
	return &tampered{Reader: bytes.NewReader(gzipped(size)), at: at, do: do}
}

func recovering(do func()) (value any) {
	defer func() { value = recover() }()
	do()
	return nil
}

// A panic in the caller's code reaches the caller's recover, whatever the goroutine, the protocol and
// the order of panic and response. A Goexit there ends the upload.
func TestPutWithAPanic(t *testing.T) {
	reads := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusForbidden)
	})
	early := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })
	for protocol, isHTTP2 := range map[string]bool{"HTTP1": false, "HTTP2": true} {
		for when, handler := range map[string]http.Handler{"reads": reads, "responds early": early} {
			server := httptest.NewUnstartedServer(handler)
			server.EnableHTTP2 = isHTTP2
			server.StartTLS()
			t.Cleanup(server.Close)
			target, err := url.Parse(server.URL + "/container/blob?" + query)
			require.NoError(t, err)
			plain := server.Client().Transport
			wrapped := roundTripper(func(request *http.Request) (*http.Response, error) {
				clone := request.Clone(request.Context())
				clone.Body = io.NopCloser(request.Body)
				return plain.RoundTrip(clone)
			})
			for kind, transport := range map[string]http.RoundTripper{"net/http": plain, "wrapped": wrapped} {
				for _, at := range calls {
					t.Run(protocol+" "+when+" "+kind+" "+at, func(t *testing.T) {
						reached := when == "reads" // an early response may come before the first byte
						panics := tamper(2<<20, at, func() { reached = true; panic(at) })
						recovered := recovering(func() { panics.put(t.Context(), uploader(transport), target) })
						assert.Equal(t, map[bool]any{true: at, false: nil}[reached], recovered)
						result := tamper(2<<20, at, runtime.Goexit).put(t.Context(), uploader(transport), target)
						if when == "reads" || result.Refusal == nil {
							assert.ErrorIs(t, result.Err, errGoexit)
						}
						assert.LessOrEqual(t, result.Attempts, 1)
					})
				}
			}
		}
	}
}

func TestPutLeavesNoGoroutines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // fails if a goroutine is left
		reads := roundTripper(func(request *http.Request) (*http.Response, error) {
			_, err := io.Copy(io.Discard, request.Body)
			return nil, err
		})
		for _, at := range calls {
			assert.Panics(t, func() { tamper(100_000, at, func() { panic(at) }).put(t.Context(), uploader(reads), target) })
		}
		assert.PanicsWithValue(t, "transport", func() {
			tamper(100_000, "", nil).put(t.Context(), uploader(roundTripper(func(*http.Request) (*http.Response, error) { panic("transport") })), target)
		})
	})
}

// A hang in the caller's code delays Put no longer than until the context ends, or until the stall time
// is over. There is no retry, since the tarball may still be in use. A later panic is dropped.
func TestPutWithAHang(t *testing.T) {
	over := errors.New("the job is over")
	for _, at := range calls {
		for name, stall := range map[string]time.Duration{"context": 0, "stall": time.Minute} {
			t.Run(at+" "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					release, requests := make(chan struct{}), 0
					upload := uploader(roundTripper(func(request *http.Request) (*http.Response, error) {
						requests++
						_, err := io.Copy(io.Discard, request.Body)
						return nil, err
					}))
					upload.Stall = stall
					ctx, cancel := context.WithTimeoutCause(t.Context(), time.Hour, over)
					defer cancel()
					begun := time.Now()
					result := tamper(100, at, func() {
						<-release
						panic("too late")
					}).put(ctx, upload, target)
					took := time.Since(begun)
					close(release)
					synctest.Wait()
					require.ErrorIs(t, result.Err, errHangs)
					assert.LessOrEqual(t, requests, 1)
					if isMeasuring := result.Attempts == 0 && at != "Seek of an attempt"; stall == 0 || isMeasuring {
						assert.ErrorIs(t, result.Err, context.DeadlineExceeded)
						assert.ErrorIs(t, result.Err, over)
						assert.Equal(t, time.Hour+grace, took)
					} else {
						assert.NotErrorIs(t, result.Err, context.Canceled, "the caller's context was not canceled")
						assert.LessOrEqual(t, took, 6*time.Minute, "the response time plus a stall")
					}
				})
			})
		}
	}
}
