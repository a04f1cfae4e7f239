package astrotest

import (
	"fmt"
	"net/http"
)

// ending is what becomes of the connection of a request whose response does not arrive whole.
type ending int8

const (
	cuts ending = iota
	resets
	goesAway
	dies
	stopsListening
)

// ErrCode is an error code of HTTP/2 (RFC 9113, section 7); any number is one.
type ErrCode uint32

// The error codes that services reset streams with.
const (
	ErrCodeProtocol      ErrCode = 1 // PROTOCOL_ERROR
	ErrCodeInternal      ErrCode = 2 // INTERNAL_ERROR
	ErrCodeRefusedStream ErrCode = 7 // REFUSED_STREAM: says that nothing was done, and clients of net/http retry
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

// ResetStream has the request's stream end with RST_STREAM instead of a response. The other requests
// of its connection go on. Over HTTP/1.1 the connection is closed.
func ResetStream(code ErrCode) Fault {
	return Fault{name: fmt.Sprintf("ResetStream(%v)", code), arrives: none, ending: resets, code: code}
}

// GoAway has the server send GOAWAY instead of a response, and close the connection. The frame says
// that no request of the connection was processed, which makes clients of net/http retry all those
// without a response; with AfterCommit that is not true. Over HTTP/1.1 the connection is closed.
func GoAway() Fault { return Fault{name: "GoAway()", arrives: none, ending: goesAway} }

// DeadConnection has the request's connection die without a word: it stays open until the server is
// closed, but from now on nothing is read from it and nothing is written to it. With HTTP/2 that
// concerns all requests of the connection. Other connections are well.
func DeadConnection() Fault { return Fault{name: "DeadConnection()", arrives: none, ending: dies} }

// StopListening has the server refuse new connections from now on, as if it had crashed. The request's
// connection is reset, and so are all others.
func StopListening() Fault {
	return Fault{name: "StopListening()", arrives: none, ending: stopsListening}
}

// end ends a request whose response does not arrive whole.
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
	case f.hangs && stream != 0 && s.closing.Err() == nil: // the client gave up on this stream alone
	default:
		c.cut()
	}
	panic(http.ErrAbortHandler)
}
