package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
)

// Response is a response that was read, and what is wrong with it.
type Response struct {
	StatusCode int
	Header     http.Header
	Body       []byte
	Cut        error          // what ended the body early; nil if it is whole
	Refused    error          // why a 200 is not what was asked for, by [Call]
	Token      string         // that the request was made with
	HTTP       *http.Response // as it came, with its Body read and closed
}

// Err is why the response is not what was asked for, if more than its status is wrong.
func (r *Response) Err() error {
	if r.Cut != nil {
		return r.Cut
	}
	return r.Refused
}

// Reader returns the body as if it had not been read. It holds no connection, and shows under no
// fmt verb.
func (r *Response) Reader() io.ReadCloser { return &reread{unread: r.Body, cut: r.Cut} }

// reread is a body that was read: what came of it, then the error that ended it.
type reread struct {
	unread []byte
	cut    error // nil if the body is whole
}

func (b *reread) Read(p []byte) (int, error) {
	if len(b.unread) > 0 {
		n := copy(p, b.unread)
		b.unread = b.unread[n:]
		return n, nil
	}
	if b.cut != nil {
		return 0, b.cut
	}
	return 0, io.EOF
}

func (b *reread) Close() error { return nil }

// Format keeps fmt from printing the body, which may have upload URLs.
func (b *reread) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, "[BODY]") }

const (
	// maxError is how much is read of a response that is no 200: what its body says of an error is
	// shown to a person.
	maxError = 128 << 10
	// maxRoom is how much room is made for a response on the word of its Content-Length alone.
	maxRoom = 64 << 10
)

// RoundTrip sends a request once, and reads the response: of a 200 up to limit bytes, since JSON
// takes many times its size when it is decoded, and of any other less.
func RoundTrip(transport http.RoundTripper, request *http.Request, limit int) (*Response, error) {
	response, err := transport.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	if response == nil || response.Body == nil {
		return nil, errors.New("the http.RoundTripper returned no response, and no error")
	}
	if response.StatusCode != http.StatusOK {
		limit = min(limit, maxError)
	}
	body, err := readBounded(request.Context(), response, limit)
	return &Response{StatusCode: response.StatusCode, Header: response.Header, Body: body, Cut: err, HTTP: response}, nil
}

// readBounded reads a response's body up to a limit and closes it.
func readBounded(ctx context.Context, response *http.Response, limit int) ([]byte, error) {
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode < http.StatusOK {
		// 101: what net/http hands out as the body is the connection, which may never end.
		return nil, nil
	}
	// Room for what is announced, and for seeing that no more comes: io.ReadAll makes twice
	// the garbage.
	room := int64(512)
	if response.ContentLength >= 0 {
		room = min(response.ContentLength, maxRoom) + 1
	}
	read := make([]byte, 0, room)
	for len(read) <= limit {
		if len(read) == cap(read) {
			read = slices.Grow(read, len(read))
		}
		into := read[len(read):min(cap(read), limit+1)]
		n, err := response.Body.Read(into)
		if n < 0 || n > len(into) {
			return read, errors.New("the response's Body returned an invalid count from Read")
		}
		read = read[:len(read)+n]
		if err == io.EOF {
			return read, nil
		}
		if err == nil && n == 0 {
			err = ctx.Err() // a body may go on like that forever
		}
		if err != nil {
			return read, err
		}
	}
	return read[:limit], fmt.Errorf("the response is longer than %d KiB", limit>>10)
}
