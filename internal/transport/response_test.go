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

// counter counts what is read of it.
type counter struct {
	io.Reader
	count int
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.count += n
	return n, err
}

func TestAttemptReadsUpToTheBound(t *testing.T) {
	for status, bound := range map[int]int{http.StatusOK: maxTest, http.StatusForbidden: maxError} {
		for size, tooLong := range map[int]bool{0: false, 1: false, bound: false, bound + 1: true, 2 * bound: true} {
			body := &counter{Reader: bytes.NewReader(make([]byte, size))}
			last := try(t, by(func(*http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: status, Body: io.NopCloser(body)}, nil
			}))
			require.NoError(t, last.err)
			assert.Equal(t, tooLong, last.response.Cut != nil)
			assert.Equal(t, min(size, bound), len(last.response.Body))
			assert.LessOrEqual(t, body.count, bound+1, "no more is read than is needed to see that it is too much")
		}
	}
}

func TestAttemptKeepsWhatCameBeforeAnError(t *testing.T) {
	cut := io.MultiReader(strings.NewReader("half an ans"), iotest.ErrReader(io.ErrUnexpectedEOF))
	last := try(t, answering(cut))
	require.NoError(t, last.err)
	require.ErrorIs(t, last.response.Cut, io.ErrUnexpectedEOF)
	assert.Equal(t, "half an ans", string(last.response.Body))
}

// closable knows whether it was closed.
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
		once := by(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, Body: body}, nil
		})
		require.NoError(t, try(t, once).err)
		assert.True(t, body.closed, status)
	}
}

// A Content-Length is the other side's word, and not room that is made.
func TestAttemptMakesNoRoomForALie(t *testing.T) {
	lying := by(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, ContentLength: 1 << 60, Body: io.NopCloser(strings.NewReader("short"))}, nil
	})
	last := try(t, lying)
	require.NoError(t, last.err)
	assert.LessOrEqual(t, cap(last.response.Body), maxRoom+1)
}

// A body that never ends and never gives anything is ended by the context.
func TestAttemptEndsABodyThatGivesNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	reads := 0
	once := answering(readerFunc(func([]byte) (int, error) {
		if reads++; reads == 1000 {
			cancel()
		}
		return 0, nil
	}))
	last := tryUnder(ctx, once, newRequest(t, "https://api.example/v1/x"))
	require.NoError(t, last.err)
	require.ErrorIs(t, last.response.Cut, context.Canceled)
}

// A Body that breaks the contract of io.Reader must not make the caller panic.
func TestAttemptOfABrokenBody(t *testing.T) {
	for _, count := range []int{-1, 1 << 20} {
		last := try(t, answering(readerFunc(func([]byte) (int, error) { return count, nil })))
		require.NoError(t, last.err)
		assert.ErrorContains(t, last.response.Cut, "invalid count")
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// What is read again is what came, and the error that ended it.
func TestResponseIsReadAgain(t *testing.T) {
	for _, cut := range []error{nil, io.ErrUnexpectedEOF} {
		body := (&Response{Body: []byte("half an ans"), Cut: cut}).Reader()
		var copied strings.Builder
		_, err := io.Copy(&copied, body)
		require.ErrorIs(t, err, cut)
		assert.Equal(t, "half an ans", copied.String())
		assert.NoError(t, body.Close())
	}
	assert.Equal(t, "[BODY] [BODY]", fmt.Sprintf("%v %+v", (&Response{Body: []byte("sig=s1gned")}).Reader(), (&Response{}).Reader()))
}
