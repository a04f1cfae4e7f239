package wrapper_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

func by(transport roundTripper) wrapper.Option {
	return wrapper.WithHTTPClient(&http.Client{Transport: transport})
}

// A transport may keep reading a body after its attempt failed. The next attempt and the caller do not notice.
func TestUploadBodyIsEmptyAfterItsAttempt(t *testing.T) {
	var bodies []io.Reader
	store := &storage{}
	uploadURL, client := store.start(t, by(func(request *http.Request) (*http.Response, error) {
		for _, old := range bodies {
			n, err := old.Read(make([]byte, 10))
			assert.Zero(t, n)
			assert.Error(t, err)
		}
		bodies = append(bodies, request.Body)
		if len(bodies) == 1 {
			_, _ = request.Body.Read(make([]byte, 1000))
			return nil, errors.New("gave up")
		}
		return http.DefaultTransport.RoundTrip(request)
	}))
	reported := 0
	_, err := client.Upload(t.Context(), uploadURL, bytes.NewReader(gzipped(5000)), wrapper.WithProgress(func(int64, int64) { reported++ }))
	require.NoError(t, err)
	assert.Equal(t, gzipped(5000), store.bodies[0])
	require.Len(t, bodies, 2)
	before := reported
	for _, old := range bodies {
		_, err := old.Read(make([]byte, 10))
		assert.Error(t, err)
	}
	assert.Equal(t, before, reported, "no progress after the attempt")
}

// A transport's error may contain the URL, like that of a proxy.
func TestUploadRedactsTransportErrors(t *testing.T) {
	refused := errors.New("refused")
	uploadURL, client := (&storage{}).start(t, by(func(request *http.Request) (*http.Response, error) {
		return nil, fmt.Errorf("PUT %s (%s): %w", request.URL, request.URL.Query().Get("sig"), refused)
	}))
	_, err := client.Upload(t.Context(), uploadURL, bytes.NewReader(gzipped(100)))
	require.ErrorIs(t, err, refused)
	for ; err != nil; err = errors.Unwrap(err) {
		shown := fmt.Sprintf("%v %#v", err, err)
		assert.NotContains(t, shown, signature)
	}

	_, client = (&storage{}).start(t, by(func(*http.Request) (*http.Response, error) { return nil, nil }))
	_, err = client.Upload(t.Context(), uploadURL, bytes.NewReader(gzipped(100)))
	assert.ErrorContains(t, err, "returned no response, and no error")
}

// growing is a tarball that became longer after it was measured.
type growing struct {
	*bytes.Reader
	size int64
}

func (g growing) Seek(offset int64, whence int) (int64, error) {
	if whence == io.SeekEnd {
		return g.size, nil
	}
	return g.Reader.Seek(offset, whence)
}

func (g growing) MD5() []byte {
	content := make([]byte, g.size)
	_, _ = g.ReadAt(content, 0)
	return sumOf(content)
}

// The measured size is sent. A tarball that changes while it is measured is an error.
func TestUploadSendsTheMeasuredSize(t *testing.T) {
	store := &storage{}
	uploadURL, client := store.start(t)
	_, err := client.Upload(t.Context(), uploadURL, growing{bytes.NewReader(gzipped(9000)), 5000})
	require.NoError(t, err)
	assert.Equal(t, gzipped(9000)[:5000], store.bodies[0])

	// Without an MD5 method it is read in full first.
	type unhashed struct{ io.ReadSeeker }
	_, err = client.Upload(t.Context(), uploadURL, unhashed{growing{bytes.NewReader(gzipped(9000)), 5000}})
	assert.ErrorContains(t, err, "nothing was sent: tarball: its size changed while it was read")
	assert.Equal(t, 1, store.requests())
}

// A transport's panic, or its runtime.Goexit as in a failing test, happens in the caller's goroutine.
func TestUploadTransportPanicsInTheCallersGoroutine(t *testing.T) {
	uploadURL, client := (&storage{}).start(t, by(func(*http.Request) (*http.Response, error) { panic("odd") }))
	assert.PanicsWithValue(t, "odd", func() { _, _ = client.Upload(t.Context(), uploadURL, bytes.NewReader(gzipped(100))) })

	_, client = (&storage{}).start(t, by(func(*http.Request) (*http.Response, error) {
		runtime.Goexit()
		return nil, nil
	}))
	returned := true
	var caller sync.WaitGroup
	caller.Go(func() {
		returned = false
		_, _ = client.Upload(t.Context(), uploadURL, bytes.NewReader(gzipped(100)))
		returned = true
	})
	caller.Wait()
	assert.False(t, returned)
}

// A panic of the caller's tarball or progress function reaches the caller, although another goroutine calls
// them. A runtime.Goexit there ends the upload.
func TestUploadTarballAndProgressPanicsReachTheCaller(t *testing.T) {
	uploadURL, client := (&storage{}).start(t)
	reads := 0
	panics := seeking{5000, func(p []byte) int {
		if reads++; reads > 1 { // the first one reads the start
			panic("odd")
		}
		return copy(p, gzipped(512))
	}}
	assert.PanicsWithValue(t, "odd", func() { _, _ = client.Upload(t.Context(), uploadURL, panics) })
	assert.PanicsWithValue(t, "odd", func() {
		_, _ = client.Upload(t.Context(), uploadURL, bytes.NewReader(gzipped(100)), wrapper.WithProgress(func(int64, int64) { panic("odd") }))
	})
	_, err := client.Upload(t.Context(), uploadURL, bytes.NewReader(gzipped(100)), wrapper.WithProgress(func(int64, int64) { runtime.Goexit() }))
	assert.ErrorContains(t, err, "ended its goroutine")
}

// A Read that hangs after the upload ended is the last one, and reports no progress.
func TestUploadDoesNotWaitForAHangingRead(t *testing.T) {
	reading, release, reads := make(chan struct{}), make(chan struct{}), atomic.Int32{}
	tarball := seeking{5000, func(p []byte) int {
		if reads.Add(1) == 1 { // the first one reads the start
			return copy(p, gzipped(512))
		}
		close(reading)
		<-release
		return len(p)
	}}
	done := make(chan struct{})
	uploadURL, client := (&storage{}).start(t, wrapper.WithStallTimeout(0), by(func(request *http.Request) (*http.Response, error) {
		go func() {
			defer close(done)
			_, _ = io.Copy(io.Discard, request.Body)
		}()
		<-reading
		return &http.Response{StatusCode: http.StatusForbidden, Header: http.Header{"X-Ms-Request-Id": {"r"}, "Date": {time.Now().UTC().Format(http.TimeFormat)}}, Body: http.NoBody}, nil
	}))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := client.Upload(ctx, uploadURL, tarball, wrapper.WithProgress(func(int64, int64) { assert.Fail(t, "reported") }))
	assert.ErrorIs(t, err, wrapper.ErrUploadURLExpired, "the response decides")
	close(release)
	<-done
	assert.EqualValues(t, 2, reads.Load())
}
