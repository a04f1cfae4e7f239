package astrotest

// TB is what [New] needs of a test; a [testing.TB] is one.
type TB interface {
	Helper()
	Cleanup(func())
	Errorf(format string, args ...any)
}

// New starts a server for a test, like [NewServer], and closes it when the test ends. The test fails
// if a fault of [Server.Inject] is left then, since it did not try what it was meant to.
func New(t TB, options ...Option) *Server {
	t.Helper()
	s := NewServer(options...)
	t.Cleanup(func() {
		t.Helper()
		s.Close()
		for _, fault := range s.Pending() {
			t.Errorf("astrotest: no request met the fault %s", fault)
		}
	})
	return s
}

// Pending describes the faults of [Server.Inject] that no request has met so far, as
// [Fault.String] does, in the order in which they were injected.
func (s *Server) Pending() []string {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	var left []string
	for _, fault := range s.faults.queue {
		left = append(left, fault.String())
	}
	return left
}
