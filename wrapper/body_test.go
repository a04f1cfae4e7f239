package wrapper

import (
	"bytes"
	"context"
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
	for size, want := range map[int]error{0: nil, 1: nil, maxAnswer: nil, maxAnswer + 1: errAnswerTooLong, 2 * maxAnswer: errAnswerTooLong} {
		body := &counter{Reader: bytes.NewReader(make([]byte, size))}
		response, err := answering(body).Do(newRequest(t, "https://api.example/v1/x"))
		require.NoError(t, err)
		read, err := io.ReadAll(response.Body)
		require.ErrorIs(t, err, want)
		assert.Equal(t, min(size, maxAnswer), len(read))
		assert.LessOrEqual(t, body.count, maxAnswer+1, "no more is read than is needed to see that it is too much")
	}
}

func TestAttemptKeepsWhatCameBeforeAnError(t *testing.T) {
	cut := io.MultiReader(strings.NewReader("half an ans"), iotest.ErrReader(io.ErrUnexpectedEOF))
	response, err := answering(cut).Do(newRequest(t, "https://api.example/v1/x"))
	require.NoError(t, err)
	var copied strings.Builder
	_, err = io.Copy(&copied, response.Body)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.Equal(t, "half an ans", copied.String())
	assert.NoError(t, response.Body.Close())
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
		once := &attempt{transport: roundTripper(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, Body: body}, nil
		})}
		_, err := once.Do(newRequest(t, "https://api.example/v1/x"))
		require.NoError(t, err)
		assert.True(t, body.closed, status)
	}
}

// A Content-Length is the other side's word, and not room that is made.
func TestAttemptMakesNoRoomForALie(t *testing.T) {
	lying := &attempt{transport: roundTripper(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, ContentLength: 1 << 60, Body: io.NopCloser(strings.NewReader("short"))}, nil
	})}
	response, err := lying.Do(newRequest(t, "https://api.example/v1/x"))
	require.NoError(t, err)
	assert.LessOrEqual(t, cap(response.Body.(*readBody).data), maxRoom+1)
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
	response, err := once.Do(newRequest(t, "https://api.example/v1/x").WithContext(ctx))
	require.NoError(t, err)
	_, err = io.ReadAll(response.Body)
	require.ErrorIs(t, err, context.Canceled)
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
