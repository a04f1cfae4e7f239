package evidence

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestNextOverAllStates checks every state with up to four reads against what must never happen.
func TestNextOverAllStates(t *testing.T) {
	seen := map[Step]int{}
	for _, findings := range sequences(4) {
		for bits := range 1 << 7 {
			for _, room := range []int{0, 1, 2, 3, 4, 5, 9} {
				is := func(bit int) bool { return bits>>bit&1 == 1 }
				s := State{is(0), is(1), is(2), is(3), is(4), is(5), is(6), room, findings}
				step := s.Next()
				seen[step]++
				if wrong := violation(s, step); wrong != "" {
					t.Fatalf("%s: step %d of %+v", wrong, step, s)
				}
			}
		}
	}
	for step := ReadBack; step <= GiveUp; step++ {
		assert.Positive(t, seen[step], "step %d", step)
	}
}

// violation returns the guarantee that a step breaks, or "".
func violation(s State, step Step) string {
	read := slices.DeleteFunc(slices.Clone(s.Findings), func(f Finding) bool { return f == Unread || f == Forbidden })
	lastAre := func(times int, want Finding) bool {
		return len(read) >= times && !slices.ContainsFunc(read[len(read)-times:], func(f Finding) bool { return f != want })
	}
	hasEvidence := len(s.Findings) > 0 && s.Findings[len(s.Findings)-1] == Finalized
	switch {
	case hasEvidence != (step == Succeed):
		return "5c: success needs evidence, and evidence means success"
	case step == Fail && s.Doubt && (!lastAre(3, Unchanged) || s.InFlight || s.Past):
		return "5d: a definite failure despite doubt"
	case step == Fail && !s.Doubt && s.Refused && lastAre(1, Inconclusive):
		return "5d: a definite failure although the finalize may be in progress or replaced"
	case step == Fail && !s.Doubt && s.Refused && len(read) == 0 && !slices.Contains(s.Findings, Forbidden):
		return "5d: a refusal was final without a read"
	case step == Report && (!lastAre(3, Failed) || s.InFlight):
		return "5d: FAILED was final while a request may be in flight"
	case step == Retry && (s.Past || s.Taken):
		return "5e: a retry after a newer deploy"
	case step == Retry && s.Doubt && !lastAre(2, Unchanged):
		return "5e: a blind retry"
	case step == Retry && !s.MayRetry:
		return "a retry that the policy does not allow"
	case step == Retry && (s.Room < 1 || !s.InFlight && s.Room < 1+3), step == ReadBack && s.Room < 1:
		return "5h: too many requests"
	case step == ReadBack && s.OutOfTime && len(s.Findings) >= Agreeing:
		return "5h: too long"
	case step == ReadBack && !s.Doubt && (!s.Refused || len(read) > 0 || len(s.Findings) >= 3):
		return "an unnecessary read"
	}
	return ""
}

// sequences returns every sequence of findings up to the given length.
func sequences(length int) [][]Finding {
	all := [][]Finding{nil}
	for i := 0; i < len(all); i++ {
		if len(all[i]) == length {
			continue
		}
		for finding := Unread; finding <= Inconclusive; finding++ {
			all = append(all, append(slices.Clone(all[i]), finding))
		}
	}
	return all
}

func TestNext(t *testing.T) {
	unchanged := []Finding{Unchanged, Unchanged, Unchanged}
	failed := []Finding{Failed, Failed, Failed}
	for name, row := range map[string]struct {
		state State
		want  Step
	}{
		"refused":                                {State{Refused: true, Room: 9}, ReadBack},
		"refused, not finalized":                 {State{Refused: true, Room: 8, Findings: []Finding{Unchanged}}, Fail},
		"refused, inconclusive":                  {State{Refused: true, Past: true, Taken: true, Room: 8, Findings: []Finding{Inconclusive}}, GiveUp},
		"refused, different version":             {State{Refused: true, Past: true, Room: 8, Findings: []Finding{Different}}, Fail},
		"refused, two failed reads":              {State{Refused: true, Room: 8, Findings: []Finding{Unread, Unread}}, ReadBack},
		"refused, three failed reads":            {State{Refused: true, Room: 6, Findings: []Finding{Unread, Unread, Unread}}, GiveUp},
		"refused, read forbidden":                {State{Refused: true, Room: 7, Findings: []Finding{Unread, Forbidden}}, Fail},
		"refused, finalized":                     {State{Refused: true, Room: 8, Findings: []Finding{Finalized}}, Succeed},
		"rate limited":                           {State{Refused: true, MayRetry: true, Room: 9}, Retry},
		"no connection":                          {State{MayRetry: true, Room: 9}, Retry},
		"401":                                    {State{Room: 9}, Fail},
		"lost":                                   {State{Doubt: true, MayRetry: true, Room: 9}, ReadBack},
		"lost, one unchanged read":               {State{Doubt: true, MayRetry: true, Room: 8, Findings: unchanged[:1]}, ReadBack},
		"lost, two unchanged reads":              {State{Doubt: true, MayRetry: true, Room: 7, Findings: unchanged[:2]}, Retry},
		"in flight, one request left":            {State{Doubt: true, InFlight: true, MayRetry: true, Room: 1, Findings: unchanged[:2]}, Retry},
		"lost, mount path taken":                 {State{Doubt: true, MayRetry: true, Taken: true, Room: 6, Findings: unchanged}, Fail},
		"in flight, mount path taken":            {State{Doubt: true, InFlight: true, MayRetry: true, Taken: true, Room: 6, Findings: unchanged}, GiveUp},
		"lost, no retries left":                  {State{Doubt: true, Room: 6, Findings: unchanged}, Fail},
		"lost, no retries left, one failed read": {State{Doubt: true, Room: 5, Findings: []Finding{Unchanged, Unread, Unchanged, Unchanged}}, Fail},
		"in flight, no retries left":             {State{Doubt: true, InFlight: true, Room: 6, Findings: unchanged}, GiveUp},
		"lost, one request left":                 {State{Doubt: true, MayRetry: true, Room: 1, Findings: unchanged[:2]}, ReadBack},
		"lost, no requests left":                 {State{Doubt: true, MayRetry: true, Room: 0, Findings: unchanged}, Fail},
		"reads that disagree":                    {State{Doubt: true, Room: 6, Findings: []Finding{Unchanged, Inconclusive, Unchanged}}, ReadBack},
		"no read succeeds":                       {State{Doubt: true, MayRetry: true, Room: 0, Findings: slices.Repeat([]Finding{Unread}, 9)}, GiveUp},
		"no time for a fourth read":              {State{Doubt: true, OutOfTime: true, Room: 6, Findings: []Finding{Unread, Unread, Unread}}, GiveUp},
		"FAILED":                                 {State{Doubt: true, Past: true, Room: 6, Findings: failed}, Report},
		"FAILED, in flight":                      {State{Doubt: true, Past: true, InFlight: true, Room: 6, Findings: failed}, GiveUp},
		"inconclusive":                           {State{Doubt: true, Past: true, MayRetry: true, Room: 6, Findings: []Finding{Inconclusive, Inconclusive, Inconclusive}}, GiveUp},
		"past INITIALIZED, then unchanged":       {State{Doubt: true, Past: true, MayRetry: true, Room: 5, Findings: append([]Finding{Inconclusive}, unchanged...)}, GiveUp},
		"finalized on the last read":             {State{Doubt: true, InFlight: true, Room: 1, Findings: append(slices.Clone(unchanged), Finalized)}, Succeed},
	} {
		assert.Equal(t, row.want, row.state.Next(), name)
	}
}
