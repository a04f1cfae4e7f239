package astrotest

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Inject has requests go wrong from now on: each fault is used up by the next request that it
// is for. Requests without a valid token, or that the contract does not have, meet none.
func (s *Server) Inject(faults ...Fault) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.queue = append(s.faults.queue, faults...)
}

// InjectFunc has choose decide about each request of the contract for which no fault of Inject
// is left, by its operationId. It is called for one request at a time.
func (s *Server) InjectFunc(choose func(operation string) (fault Fault, found bool)) {
	s.faults.choosing.Lock()
	defer s.faults.choosing.Unlock()
	s.faults.choose = choose
}

type faultQueue struct {
	mu    sync.Mutex
	queue []Fault

	choosing sync.Mutex // apart, so that choose may use the server
	choose   func(operation string) (Fault, bool)
}

func (q *faultQueue) take(operation string) (Fault, bool) {
	if fault, found := q.takeQueued(operation); found {
		return fault, true
	}
	q.choosing.Lock()
	defer q.choosing.Unlock()
	if q.choose == nil {
		return Fault{}, false
	}
	return q.choose(operation)
}

func (q *faultQueue) takeQueued(operation string) (Fault, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i, fault := range q.queue {
		if fault.operation == "" || fault.operation == operation {
			q.queue = slices.Delete(q.queue, i, i+1)
			return fault, true
		}
	}
	return Fault{}, false
}

// operations are the operationIds of the contract, by how the patterns of their routes end.
var operations = map[string]string{
	"GET /organizations/{organizationId}/deployments/{deploymentId}/deploys/{deployId}":           "GetDeploy",
	"POST /organizations/{organizationId}/deployments/{deploymentId}/deploys/{deployId}/finalize": "FinalizeDeploy",
}

// operationOf returns the operationId of a request that the contract has.
func operationOf(r *http.Request) string {
	method, pattern, _ := strings.Cut(r.Pattern, " ")
	_, path, _ := strings.Cut(pattern, "/organizations")
	operation, found := operations[method+" /organizations"+path]
	if !found {
		panic("astrotest: the operation at " + r.Pattern + " lacks a name in the table of operations")
	}
	return operation
}

func (s *Server) injectFaults(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fault, found := s.faults.take(operationOf(r))
		if !found {
			next.ServeHTTP(w, r)
			return
		}
		if fault.delay > 0 {
			select {
			case <-time.After(fault.delay):
			case <-s.closed:
				panic(http.ErrAbortHandler)
			}
		}
		answer := answer{status: http.StatusOK, header: http.Header{}}
		if fault.commits {
			recorded := httptest.NewRecorder()
			next.ServeHTTP(recorded, r)
			answer.status, answer.header, answer.body = recorded.Code, recorded.Header(), recorded.Body.Bytes()
		}
		if fault.edit != nil {
			fault.edit(&answer)
		}
		fault.send(w, answer)
		if fault.hangs {
			select {
			case <-r.Context().Done():
			case <-s.closed:
			}
		}
		if fault.arrives != all {
			panic(http.ErrAbortHandler) // closes the connection
		}
	})
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
