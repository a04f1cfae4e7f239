package astrotest

import (
	"sync"
	"time"
)

// tick is the resolution of a tarball version.
const tick = 100 * time.Nanosecond

// clock is [time.Now] in UTC, but strictly increasing, so that no two versions are the same even if
// a test's fake clock stands still.
type clock struct {
	mu   sync.Mutex
	last time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now().UTC().Truncate(tick)
	if !now.After(c.last) {
		now = c.last.Add(tick)
	}
	c.last = now
	return now
}

// second returns the time to the second, as a deploy shows it.
func (c *clock) second() time.Time { return c.now().Truncate(time.Second) }
