package astrotest

// TB is the part of [testing.TB] that [New] uses.
type TB interface {
	Helper()
	Cleanup(func())
	Errorf(format string, args ...any)
}

// New starts a server for a test, like [NewServer], and closes it when the test ends. The test fails
// if a fault of [Server.Inject] was not used, because then it did not test what it was meant to.
func New(t TB, options ...Option) *Server {
	t.Helper()
	s := NewServer(options...)
	t.Cleanup(func() {
		t.Helper()
		s.Close()
		for _, fault := range s.Pending() {
			t.Errorf("astrotest: fault was not used: %s", fault)
		}
	})
	return s
}

// Pending returns the descriptions, by [Fault.String], of the faults of [Server.Inject] that have
// not been used, in the order in which they were injected.
func (s *Server) Pending() []string {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	var left []string
	for _, fault := range s.faults.queue {
		left = append(left, fault.String())
	}
	return left
}
