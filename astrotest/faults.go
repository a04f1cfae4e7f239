package astrotest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Fault is how one request goes wrong; see [Server.Inject]. Without AfterCommit the request
// takes no effect, as far as the fault's constructor does not say otherwise.
type Fault struct {
	operation string        // that it is for; "" is any
	commits   bool          // the request takes effect
	edit      func(*answer) // makes the answer from the service's, which is empty if !commits
	padding   int           // bytes of white space after the answer
	arrives   extent
	hangs     bool          // where the answer ends early, the connection stays open
	delay     time.Duration // before anything else
}

// extent is how much of an answer arrives.
type extent int8

const (
	all extent = iota
	none
	someHeader
	half // the header, and half of the body
)

type answer struct {
	status int
	header http.Header
	body   []byte
}

// Answer has the request answered with a status and a body of the given content type.
func Answer(status int, contentType, body string) Fault {
	return Fault{edit: func(a *answer) {
		*a = answer{status: status, header: http.Header{"Content-Type": {contentType}}, body: []byte(body)}
	}}
}

// Error has the request answered with an error in the contract's form.
func Error(status int, message string) Fault {
	body, _ := json.Marshal(newError(status, message))
	return Answer(status, "application/json", string(body))
}

// RateLimited has the request answered 429, with a body that is text.
func RateLimited() Fault {
	return Answer(http.StatusTooManyRequests, "text/plain", "Too many requests")
}

// BadGateway has the request answered 502, with a body that is HTML.
func BadGateway() Fault {
	return Answer(http.StatusBadGateway, "text/html", "<html><body><h1>502 Bad Gateway</h1></body></html>")
}

// EditDeploy has the request take effect, and its answer changed by edit, which gets the
// JSON object.
func EditDeploy(edit func(deploy map[string]any)) Fault {
	return Fault{commits: true, edit: func(a *answer) {
		var deploy map[string]any
		if json.Unmarshal(a.body, &deploy) == nil {
			edit(deploy)
			a.body, _ = json.Marshal(deploy)
		}
	}}
}

// LongAnswer has the request take effect, and its answer followed by white space of so many
// bytes.
func LongAnswer(bytes int) Fault { return Fault{commits: true, padding: bytes} }

// CutConnection has the connection closed before anything is answered.
func CutConnection() Fault { return Fault{arrives: none} }

// CutHeader has the request take effect, and the connection closed amid the answer's header.
func CutHeader() Fault { return Fault{commits: true, arrives: someHeader} }

// CutAnswer has the request take effect, and the connection closed amid the answer's body.
func CutAnswer() Fault { return Fault{commits: true, arrives: half} }

// Hang has nothing answered until the client gives up.
func Hang() Fault { return Fault{arrives: none, hangs: true} }

// HangInAnswer has the request take effect, and the answer stop amid its body until the
// client gives up.
func HangInAnswer() Fault { return Fault{commits: true, arrives: half, hangs: true} }

// Slow has the request take effect, and be answered, only when d has passed since its arrival,
// whether or not the client waits that long.
func Slow(d time.Duration) Fault { return Fault{commits: true, delay: d} }

// AfterCommit returns the fault for a request that takes effect.
func (f Fault) AfterCommit() Fault {
	f.commits = true
	return f
}

// WithHeader returns the fault with a header set in its answer.
func (f Fault) WithHeader(name, value string) Fault {
	edit := f.edit
	f.edit = func(a *answer) {
		if edit != nil {
			edit(a)
		}
		a.header.Set(name, value)
	}
	return f
}

// On returns the fault for a request of one operation, by its operationId in openapi.yaml,
// such as FinalizeDeploy. Without it the fault is for any. It panics if the contract has no
// such operation.
func (f Fault) On(operation string) Fault {
	if !slices.Contains(slices.Collect(maps.Values(operations)), operation) {
		panic(fmt.Sprintf("astrotest: the contract has no operation %q", operation))
	}
	f.operation = operation
	return f
}

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
