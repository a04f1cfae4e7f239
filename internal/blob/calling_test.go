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

// tampered is a tarball, and a progress, of which one call does what a test wants.
type tampered struct {
	*bytes.Reader
	at    string // where
	calls map[string]int
	do    func()
}

func (t *tampered) meet(at string) {
	if t.at == at {
		t.do()
	}
}

func (t *tampered) Seek(offset int64, whence int) (int64, error) {
	t.calls["seek"]++
	t.meet(map[bool]string{true: "Seek of Measure", false: "Seek of an attempt"}[t.calls["seek"] <= 2])
	return t.Reader.Seek(offset, whence)
}

func (t *tampered) Read(p []byte) (int, error) {
	t.calls["read"]++
	t.meet(map[bool]string{true: "Read of Measure", false: "Read of an attempt"}[t.calls["read"] == 1])
	return t.Reader.Read(p)
}

func (t *tampered) MD5() []byte {
	t.meet("MD5")
	sum := md5.Sum(gzipped(int(t.Size())))
	return sum[:]
}

func (t *tampered) progress(int64, int64) { t.meet("progress") }

var places = []string{"Seek of Measure", "Read of Measure", "MD5", "Seek of an attempt", "Read of an attempt", "progress"}

// put is the whole of an upload.
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

// A panic of what the caller gave reaches the caller's recover, whichever goroutine and whichever
// protocol it is met in, and before a response or after it; what ends its goroutine ends the upload.
func TestPutOfWhatPanics(t *testing.T) {
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
				for _, at := range places {
					t.Run(protocol+" "+when+" "+kind+" "+at, func(t *testing.T) {
						met := when == "reads"
						panics := tamper(2<<20, at, func() { met = true; panic(at) })
						recovered := recovering(func() { panics.put(t.Context(), uploader(transport), target) })
						assert.Equal(t, map[bool]any{true: at, false: nil}[met], recovered) // an early response may come before the first byte
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

// Neither a panic nor the end of an upload leaves a goroutine behind.
func TestPutLeavesNothingBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // which fails where a goroutine is left
		reads := roundTripper(func(request *http.Request) (*http.Response, error) {
			_, err := io.Copy(io.Discard, request.Body)
			return nil, err
		})
		for _, at := range places {
			assert.Panics(t, func() { tamper(100_000, at, func() { panic(at) }).put(t.Context(), uploader(reads), target) })
		}
		assert.PanicsWithValue(t, "transport", func() {
			tamper(100_000, "", nil).put(t.Context(), uploader(roundTripper(func(*http.Request) (*http.Response, error) { panic("transport") })), target)
		})
	})
}

// What hangs on the caller's own side keeps nobody beyond the context, nor an attempt beyond a stall;
// it is not tried again, since it may still be at the tarball; and what it does after the end, a
// panic included, reaches nobody.
func TestPutOfWhatHangs(t *testing.T) {
	over := errors.New("the job is over")
	for _, at := range places {
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
						assert.NotErrorIs(t, result.Err, context.Canceled, "nobody cancelled anything")
						assert.LessOrEqual(t, took, 6*time.Minute, "the time of a response, and then that of a stall")
					}
				})
			})
		}
	}
}
