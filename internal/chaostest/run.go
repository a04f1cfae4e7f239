package chaostest

import (
	"flag"
	"math/rand/v2"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"

	"github.com/astro-finalize/astro-finalize-go/astrotest"
)

var (
	calls = flag.Int("chaos.n", 2000, "number of calls in each chaos test")
	seed  = flag.Uint64("chaos.seed", 1, "random seed for the faults of the chaos tests")
)

// perBubble is how many calls share a service and a client.
const perBubble = 50

// Run calls batch for all calls of a test, over HTTP/1.1 and HTTP/2, a few per bubble. batch counts the
// outcomes in tally; each of the given outcomes must occur.
func Run(t *testing.T, outcomes []string, batch func(t *testing.T, random *rand.Rand, protocol []astrotest.Option, calls int, tally map[string]int)) {
	if testing.Short() {
		t.Skip("slow")
	}
	for name, protocol := range map[string][]astrotest.Option{"HTTP1": nil, "HTTP2": {astrotest.WithHTTP2()}} {
		t.Run(name, func(t *testing.T) {
			t.Logf("-chaos.n=%d -chaos.seed=%d", *calls, *seed)
			tally := map[string]int{}
			for done := 0; done < *calls; done += perBubble {
				synctest.Test(t, func(t *testing.T) {
					batch(t, rand.New(rand.NewPCG(*seed, uint64(done))), protocol, min(perBubble, *calls-done), tally)
				})
				if t.Failed() {
					return
				}
			}
			t.Log(tally)
			for _, outcome := range outcomes {
				assert.Positive(t, tally[outcome], "the faults never led to %s", outcome)
			}
		})
	}
}

// ShownType draws the type that the service shows for a bundle's deploy.
func ShownType(random *rand.Rand) []astrotest.Option {
	return [][]astrotest.Option{
		nil,
		{astrotest.WithBundlesShownAs("DAG_ONLY")},
		{astrotest.WithBundlesShownAs("IMAGE_AND_DAG")},
		{astrotest.WithBundlesShownAs("IMAGE_ONLY")},
	}[random.IntN(4)]
}
