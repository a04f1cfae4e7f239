package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
)

// Response is a response whose body was read.
type Response struct {
	StatusCode int
	Header     http.Header
	Body       []byte
	Cut        error          // what ended the body early; nil if it is complete
	Refused    error          // why [Call] did not accept a 200
	Token      string         // of the request
	HTTP       *http.Response // as received, with its Body read and closed
}

// Err returns what is wrong with the response apart from its status.
func (r *Response) Err() error {
	if r.Cut != nil {
		return r.Cut
	}
	return r.Refused
}

// Reader returns the body as if it had not been read. It holds no connection, and fmt does not print it.
func (r *Response) Reader() io.ReadCloser { return &reread{unread: r.Body, cut: r.Cut} }

// reread is a body that was read, and the error that ended it.
type reread struct {
	unread []byte
	cut    error // nil if the body is complete
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

// Format keeps fmt from printing the body, which may contain upload URLs.
func (b *reread) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, "[BODY]") }

const (
	// maxError bounds the body of a response that is not a 200.
	maxError = 128 << 10
	// maxRoom bounds what is allocated because of a Content-Length alone.
	maxRoom = 64 << 10
)

// RoundTrip sends a request once and reads the response: up to limit bytes of a 200, and less of any other.
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
		// The body of a 101 is the connection, which may never end.
		return nil, nil
	}
	// One byte more than announced shows the end without another allocation; io.ReadAll allocates twice
	// as much.
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
			err = ctx.Err() // or this could loop forever
		}
		if err != nil {
			return read, err
		}
	}
	return read[:limit], fmt.Errorf("the response is longer than %d KiB", limit>>10)
}
