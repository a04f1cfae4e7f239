package astrotest

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"time"
)

func (s *Server) injectFaults(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		operation, _ := operationOf(r)
		next := next
		if r.Pattern != storagePattern && !slices.Contains(simulated, operation) {
			next = refuse(cmp.Or(operation, r.Pattern))
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
		res := response{status: http.StatusOK, header: http.Header{}}
		if fault.fails {
			r = r.WithContext(context.WithValue(r.Context(), failsKey{}, true))
		}
		if fault.commits {
			recorded := httptest.NewRecorder()
			next.ServeHTTP(recorded, r)
			res.status, res.header, res.body = recorded.Code, recorded.Header(), recorded.Body.Bytes()
		} else {
			fault.read(r)
		}
		if fault.edit != nil {
			fault.edit(&res)
		}
		for _, act := range fault.then {
			act()
		}
		if fault.arrives == half && len(res.body) < 2 {
			fault.arrives, fault.hangs = all, false // no body to cut
		}
		fault.send(w, r, res)
		if fault.hangs {
			select {
			case <-r.Context().Done():
			case <-s.closing.Done():
			}
		}
		if fault.arrives != all {
			s.end(fault, r)
		}
	})
}

// refuse responds to an operation that has no handler here.
func refuse(operation string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeError(w, http.StatusNotImplemented, "astrotest does not simulate "+operation+": inject its response with Respond")
	})
}

// buffer reads and returns the body of a request, which can then be read again.
func buffer(r *http.Request) []byte {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // the client went away while it was sending
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return body
}

// read reads the body of a request that takes no effect, up to the fault's limit.
func (f Fault) read(r *http.Request) {
	switch {
	case f.limitsBody:
		_, _ = io.CopyN(io.Discard, r.Body, f.bodyLimit)
	case f.hangs: // a server notices that the client gives up only after it has read the body
		_, _ = io.Copy(io.Discard, r.Body)
	case f.arrives != none:
		drain(r)
	}
}

// send writes the part of the response that the fault sends.
func (f Fault) send(w http.ResponseWriter, r *http.Request, res response) {
	c, stream := connOf(r)
	switch f.arrives {
	case none:
		return
	case someHeader:
		c.writePartOfHeader(stream, res.status)
		return
	}
	for name, values := range res.header {
		w.Header()[name] = values
	}
	if res.status != http.StatusNoContent {
		w.Header().Set("Content-Length", strconv.Itoa(len(res.body)+f.padding))
	}
	w.WriteHeader(res.status)
	if f.arrives == half {
		body := res.body[:len(res.body)/2]
		wait := c.awaitBody(r, stream, len(body))
		_, _ = w.Write(body)
		_ = http.NewResponseController(w).Flush()
		wait()
		return
	}
	_, err := w.Write(res.body)
	blank := bytes.Repeat([]byte(" "), 64<<10)
	for left := f.padding; left > 0 && err == nil; left -= len(blank) {
		_, err = w.Write(blank[:min(left, len(blank))])
	}
}
