package wrapper

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// maxAnswer is how much of an answer is read: a page of 1,000 deploys takes about 3 MB.
const maxAnswer = 10 << 20

// maxRoom is how much room is made for an answer on the word of its Content-Length alone.
const maxRoom = 64 << 10

var errAnswerTooLong = errors.New("answer is longer than 10 MiB")

// readBounded reads the response's body up to maxAnswer and closes it.
func readBounded(ctx context.Context, response *http.Response) ([]byte, error) {
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
	for len(read) <= maxAnswer {
		if len(read) == cap(read) {
			read = slices.Grow(read, len(read))
		}
		n, err := response.Body.Read(read[len(read):min(cap(read), maxAnswer+1)])
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
	return read[:maxAnswer], errAnswerTooLong
}

// readBody is an answer's body after it was read: what came of it, then the error that
// ended it. It holds no connection.
type readBody struct {
	data    []byte
	err     error         // nil if the body is whole
	wrong   error         // by judge: why it cannot be read, or is not what was asked for
	request *http.Request // as it was sent: errors that quote the body must keep its token out
	off     int           // how much of the data was read

	// What the answer took, by the retry step.
	attempts int
	started  time.Time // of the first attempt
}

func (b *readBody) Read(p []byte) (int, error) {
	if b.off < len(b.data) {
		n := copy(p, b.data[b.off:])
		b.off += n
		return n, nil
	}
	if b.err != nil {
		return 0, b.err
	}
	return 0, io.EOF
}

func (b *readBody) Close() error { return nil }

// Format keeps fmt from printing the request, whose header has the token.
func (b *readBody) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, "[BODY]") }

// apiError returns what the body says as an error of the service: what does not fit is left
// zero.
func (b *readBody) apiError() (decoded api.Error) {
	if len(b.data) <= maxDecoded {
		_ = json.Unmarshal(b.data, &decoded)
	}
	return decoded
}
