package astrotest

import (
	"bytes"
	"cmp"
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
		for _, act := range fault.then {
			act()
		}
		if fault.arrives == half && len(answer.body) < 2 {
			fault.arrives, fault.hangs = all, false // there is nothing to cut
		}
		fault.send(w, r, answer)
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

// refuse responds for an operation that the contract has and the fake has not.
func refuse(operation string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeError(w, http.StatusNotImplemented, "astrotest does not simulate "+operation+": inject its response, with Respond")
	})
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

// send writes as much of the response as arrives.
func (f Fault) send(w http.ResponseWriter, r *http.Request, a answer) {
	c, stream := connOf(r)
	switch f.arrives {
	case none:
		return
	case someHeader:
		c.writePartOfHeader(stream, a.status)
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
		body := a.body[:len(a.body)/2]
		wait := c.awaitBody(r, stream, len(body))
		_, _ = w.Write(body)
		_ = http.NewResponseController(w).Flush()
		wait()
		return
	}
	_, err := w.Write(a.body)
	blank := bytes.Repeat([]byte(" "), 64<<10)
	for left := f.padding; left > 0 && err == nil; left -= len(blank) {
		_, err = w.Write(blank[:min(left, len(blank))])
	}
}
