package wrapper

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// maxAnswer is how much of an answer is read: a page of 1,000 deploys takes about 3 MB.
const maxAnswer = 10 << 20

var errAnswerTooLong = errors.New("answer is longer than 10 MiB")

// attempt is the step of the chain that sends a request once and reads the answer to its
// end, both within the timeout. The answer's body is a *readBody.
type attempt struct {
	client  *http.Client
	timeout time.Duration // 0 means none
}

func (a *attempt) Do(request *http.Request) (*http.Response, error) {
	ctx := request.Context()
	if err := ctx.Err(); err != nil {
		return nil, &unsent{err}
	}
	if a.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, a.timeout)
		defer cancel()
	}
	response, err := a.client.Do(request.WithContext(ctx))
	if err != nil {
		return nil, a.explain(ctx, request, err)
	}
	body, err := readBounded(ctx, response)
	response.Body = &readBody{data: body, err: a.explain(ctx, request, err), request: request}
	return response, nil
}

// explain makes an error fit to be shown: it says so where it was the attempt's own deadline,
// and not the caller's, that ended it, and holds no secret.
func (a *attempt) explain(ctx context.Context, request *http.Request, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil && request.Context().Err() == nil {
		err = fmt.Errorf("no complete answer within %v: %w", a.timeout, err)
	}
	return withoutSecrets(err, tokenOf(request))
}

// readBounded reads the response's body up to maxAnswer and closes it.
func readBounded(ctx context.Context, response *http.Response) ([]byte, error) {
	body := response.Body
	if response.StatusCode < http.StatusOK {
		// 101: what net/http hands out as the body is the connection, which may never end.
		return nil, body.Close()
	}
	// A body of a caller's transport may not know of the context.
	closed := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(closed)
		_ = body.Close()
	})
	defer func() {
		if !stop() {
			<-closed // no goroutine outlives the call
		}
		_ = body.Close()
	}()
	read, err := io.ReadAll(io.LimitReader(body, maxAnswer+1))
	if err == nil && len(read) > maxAnswer {
		return read[:maxAnswer], errAnswerTooLong
	}
	if err != nil && ctx.Err() != nil && !errors.Is(err, ctx.Err()) {
		err = fmt.Errorf("%w: %w", ctx.Err(), err)
	}
	return read, err
}

// readBody is an answer's body after it was read: what came of it, then the error that
// ended it. It holds no connection.
type readBody struct {
	data    []byte
	err     error         // nil if the body is whole
	request *http.Request // as it was sent: errors that quote the body must keep its token out
	off     int           // how much of the data was read

	// What the answer took, by the retry step.
	attempts int
	elapsed  time.Duration
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
