package retry

import (
	"time"

	"github.com/cenkalti/backoff/v5"
)

// Constant is a backoff that always waits the same time.
type Constant time.Duration

// NextBackOff implements [Backoff].
func (c Constant) NextBackOff() time.Duration { return time.Duration(c) }

// Polls returns how long to wait between two polls: the interval or, if that is 0, about 1 s growing
// to 15 s. A jitter of 20% keeps the polls for many deploys apart.
func Polls(interval time.Duration) Backoff {
	if interval > 0 {
		return Constant(interval)
	}
	schedule := backoff.NewExponentialBackOff()
	schedule.InitialInterval = time.Second
	schedule.Multiplier = 1.5
	schedule.MaxInterval = 15 * time.Second
	schedule.RandomizationFactor = 0.2
	return schedule
}
