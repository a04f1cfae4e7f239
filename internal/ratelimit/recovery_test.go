package ratelimit

import (
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

// busy lets workers send requests for a while through limiters of perSecond, one per client, to a
// service that counts over a sliding second and takes 150 ms. The first unlucky requests get a 429
// regardless of the limit. It returns how many requests were served and how many got a 429.
func busy(t *testing.T, workers, clients, perSecond, allowed, unlucky int, during time.Duration) (served, turnedAway int) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var mu sync.Mutex
		var last []time.Time // when requests were served in the last second
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
							turn.Rejected()
						}
					}
				})
			}
		}
		group.Wait()
	})
	return served, turnedAway
}

// A single 429 costs little, and a rate above the limit comes down without a storm of 429s. The bounds
// allow for any order of goroutines that wake at the same instant.
func TestBusyClients(t *testing.T) {
	for name, row := range map[string]struct {
		workers, clients, perSecond, allowed, unlucky int
		during                                        time.Duration
		served, turnedAway                            int // at least, at most
	}{
		"one 429":                                {64, 1, 10, 10, 1, 45 * time.Second, 385, 1},
		"one 429, high rate":                     {1500, 1, 1000, 1000, 1, 45 * time.Second, 35_500, 1},
		"another client takes half":              {64, 1, 10, 5, 0, time.Minute, 210, 10},
		"another client takes half, for long":    {64, 1, 10, 5, 0, 10 * time.Minute, 2200, 40},
		"rate far above the limit":               {1500, 1, 1000, 10, 0, time.Minute, 400, 1200},
		"rate far above the limit, for long":     {1500, 1, 1000, 10, 0, 10 * time.Minute, 4200, 1220},
		"two clients":                            {64, 2, 10, 10, 0, time.Minute, 420, 120},
		"four clients":                           {64, 4, 10, 10, 0, time.Minute, 450, 300},
		"four clients, rate far above the limit": {64, 4, 1000, 10, 0, time.Minute, 450, 600},
	} {
		t.Run(name, func(t *testing.T) {
			served, turnedAway := busy(t, row.workers, row.clients, row.perSecond, row.allowed, row.unlucky, row.during)
			t.Logf("%d served, %d rate limited in %v", served, turnedAway, row.during)
			assert.GreaterOrEqual(t, served, row.served)
			assert.LessOrEqual(t, turnedAway, row.turnedAway)
		})
	}
}
