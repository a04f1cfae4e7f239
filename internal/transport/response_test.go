package transport

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// counter counts the bytes read from it.
type counter struct {
	io.Reader
	count int
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.count += n
	return n, err
}

func TestAttemptReadsUpToItsLimit(t *testing.T) {
	for status, limit := range map[int]int{http.StatusOK: maxTest, http.StatusForbidden: maxError} {
		for size, tooLong := range map[int]bool{0: false, 1: false, limit: false, limit + 1: true, 2 * limit: true} {
			body := &counter{Reader: bytes.NewReader(make([]byte, size))}
			last := try(t, by(func(*http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: status, Body: io.NopCloser(body)}, nil
			}))
			require.NoError(t, last.err)
			assert.Equal(t, tooLong, last.response.Cut != nil)
			assert.Equal(t, min(size, limit), len(last.response.Body))
			assert.LessOrEqual(t, body.count, limit+1, "reading stops at the first byte over the limit")
		}
	}
}

func TestAttemptReturnsTheBodyBeforeAnError(t *testing.T) {
	cut := io.MultiReader(strings.NewReader("half a resp"), iotest.ErrReader(io.ErrUnexpectedEOF))
	last := try(t, responding(cut))
	require.NoError(t, last.err)
	require.ErrorIs(t, last.response.Cut, io.ErrUnexpectedEOF)
	assert.Equal(t, "half a resp", string(last.response.Body))
}

// closable records whether it was closed.
type closable struct {
	io.Reader
	closed bool
}

func (c *closable) Close() error {
	c.closed = true
	return nil
}

func TestAttemptClosesTheBody(t *testing.T) {
	for _, status := range []int{101, 200, 500} {
		body := &closable{Reader: strings.NewReader("{}")}
		chain := by(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, Body: body}, nil
		})
		require.NoError(t, try(t, chain).err)
		assert.True(t, body.closed, status)
	}
}

// A Content-Length may be wrong, so it does not decide how much memory is allocated.
func TestAttemptDoesNotAllocateByContentLength(t *testing.T) {
	lying := by(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, ContentLength: 1 << 60, Body: io.NopCloser(strings.NewReader("short"))}, nil
	})
	last := try(t, lying)
	require.NoError(t, last.err)
	assert.LessOrEqual(t, cap(last.response.Body), maxRoom+1)
}

// The context ends a body that returns no bytes and no error.
func TestContextEndsABodyThatReturnsNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	reads := 0
	chain := responding(readerFunc(func([]byte) (int, error) {
		if reads++; reads == 1000 {
			cancel()
		}
		return 0, nil
	}))
	last := tryUnder(ctx, chain, newRequest(t, "https://api.example/v1/x"))
	require.NoError(t, last.err)
	require.ErrorIs(t, last.response.Cut, context.Canceled)
}

// A body that breaks the contract of io.Reader must not make the caller panic.
func TestAttemptReportsABrokenBody(t *testing.T) {
	for _, count := range []int{-1, 1 << 20} {
		last := try(t, responding(readerFunc(func([]byte) (int, error) { return count, nil })))
		require.NoError(t, last.err)
		assert.ErrorContains(t, last.response.Cut, "invalid count")
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// Reader returns the body as it came, then the error that ended it.
func TestResponseCanBeReadAgain(t *testing.T) {
	for _, cut := range []error{nil, io.ErrUnexpectedEOF} {
		body := (&Response{Body: []byte("half a resp"), Cut: cut}).Reader()
		var copied strings.Builder
		_, err := io.Copy(&copied, body)
		require.ErrorIs(t, err, cut)
		assert.Equal(t, "half a resp", copied.String())
		assert.NoError(t, body.Close())
	}
	assert.Equal(t, "[BODY] [BODY]", fmt.Sprintf("%v %+v", (&Response{Body: []byte("sig=s1gned")}).Reader(), (&Response{}).Reader()))
}
