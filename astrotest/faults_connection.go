package astrotest

import (
	"fmt"
	"net/http"
)

// ending is what happens to the connection after a partial response.
type ending int8

const (
	cuts ending = iota
	resets
	goesAway
	dies
	stopsListening
)

// ErrCode is an error code of HTTP/2 (RFC 9113, section 7). Any number is allowed.
type ErrCode uint32

// The error codes that services commonly send in RST_STREAM.
const (
	ErrCodeProtocol      ErrCode = 1 // PROTOCOL_ERROR
	ErrCodeInternal      ErrCode = 2 // INTERNAL_ERROR
	ErrCodeRefusedStream ErrCode = 7 // REFUSED_STREAM: claims that the request was not processed; net/http retries it
	ErrCodeCancel        ErrCode = 8 // CANCEL
)

// String returns the code's name in the standard, or its number.
func (c ErrCode) String() string {
	switch c {
	case ErrCodeProtocol:
		return "PROTOCOL_ERROR"
	case ErrCodeInternal:
		return "INTERNAL_ERROR"
	case ErrCodeRefusedStream:
		return "REFUSED_STREAM"
	case ErrCodeCancel:
		return "CANCEL"
	}
	return fmt.Sprintf("ErrCode(%d)", uint32(c))
}

// ResetStream ends the request's stream with RST_STREAM instead of a response. Other requests on the
// connection continue. Over HTTP/1.1 the connection is closed.
func ResetStream(code ErrCode) Fault {
	return Fault{name: fmt.Sprintf("ResetStream(%v)", code), arrives: none, ending: resets, code: code}
}

// GoAway sends GOAWAY instead of a response, and closes the connection. The frame claims that no
// request on the connection was processed, so net/http retries every request without a response.
// With AfterCommit the claim is false. Over HTTP/1.1 the connection is closed.
func GoAway() Fault { return Fault{name: "GoAway()", arrives: none, ending: goesAway} }

// DeadConnection makes the request's connection silent: it stays open until the server is closed,
// but the server no longer reads from it or writes to it. With HTTP/2 this affects all requests on
// the connection. Other connections still work.
func DeadConnection() Fault { return Fault{name: "DeadConnection()", arrives: none, ending: dies} }

// StopListening makes the server refuse new connections, as if it had crashed. All connections are
// reset, including that of the request.
func StopListening() Fault {
	return Fault{name: "StopListening()", arrives: none, ending: stopsListening}
}

// end ends a request after a partial response.
func (s *Server) end(f Fault, r *http.Request) {
	c, stream := connOf(r)
	switch {
	case f.ending == stopsListening:
		s.conns.stop(c)
	case f.ending == dies:
		c.state.Store(dead)
	case f.ending == goesAway && stream != 0:
		c.goAway()
	case f.ending == resets && stream != 0:
		c.resetWith(stream, f.code)
	case f.hangs && stream != 0 && s.closing.Err() == nil: // the client gave up on this stream only
	default:
		c.cut()
	}
	panic(http.ErrAbortHandler)
}
