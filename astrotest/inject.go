package astrotest

import (
	"slices"
	"sync"
)

// Inject has requests go wrong from now on: each fault is used up by the next request that it
// is for. Requests without a valid token or upload URL, and those that neither the contract nor
// the storage has, meet none. A fault without On is met by whatever comes next, such as the reads by
// which a finalize is found out about: name the operation to test one.
func (s *Server) Inject(faults ...Fault) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.queue = append(s.faults.queue, faults...)
}

// InjectFunc has choose decide about each request that could meet a fault and for which none of
// Inject is left, by its operationId or, for an upload, by one of the names that [Fault.On]
// takes. It is called for one request at a time.
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
		if fault.isFor(operation) {
			q.queue = slices.Delete(q.queue, i, i+1)
			return fault, true
		}
	}
	return Fault{}, false
}
