package wrapper_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/internal/chaostest"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

var (
	chaosCalls = flag.Int("chaos.n", 2000, "finalizations of the chaos test")
	chaosSeed  = flag.Uint64("chaos.seed", 1, "what the chaos test draws its faults from")
)

const faulty = 0.3 // of the requests

// TestChaos finalizes deploys of every content while three of ten requests go wrong. The
// fake's own state is the judge of what the client says.
func TestChaos(t *testing.T) {
	t.Logf("-chaos.n=%d -chaos.seed=%d", *chaosCalls, *chaosSeed)
	random := rand.New(rand.NewPCG(*chaosSeed, 0))
	weather := &weather{random: rand.New(rand.NewPCG(*chaosSeed, 1)), mishaps: chaostest.Mishaps()}
	tally := map[string]int{}
	for done := 0; done < *chaosCalls; done += 100 {
		synctest.Test(t, func(t *testing.T) { chaos(t, random, weather, min(100, *chaosCalls-done), tally) })
		if t.Failed() {
			return
		}
	}
	t.Log(tally)
	for _, kind := range []string{"success", "failure", "unknown"} {
		assert.Positive(t, tally[kind], "a chaos that never ends in %s proves little", kind)
	}
}

// weather decides which requests go wrong. The service's goroutines ask it, hence the lock.
type weather struct {
	mu      sync.Mutex
	random  *rand.Rand
	mishaps []chaostest.Mishap
	seen    struct {
		pending      bool   // a finalize may be under way yet
		lookUpSpoilt []bool // of each look-up since the last finalize
	}
}

func (w *weather) strike(operation string) (astrotest.Fault, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	goesWrong, mishap := w.random.Float64() < faulty, w.mishaps[w.random.IntN(len(w.mishaps))]
	if operation == finalize {
		w.seen.pending = w.seen.pending || goesWrong && mishap.Pending
		w.seen.lookUpSpoilt = nil
	} else {
		w.seen.lookUpSpoilt = append(w.seen.lookUpSpoilt, goesWrong && !mishap.Harmless)
	}
	return mishap.Fault, goesWrong
}

// outOfReach reports whether nothing could tell what became of the finalizes since it was
// asked last.
func (w *weather) outOfReach() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	seen := w.seen
	w.seen.pending, w.seen.lookUpSpoilt = false, nil
	return seen.pending || len(seen.lookUpSpoilt) > 0 && !slices.Contains(seen.lookUpSpoilt, false)
}

func chaos(t *testing.T, random *rand.Rand, weather *weather, calls int, tally map[string]int) {
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	service := []astrotest.Option{astrotest.WithTokens(chaostest.Token)}
	if random.IntN(2) == 0 {
		service = append(service, astrotest.WithRefinalizeRefused())
	}
	server, client, closeAll := chaostest.InMemory(t, service, wrapper.WithToken(chaostest.Token), wrapper.WithLogger(logger))
	defer closeAll()

	server.InjectFunc(weather.strike)

	version := func() *string { v := "before"; return &v }
	for i := range calls {
		mine, asked := "/mine", fmt.Sprint("version-", i)
		deployment := server.AddDeployment(astrotest.Deployment{DAGDeploys: true, DAGTarballVersion: "before", Bundles: []api.Bundle{
			{MountPath: "/elsewhere", DesiredVersion: version()}, {MountPath: mine, DesiredVersion: version()},
		}})
		content := []struct {
			deployType api.DeployType
			content    wrapper.Content
			removes    bool
		}{
			{api.DeployTypeImageAndDAG, wrapper.DAGTarball(asked), false},
			{api.DeployTypeDAGOnly, wrapper.DAGTarball(asked), false},
			{api.DeployTypeImageOnly, wrapper.ImageOnly(), false},
			{api.DeployTypeBundle, wrapper.BundleTarball(asked), false},
			{api.DeployTypeBundle, wrapper.RemoveBundle(), true},
		}[random.IntN(5)]
		deploy := server.AddDeploy(api.Deploy{DeploymentID: deployment.ID, Type: content.deployType, BundleMountPath: &mine})
		target := wrapper.TargetOf(deployment.OrganizationID, &deploy)
		ctx, cancel := t.Context(), context.CancelFunc(func() {})
		if random.IntN(20) == 0 {
			ctx, cancel = context.WithTimeout(ctx, time.Duration(random.Int64N(int64(40*time.Second))))
		}
		weather.outOfReach()

		finalized, err := client.Finalize(ctx, target, content.content)
		ended := ctx.Err() != nil
		outOfReach := weather.outOfReach()
		time.Sleep(time.Hour) // for what the service still has in hand
		synctest.Wait()

		// What the service has now.
		after, _ := server.Deploy(deploy.ID)
		now, _ := server.Deployment(deployment.ID)
		mounted := map[string]string{}
		for _, bundle := range now.Bundles {
			mounted[bundle.MountPath] = *bundle.DesiredVersion
		}
		committed := after.Status == api.DeployStatusDeployed
		if committed {
			switch content.deployType {
			case api.DeployTypeImageAndDAG, api.DeployTypeDAGOnly:
				require.Equal(t, asked, *after.DAGTarballVersion)
				require.Equal(t, asked, now.DAGTarballVersion)
			case api.DeployTypeBundle:
				if content.removes {
					require.NotContains(t, mounted, mine)
				} else {
					require.Equal(t, asked, mounted[mine])
				}
			}
		} else {
			require.Equal(t, "before", now.DAGTarballVersion)
			require.Equal(t, "before", mounted[mine], "nothing is removed that was not asked for")
		}
		require.Equal(t, "before", mounted["/elsewhere"], "nothing is removed that was not asked for")

		// What the client says of it.
		var unknown *wrapper.OutcomeUnknownError
		switch {
		case err == nil:
			tally["success"]++
			require.True(t, committed, "call %d: a false success", i)
			require.Equal(t, deploy.ID, finalized.ID)
		case errors.As(err, &unknown):
			tally["unknown"]++
			require.Nil(t, finalized)
			require.True(t, ended || outOfReach, "call %d: unknown, though the evidence was in reach: %v", i, err)
		default:
			tally["failure"]++
			require.Nil(t, finalized)
			require.False(t, committed, "call %d: a false failure: %v", i, err)
		}
		cancel()
		for ; err != nil; err = errors.Unwrap(err) {
			chaostest.RequireNoSecret(t, err)
		}
	}
	chaostest.RequireClean(t, log.String())
	tally["requests"] += len(server.Requests())
	for _, request := range server.Requests() {
		if request.Method == http.MethodPost {
			tally["finalizes"]++
		}
	}
}
