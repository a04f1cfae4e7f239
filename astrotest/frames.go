package astrotest

import (
	"encoding/binary"
	"strconv"
)

// What of HTTP/2's frames the fake has to know (RFC 9113, section 4.1 and 6).
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

// streamHeader names a request's stream to its handler. It is put after the request's own header,
// where nothing of a client's can follow it.
const streamHeader = "astrotest-stream"

// frame is a whole frame.
type frame []byte

// firstFrame returns the frame that the bytes begin with, or nil if it is not whole.
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

// isHeader reports whether the frame is one of those that a header consists of.
func (f frame) isHeader() bool { return f.kind() == frameHeaders || f.kind() == frameMore }

// endsHeader reports whether the header, if the frame is part of one, is whole with it.
func (f frame) endsHeader() bool { return !f.isHeader() || f[4]&flagEndHeaders != 0 }

// namingStream returns the frame, and behind it, if it ends a request's header, one more that adds
// streamHeader to that. The compression does not notice: what is sent literally and without
// indexing leaves its table alone (RFC 7541, section 6.2.2).
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
