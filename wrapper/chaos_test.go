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
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

var (
	chaosCalls = flag.Int("chaos.n", 2000, "finalizations of the chaos test")
	chaosSeed  = flag.Uint64("chaos.seed", 1, "what the chaos test draws its faults from")
)

const (
	chaosToken     = "eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjE3NjE5NTUyMDB9.s3cret-of-the-token"
	chaosSignature = "astrotest-signature" // of the fake's upload URLs
	faulty         = 0.3                   // of the requests
)

// mishap is a fault and what the client can know of it.
type mishap struct {
	fault    astrotest.Fault
	harmless bool // the answer is as good as without it
	pending  bool // for all that the client knows, the service may be at it yet
	foreign  bool // the answer names another deploy, which one that creates cannot be seen to do
}

func mishaps() []mishap {
	echo := "<pre>Authorization: Bearer " + chaosToken + " https://storage.example/a?sv=1&sig=" + chaosSignature + "</pre>"
	set := func(field string, value any) astrotest.Fault {
		return astrotest.EditDeploy(func(deploy map[string]any) { deploy[field] = value })
	}
	unanswered := []astrotest.Fault{
		astrotest.CutConnection(),
		astrotest.Hang(),
		astrotest.BadGateway(),
		astrotest.Error(408, "Timeout"),
		astrotest.Error(503, "Unavailable"),
		astrotest.Error(503, "Unavailable").WithHeader("Retry-After", "3"),
		astrotest.Answer(504, "text/html", echo),
	}
	answered := []astrotest.Fault{
		astrotest.Answer(500, "text/html", echo),
		astrotest.Error(501, "Not implemented"),
		astrotest.Answer(200, "application/json", "{}"),
		astrotest.Answer(200, "application/json", "null"),
		astrotest.Answer(200, "application/json", `{"id":"clfake","status":"DEPL`),
		astrotest.Answer(200, "application/json", `{"id":"another","status":"DEPLOYED","type":"DAG_ONLY"}`),
		astrotest.Answer(200, "text/html", echo),
		astrotest.Answer(204, "", ""),
		astrotest.Answer(302, "text/html", echo).WithHeader("Location", "https://elsewhere.example/?sig="+chaosSignature),
	}
	all := []mishap{
		{fault: astrotest.CutHeader(), pending: true},
		{fault: astrotest.Slow(45 * time.Second), pending: true}, // beyond the attempt's deadline
		{fault: astrotest.Slow(10 * time.Second), harmless: true},
		{fault: set("createdAt", "yesterday"), harmless: true},
		{fault: set("newField", 1), harmless: true},
		{fault: set("id", "another"), foreign: true},
	}
	for _, fault := range unanswered {
		all = append(all, mishap{fault: fault, pending: true}, mishap{fault: fault.AfterCommit(), pending: true})
	}
	for _, fault := range answered {
		all = append(all, mishap{fault: fault}, mishap{fault: fault.AfterCommit()})
	}
	for _, fault := range []astrotest.Fault{
		astrotest.CutAnswer(),
		astrotest.HangInAnswer(),
		set("deploymentId", "another"),
		set("isDagDeployEnabled", "yes"),
		astrotest.RateLimited(),
		astrotest.RateLimited().WithHeader("Retry-After", "2"),
		astrotest.RateLimited().WithHeader("Retry-After", "3600"),
		astrotest.Error(400, "Invalid request"),
		astrotest.Error(403, "Forbidden"),
	} {
		all = append(all, mishap{fault: fault})
	}
	return all
}

// TestChaos finalizes deploys of every content while three of ten requests go wrong. The
// fake's own state is the judge of what the client says.
func TestChaos(t *testing.T) {
	t.Logf("-chaos.n=%d -chaos.seed=%d", *chaosCalls, *chaosSeed)
	random := rand.New(rand.NewPCG(*chaosSeed, 0))
	weather := &weather{random: rand.New(rand.NewPCG(*chaosSeed, 1)), mishaps: mishaps()}
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
	mishaps []mishap
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
		w.seen.pending = w.seen.pending || goesWrong && mishap.pending
		w.seen.lookUpSpoilt = nil
	} else {
		w.seen.lookUpSpoilt = append(w.seen.lookUpSpoilt, goesWrong && !mishap.harmless)
	}
	return mishap.fault, goesWrong
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
	service := []astrotest.Option{astrotest.WithTokens(chaosToken)}
	if random.IntN(2) == 0 {
		service = append(service, astrotest.WithRefinalizeRefused())
	}
	server, client, closeAll := inMemory(t, service, wrapper.WithToken(chaosToken), wrapper.WithLogger(logger))
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
			requireNoSecret(t, err)
		}
	}
	requireClean(t, log.String())
	tally["requests"] += len(server.Requests())
	for _, request := range server.Requests() {
		if request.Method == http.MethodPost {
			tally["finalizes"]++
		}
	}
}

func requireNoSecret(t *testing.T, value any) {
	t.Helper()
	var shown strings.Builder
	fmt.Fprintf(&shown, "%v %+v %#v %s %q", value, value, value, value, value)
	for _, handler := range []slog.Handler{slog.NewTextHandler(&shown, nil), slog.NewJSONHandler(&shown, nil)} {
		slog.New(handler).Info("", "value", value)
	}
	requireClean(t, shown.String())
}

func requireClean(t *testing.T, shown string) {
	t.Helper()
	for _, secret := range []string{chaosToken, "s3cret-of-the-token", "sig=", chaosSignature} {
		if strings.Contains(shown, secret) {
			require.Fail(t, "a secret shows", "%q in %.2000s", secret, shown)
		}
	}
}
