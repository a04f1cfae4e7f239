package wrapper

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"slices"
	"sync/atomic"
	"time"
)

// maxAnswer is how much of an answer is read: a page of 1,000 deploys takes about 3 MB.
const maxAnswer = 10 << 20

// maxRoom is how much room is made for an answer on the word of its Content-Length alone.
const maxRoom = 64 << 10

var errAnswerTooLong = errors.New("answer is longer than 10 MiB")

// attempt is the step of the chain that sends a request once and reads the answer to its
// end, both within the timeout. The answer's body is a *readBody.
//
// It does what an [http.Client] does that follows no redirects. One that follows them would
// read a 301 or 302 as a wish for GET, whose 200 looks like success, and carry the token
// elsewhere on a 307 or 308.
type attempt struct {
	transport http.RoundTripper
	jar       http.CookieJar // nil means none
	timeout   time.Duration  // 0 means none
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
	sending, connection := a.watch(ctx)
	response, err := a.send(request.WithContext(sending))
	if err != nil {
		err = a.explain(ctx, request, err)
		if connection.failed() {
			err = &unconnected{err}
		}
		return nil, err
	}
	body, err := readBounded(ctx, response)
	response.Body = &readBody{data: body, err: a.explain(ctx, request, err), request: request}
	return response, nil
}

// unconnected marks an error for which nothing can have been sent.
type unconnected struct{ err error }

func (e *unconnected) Error() string { return e.err.Error() }
func (e *unconnected) Unwrap() error { return e.err }

// connection is what an attempt learns of the one that it asks for.
type connection struct {
	trace      httptrace.ClientTrace
	asked, got atomic.Bool
}

// watch returns a context under which the transport tells of its connection. Of transports
// other than the standard library's it is not known whether they do.
func (a *attempt) watch(ctx context.Context) (context.Context, *connection) {
	if _, isStandard := a.transport.(*http.Transport); !isStandard {
		return ctx, nil
	}
	c := &connection{}
	c.trace.GetConn = func(string) { c.asked.Store(true) }
	c.trace.GotConn = func(httptrace.GotConnInfo) { c.got.Store(true) }
	return httptrace.WithClientTrace(ctx, &c.trace), c
}

// failed reports whether there provably was no connection to send anything through.
func (c *connection) failed() bool { return c != nil && c.asked.Load() && !c.got.Load() }

func (a *attempt) send(request *http.Request) (*http.Response, error) {
	if a.jar != nil {
		request.Header = request.Header.Clone() // another attempt has cookies of its own
		for _, cookie := range a.jar.Cookies(request.URL) {
			request.AddCookie(cookie)
		}
	}
	response, err := a.transport.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	if response == nil || response.Body == nil {
		return nil, errors.New("the http.RoundTripper returned no response, and no error")
	}
	if a.jar != nil {
		a.jar.SetCookies(request.URL, response.Cookies())
	}
	return response, nil
}

// shorter returns the shorter of two bounds; one that is not positive is none.
func shorter(a, b time.Duration) time.Duration {
	if a <= 0 || b <= 0 {
		return max(a, b, 0)
	}
	return min(a, b)
}

// explain makes an error fit to be shown: it says so where it was the attempt's own deadline,
// and not the caller's, that ended it, and holds no secret.
func (a *attempt) explain(ctx context.Context, request *http.Request, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil && !errors.Is(err, ctx.Err()) {
		err = fmt.Errorf("%w: %w", ctx.Err(), err)
	}
	if ctx.Err() != nil && request.Context().Err() == nil {
		err = fmt.Errorf("no complete answer within %v: %w", a.timeout, err)
	}
	return withoutSecrets(err, tokenOf(request))
}

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
