package evidence

import "slices"

// State is what is known after an attempt that did not succeed.
type State struct {
	Doubt     bool      // an attempt may have taken effect, and no read has shown that it did not
	InFlight  bool      // an attempt may still take effect
	Past      bool      // the deploy was seen past INITIALIZED during this call
	Taken     bool      // another deploy's bundle was seen at the mount path during this call
	Refused   bool      // the attempt was refused, possibly because the request was delivered twice
	MayRetry  bool      // the policy allows another attempt
	OutOfTime bool      // there is no time left for another read
	Room      int       // how many more requests the call may make
	Findings  []Finding // of the reads since the attempt, oldest first
}

// Step is what to do next.
type Step int8

const (
	ReadBack Step = iota // read the deploy back once more
	Retry                // make another attempt
	Succeed              // the last read showed what was sent
	Report               // return the deploy that the last read showed: it is FAILED
	Fail                 // return the last attempt's error: it took no effect
	GiveUp               // the outcome is unknown
)

const (
	// Agreeing is how many reads must agree before a failure is reported.
	Agreeing = 3
	// agreeingToRetry is how many reads must show INITIALIZED before a retry.
	agreeingToRetry = 2
)

// Next decides what to do. One read that shows what was sent is enough for success. Everything else
// needs several reads that agree, since a single read may be stale.
func (s State) Next() Step {
	finding, times := s.agreement()
	mayRead := s.Room > 0 && (!s.OutOfTime || len(s.Findings) < Agreeing)
	// A retry must not undo a newer deploy. It must also leave enough requests for the reads that
	// prove its failure, unless that cannot be proven anyway.
	mayRetry := s.MayRetry && !s.Past && !s.Taken && (s.Room > Agreeing || s.InFlight && s.Room > 0)
	switch {
	case len(s.Findings) > 0 && s.Findings[len(s.Findings)-1] == Finalized:
		return Succeed
	case !s.Doubt && mayRetry:
		return Retry
	case !s.Doubt && s.Refused:
		return s.afterRefusal(finding, mayRead)
	case !s.Doubt:
		return Fail
	case finding == Unchanged && times >= agreeingToRetry && mayRetry:
		return Retry
	case times < Agreeing && mayRead:
		return ReadBack
	case times < Agreeing:
		return GiveUp
	case finding == Unchanged && !s.InFlight && !s.Past:
		return Fail
	case finding == Failed && !s.InFlight:
		return Report
	}
	return GiveUp
}

// afterRefusal decides after a refusal without doubt. One successful read tells whether the request
// was delivered twice, carried out the first time and refused the second.
func (s State) afterRefusal(finding Finding, mayRead bool) Step {
	switch {
	case finding == Inconclusive:
		return GiveUp // the finalize may be in progress, or already replaced
	case finding != Unread || slices.Contains(s.Findings, Forbidden):
		return Fail
	case mayRead && len(s.Findings) < Agreeing:
		return ReadBack
	}
	return GiveUp
}

// agreement returns the last finding, and how many successful reads in a row had it.
func (s State) agreement() (found Finding, times int) {
	for _, finding := range s.Findings {
		switch finding {
		case Unread, Forbidden:
		case found:
			times++
		default:
			found, times = finding, 1
		}
	}
	return found, times
}
