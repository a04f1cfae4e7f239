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
	calls = flag.Int("chaos.n", 2000, "calls of each chaos test")
	seed  = flag.Uint64("chaos.seed", 1, "what the chaos tests draw their faults from")
)

// perBubble is how many calls share a service and a client.
const perBubble = 50

// Run has a test make its calls over both protocols, some in each bubble, and count in tally how they
// end. Each of the ends must have come about.
func Run(t *testing.T, ends []string, some func(t *testing.T, random *rand.Rand, protocol []astrotest.Option, calls int, tally map[string]int)) {
	if testing.Short() {
		t.Skip("slow")
	}
	for name, protocol := range map[string][]astrotest.Option{"HTTP1": nil, "HTTP2": {astrotest.WithHTTP2()}} {
		t.Run(name, func(t *testing.T) {
			t.Logf("-chaos.n=%d -chaos.seed=%d", *calls, *seed)
			tally := map[string]int{}
			for done := 0; done < *calls; done += perBubble {
				synctest.Test(t, func(t *testing.T) {
					some(t, rand.New(rand.NewPCG(*seed, uint64(done))), protocol, min(perBubble, *calls-done), tally)
				})
				if t.Failed() {
					return
				}
			}
			t.Log(tally)
			for _, end := range ends {
				assert.Positive(t, tally[end], "a chaos without %s proves little", end)
			}
		})
	}
}

// ShownType draws the type that the service shows a bundle's deploy with.
func ShownType(random *rand.Rand) []astrotest.Option {
	return [][]astrotest.Option{
		nil,
		{astrotest.WithBundlesShownAs("DAG_ONLY")},
		{astrotest.WithBundlesShownAs("IMAGE_AND_DAG")},
		{astrotest.WithBundlesShownAs("IMAGE_ONLY")},
	}[random.IntN(4)]
}
