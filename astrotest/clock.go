package astrotest

import (
	"sync/atomic"
	"time"
)

// clock moves by a second whenever it is read: the same calls give the same times.
type clock struct{ ticks atomic.Int64 }

func (c *clock) now() time.Time {
	return time.Date(2024, 1, 12, 18, 32, 20, 0, time.UTC).Add(time.Duration(c.ticks.Add(1)) * time.Second)
}
