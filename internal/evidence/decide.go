package evidence

import "slices"

// State is what is known after an attempt whose response was no success.
type State struct {
	Doubt     bool      // an attempt may have taken effect, and nothing has shown yet that it did not
	InFlight  bool      // one may still take effect
	Past      bool      // the deploy was seen past INITIALIZED in this call
	Taken     bool      // another deploy's bundle was seen at the mount path in this call
	Refused   bool      // the attempt was refused, maybe as the second delivery of one request
	MayRetry  bool      // the policy allows another attempt
	OutOfTime bool      // there is no time left for another look
	Room      int       // how many requests may still be made
	Findings  []Finding // of the looks since the attempt, oldest first
}

// Step is what to do next.
type Step int8

const (
	Look    Step = iota // read the deploy back, once more
	Retry               // make another attempt
	Succeed             // the last look showed what was sent
	Report              // the deploy that the last look showed: it is FAILED
	Fail                // with how the last attempt ended: it took no effect
	GiveUp              // the outcome is unknown
)

const (
	// Agreeing is how many looks must agree before a failure is believed.
	Agreeing = 3
	// agreeingToRetry is how many must show INITIALIZED before another attempt is made.
	agreeingToRetry = 2
)

// Next decides. Success takes one look that shows what was sent. Everything else takes looks that
// agree, since one that shows the deploy as it was before may lag behind.
func (s State) Next() Step {
	finding, times := s.agreement()
	mayLook := s.Room > 0 && (!s.OutOfTime || len(s.Findings) < Agreeing)
	// Nothing newer is undone. An attempt leaves room for the looks that prove its failure, where
	// that can be proven.
	mayRetry := s.MayRetry && !s.Past && !s.Taken && (s.Room > Agreeing || s.InFlight && s.Room > 0)
	switch {
	case len(s.Findings) > 0 && s.Findings[len(s.Findings)-1] == Finalized:
		return Succeed
	case !s.Doubt && mayRetry:
		return Retry
	case !s.Doubt && s.Refused:
		return s.afterRefusal(finding, mayLook)
	case !s.Doubt:
		return Fail
	case finding == Unchanged && times >= agreeingToRetry && mayRetry:
		return Retry
	case times < Agreeing && mayLook:
		return Look
	case times < Agreeing:
		return GiveUp
	case finding == Unchanged && !s.InFlight && !s.Past:
		return Fail
	case finding == Failed && !s.InFlight:
		return Report
	}
	return GiveUp
}

// afterRefusal decides on a refusal that nothing else speaks against. One look tells whether it was
// that of a second delivery, the first of which was carried out.
func (s State) afterRefusal(finding Finding, mayLook bool) Step {
	switch {
	case finding == Other:
		return GiveUp // what was carried out may be on its way, or replaced since
	case finding != Unread || slices.Contains(s.Findings, Forbidden):
		return Fail
	case mayLook && len(s.Findings) < Agreeing:
		return Look
	}
	return GiveUp
}

// agreement returns what the last looks that succeeded have in common, and how many they are.
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
