package evidence

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

// Every state there is, with up to four looks, against what must never happen.
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
	for step := Look; step <= GiveUp; step++ {
		assert.Positive(t, seen[step], "step %d", step)
	}
}

// violation says which promise a step breaks, or "".
func violation(s State, step Step) string {
	read := slices.DeleteFunc(slices.Clone(s.Findings), func(f Finding) bool { return f == Unread || f == Forbidden })
	lastAre := func(times int, want Finding) bool {
		return len(read) >= times && !slices.ContainsFunc(read[len(read)-times:], func(f Finding) bool { return f != want })
	}
	hasEvidence := len(s.Findings) > 0 && s.Findings[len(s.Findings)-1] == Finalized
	switch {
	case hasEvidence != (step == Succeed):
		return "5c: success on evidence, and on nothing else"
	case step == Fail && s.Doubt && (!lastAre(3, Unchanged) || s.InFlight || s.Past):
		return "5d: a definite failure with doubt"
	case step == Fail && !s.Doubt && s.Refused && lastAre(1, Other):
		return "5d: a definite failure of what may be on its way, or replaced"
	case step == Fail && !s.Doubt && s.Refused && len(read) == 0 && !slices.Contains(s.Findings, Forbidden):
		return "5d: a refusal that is final without a look"
	case step == Report && (!lastAre(3, Failed) || s.InFlight):
		return "5d: FAILED counts once nothing is in flight"
	case step == Retry && (s.Past || s.Taken):
		return "5e: an attempt after something newer"
	case step == Retry && s.Doubt && !lastAre(2, Unchanged):
		return "5e: a blind attempt"
	case step == Retry && !s.MayRetry:
		return "an attempt that the policy does not allow"
	case step == Retry && (s.Room < 1 || !s.InFlight && s.Room < 1+3), step == Look && s.Room < 1:
		return "5h: too many requests"
	case step == Look && s.OutOfTime && len(s.Findings) >= Agreeing:
		return "5h: too long"
	case step == Look && !s.Doubt && (!s.Refused || len(read) > 0 || len(s.Findings) >= 3):
		return "a look that nothing calls for"
	}
	return ""
}

// sequences returns every sequence of findings up to a length.
func sequences(length int) [][]Finding {
	all := [][]Finding{nil}
	for i := 0; i < len(all); i++ {
		if len(all[i]) == length {
			continue
		}
		for finding := Unread; finding <= Other; finding++ {
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
		"refused":                               {State{Refused: true, Room: 9}, Look},
		"refused, not finalized":                {State{Refused: true, Room: 8, Findings: []Finding{Unchanged}}, Fail},
		"refused, and something else there":     {State{Refused: true, Past: true, Taken: true, Room: 8, Findings: []Finding{Other}}, GiveUp},
		"refused, with another version":         {State{Refused: true, Past: true, Room: 8, Findings: []Finding{Another}}, Fail},
		"refused, could not be read":            {State{Refused: true, Room: 8, Findings: []Finding{Unread, Unread}}, Look},
		"refused, cannot be read":               {State{Refused: true, Room: 6, Findings: []Finding{Unread, Unread, Unread}}, GiveUp},
		"refused, may not be read":              {State{Refused: true, Room: 7, Findings: []Finding{Unread, Forbidden}}, Fail},
		"refused, finalized":                    {State{Refused: true, Room: 8, Findings: []Finding{Finalized}}, Succeed},
		"turned away for now":                   {State{Refused: true, MayRetry: true, Room: 9}, Retry},
		"no connection":                         {State{MayRetry: true, Room: 9}, Retry},
		"401":                                   {State{Room: 9}, Fail},
		"lost":                                  {State{Doubt: true, MayRetry: true, Room: 9}, Look},
		"lost, one look that shows nothing":     {State{Doubt: true, MayRetry: true, Room: 8, Findings: unchanged[:1]}, Look},
		"lost, two looks that agree":            {State{Doubt: true, MayRetry: true, Room: 7, Findings: unchanged[:2]}, Retry},
		"in flight, room for an attempt alone":  {State{Doubt: true, InFlight: true, MayRetry: true, Room: 1, Findings: unchanged[:2]}, Retry},
		"lost, and another deploy's bundle":     {State{Doubt: true, MayRetry: true, Taken: true, Room: 6, Findings: unchanged}, Fail},
		"in flight, and another deploy's":       {State{Doubt: true, InFlight: true, MayRetry: true, Taken: true, Room: 6, Findings: unchanged}, GiveUp},
		"lost for the last time":                {State{Doubt: true, Room: 6, Findings: unchanged}, Fail},
		"lost for the last time, a failed look": {State{Doubt: true, Room: 5, Findings: []Finding{Unchanged, Unread, Unchanged, Unchanged}}, Fail},
		"in flight for the last time":           {State{Doubt: true, InFlight: true, Room: 6, Findings: unchanged}, GiveUp},
		"lost, no room for another":             {State{Doubt: true, MayRetry: true, Room: 1, Findings: unchanged[:2]}, Look},
		"lost, and no room for another":         {State{Doubt: true, MayRetry: true, Room: 0, Findings: unchanged}, Fail},
		"looks that disagree":                   {State{Doubt: true, Room: 6, Findings: []Finding{Unchanged, Other, Unchanged}}, Look},
		"no look succeeds":                      {State{Doubt: true, MayRetry: true, Room: 0, Findings: slices.Repeat([]Finding{Unread}, 9)}, GiveUp},
		"no time for a fourth look":             {State{Doubt: true, OutOfTime: true, Room: 6, Findings: []Finding{Unread, Unread, Unread}}, GiveUp},
		"FAILED":                                {State{Doubt: true, Past: true, Room: 6, Findings: failed}, Report},
		"FAILED, in flight":                     {State{Doubt: true, Past: true, InFlight: true, Room: 6, Findings: failed}, GiveUp},
		"something else":                        {State{Doubt: true, Past: true, MayRetry: true, Room: 6, Findings: []Finding{Other, Other, Other}}, GiveUp},
		"past once, then as before":             {State{Doubt: true, Past: true, MayRetry: true, Room: 5, Findings: append([]Finding{Other}, unchanged...)}, GiveUp},
		"finalized, seen at last":               {State{Doubt: true, InFlight: true, Room: 1, Findings: append(slices.Clone(unchanged), Finalized)}, Succeed},
	} {
		assert.Equal(t, row.want, row.state.Next(), name)
	}
}
