package astrotest

import (
	"slices"
	"sync"
)

// Inject makes requests fail. Each fault applies once, to the next request that it is for. Faults
// do not apply to requests without a valid token or upload URL, to requests that neither the
// contract nor the storage knows, or to v1beta1 after [Server.RetireV1Beta1]. A fault without On
// applies to the next request of any operation, such as the GET that reads a deploy back after a
// finalize: use [Fault.On] to test one operation.
func (s *Server) Inject(faults ...Fault) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.queue = append(s.faults.queue, faults...)
}

// InjectFunc sets a function that chooses the fault of each request for which no fault of
// [Server.Inject] is left. Its argument is the operation, by the names of [Fault.On]. It is called
// for one request at a time.
func (s *Server) InjectFunc(choose func(operation string) (fault Fault, found bool)) {
	s.faults.choosing.Lock()
	defer s.faults.choosing.Unlock()
	s.faults.choose = choose
}

type faultQueue struct {
	mu    sync.Mutex
	queue []Fault

	choosing sync.Mutex // a separate lock, so that choose may call Inject
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
