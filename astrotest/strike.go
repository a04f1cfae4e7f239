package astrotest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"time"
)

func (s *Server) injectFaults(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		operation, named := operationOf(r)
		if !named {
			panic("astrotest: the operation at " + r.Pattern + " lacks a name in the table of operations")
		}
		fault, found := s.faults.take(operation)
		if !found {
			next.ServeHTTP(w, r)
			return
		}
		if fault.delay > 0 {
			buffer(r)
			select {
			case <-time.After(fault.delay):
			case <-s.closing.Done():
				panic(http.ErrAbortHandler)
			}
		}
		answer := answer{status: http.StatusOK, header: http.Header{}}
		if fault.commits {
			recorded := httptest.NewRecorder()
			next.ServeHTTP(recorded, r)
			answer.status, answer.header, answer.body = recorded.Code, recorded.Header(), recorded.Body.Bytes()
		} else {
			fault.read(r)
		}
		if fault.edit != nil {
			fault.edit(&answer)
		}
		fault.send(w, answer)
		if fault.hangs {
			select {
			case <-r.Context().Done():
			case <-s.closing.Done():
			}
		}
		if fault.arrives != all {
			closeConnection(w)
		}
	})
}

// closeConnection ends a request without more of an answer. A panic alone would have net/http
// wait for what is left of a short body first.
func closeConnection(w http.ResponseWriter) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		_ = conn.Close()
	}
	panic(http.ErrAbortHandler)
}

// buffer waits until a request has arrived whole, and returns its body.
func buffer(r *http.Request) []byte {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // the client went away while it was sending
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return body
}

// read reads what the fault reads of a request that takes no effect.
func (f Fault) read(r *http.Request) {
	switch {
	case f.partly:
		_, _ = io.CopyN(io.Discard, r.Body, f.reads)
	case f.hangs: // only after the body does a server notice that the client gives up
		_, _ = io.Copy(io.Discard, r.Body)
	case f.arrives != none:
		drain(r)
	}
}

// send writes as much of the answer as arrives.
func (f Fault) send(w http.ResponseWriter, a answer) {
	switch f.arrives {
	case none:
		return
	case someHeader:
		if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_, _ = fmt.Fprintf(conn, "HTTP/1.1 %d %s\r\nContent-Ty", a.status, http.StatusText(a.status))
			_ = conn.Close()
		}
		return
	}
	for name, values := range a.header {
		w.Header()[name] = values
	}
	if a.status != http.StatusNoContent {
		w.Header().Set("Content-Length", strconv.Itoa(len(a.body)+f.padding))
	}
	w.WriteHeader(a.status)
	if f.arrives == half {
		_, _ = w.Write(a.body[:len(a.body)/2])
		_ = http.NewResponseController(w).Flush()
		return
	}
	_, err := w.Write(a.body)
	blank := bytes.Repeat([]byte(" "), 64<<10)
	for left := f.padding; left > 0 && err == nil; left -= len(blank) {
		_, err = w.Write(blank[:min(left, len(blank))])
	}
}
