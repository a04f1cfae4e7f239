package astrotest

import (
	"encoding/binary"
	"strconv"
)

// The parts of HTTP/2's frames that the fake uses (RFC 9113, sections 4.1 and 6).
const (
	frameHeader  = 9 // bytes
	frameData    = 0
	frameHeaders = 1
	frameReset   = 3
	frameGoAway  = 7
	frameMore    = 9 // CONTINUATION

	flagEndHeaders = 4
)

const http2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

// streamHeader passes a request's stream ID to its handler. It is added after the client's own
// header fields, so that a client cannot override it.
const streamHeader = "astrotest-stream"

// frame is a complete frame.
type frame []byte

// firstFrame returns the first frame of the bytes, or nil if it is incomplete.
func firstFrame(bytes []byte) frame {
	if len(bytes) < frameHeader {
		return nil
	}
	length := frameHeader + int(bytes[0])<<16 + int(bytes[1])<<8 + int(bytes[2])
	if len(bytes) < length {
		return nil
	}
	return frame(bytes[:length])
}

func newFrame(kind, flags byte, stream uint32, payload []byte) frame {
	f := frame{byte(len(payload) >> 16), byte(len(payload) >> 8), byte(len(payload)), kind, flags}
	f = binary.BigEndian.AppendUint32(f, stream)
	return append(f, payload...)
}

func (f frame) kind() byte      { return f[3] }
func (f frame) stream() uint32  { return binary.BigEndian.Uint32(f[5:]) &^ (1 << 31) }
func (f frame) payload() []byte { return f[frameHeader:] }

// isHeader reports whether the frame is part of a header.
func (f frame) isHeader() bool { return f.kind() == frameHeaders || f.kind() == frameMore }

// endsHeader reports whether the frame is not part of a header, or the last part of one.
func (f frame) endsHeader() bool { return !f.isHeader() || f[4]&flagEndHeaders != 0 }

// namingStream returns the frame. If the frame ends a request's header, it is followed by another
// one that adds streamHeader. Header compression still works, because a literal without indexing
// does not change the compression table (RFC 7541, section 6.2.2).
func (f frame) namingStream() []byte {
	if !f.isHeader() || !f.endsHeader() {
		return f
	}
	id := strconv.FormatUint(uint64(f.stream()), 10)
	field := append([]byte{0, byte(len(streamHeader))}, streamHeader...)
	field = append(append(field, byte(len(id))), id...)
	f[4] &^= flagEndHeaders
	return append(f, newFrame(frameMore, flagEndHeaders, f.stream(), field)...)
}
