package ratelimit

import (
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

// busy has workers send requests for a time through limiters of perSecond, one for each client,
// to a service that counts by the last second and takes 150 ms. It returns how many got through
// and how many a 429; from the first, so many get one whatever the limit.
func busy(t *testing.T, workers, clients, perSecond, allowed, unlucky int, during time.Duration) (served, turnedAway int) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var mu sync.Mutex
		var last []time.Time // of those that were served in the last second
		serve := func() bool {
			mu.Lock()
			defer mu.Unlock()
			now := time.Now()
			for len(last) > 0 && now.Sub(last[0]) >= time.Second {
				last = last[1:]
			}
			if unlucky > 0 || len(last) >= allowed {
				unlucky--
				turnedAway++
				return false
			}
			last = append(last, now)
			served++
			return true
		}
		var group sync.WaitGroup
		for range clients {
			gate := NewGate(map[string]Limiter{http.MethodPost: NewWindow(perSecond)})
			for range workers / clients {
				group.Go(func() {
					for {
						turn, err := gate.Enter(t.Context(), http.MethodPost)
						assert.NoError(t, err)
						if time.Since(began) >= during {
							return
						}
						ok := serve()
						time.Sleep(150 * time.Millisecond)
						if !ok {
							turn.TurnedAway()
						}
					}
				})
			}
		}
		group.Wait()
	})
	return served, turnedAway
}

// A 429 costs little, and a rate that is not to be had is given up without a storm of them. The
// bounds leave room for the order that goroutines of one instant run in.
func TestBusyClients(t *testing.T) {
	for name, row := range map[string]struct {
		workers, clients, perSecond, allowed, unlucky int
		during                                        time.Duration
		served, turnedAway                            int // at least, at most
	}{
		"one 429":                             {64, 1, 10, 10, 1, 45 * time.Second, 385, 1},
		"one 429, a high rate":                {1500, 1, 1000, 1000, 1, 45 * time.Second, 35_500, 1},
		"another takes half of the budget":    {64, 1, 10, 5, 0, time.Minute, 210, 10},
		"the same, for long":                  {64, 1, 10, 5, 0, 10 * time.Minute, 2200, 40},
		"a rate far above the service's":      {1500, 1, 1000, 10, 0, time.Minute, 400, 1200},
		"the same, but for the first minute":  {1500, 1, 1000, 10, 0, 10 * time.Minute, 4200, 1220},
		"two clients that share nothing":      {64, 2, 10, 10, 0, time.Minute, 420, 120},
		"four clients that share nothing":     {64, 4, 10, 10, 0, time.Minute, 450, 300},
		"four clients of a rate far too high": {64, 4, 1000, 10, 0, time.Minute, 450, 600},
	} {
		t.Run(name, func(t *testing.T) {
			served, turnedAway := busy(t, row.workers, row.clients, row.perSecond, row.allowed, row.unlucky, row.during)
			t.Logf("%d served, %d turned away in %v", served, turnedAway, row.during)
			assert.GreaterOrEqual(t, served, row.served)
			assert.LessOrEqual(t, turnedAway, row.turnedAway)
		})
	}
}
