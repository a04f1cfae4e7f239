package wrapper_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/internal/chaostest"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

const faulty = 0.3 // of the requests

// TestChaos finalizes deploys of every content while three of ten requests go wrong, reads lag
// behind, and somebody else is at work. The fake's own state is the judge of what the client says.
func TestChaos(t *testing.T) {
	chaostest.Run(t, []string{"success", "failure", "unknown", "somebody else", "stale reads"}, chaos)
}

// weather decides which requests go wrong, and when somebody else acts. The service's goroutines
// ask it, hence the lock.
type weather struct {
	mu           sync.Mutex
	random       *rand.Rand
	mishaps      []chaostest.Mishap
	lags         bool
	somebodyActs func(committed bool) bool // what somebody else does, if that makes sense now
	commits      func() int
	now          call
}

// call is what happened in one call.
type call struct {
	posts     int
	pending   bool // a finalize may still be under way
	paused    bool
	liedTo    bool
	forbidden bool // to read
	doubled   bool // a finalize was, and its second delivery refused
	goodReads int  // since the last finalize
	acted     bool // somebody else
	undone    bool // a finalize came after that
}

func (w *weather) strike(operation string) (astrotest.Fault, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	goesWrong, acts, mishap := w.random.Float64() < faulty, w.random.Float64() < 0.2, w.mishaps[w.random.IntN(len(w.mishaps))]
	w.now.paused = w.now.paused || goesWrong && mishap.LongPause
	w.now.liedTo = w.now.liedTo || goesWrong && mishap.WrongStatus
	if w.lags && mishap.Redelivered {
		goesWrong = false // one look is all that it takes
	}
	w.now.forbidden = w.now.forbidden || operation != finalize && goesWrong && mishap.Forbidden
	if operation != finalize {
		if !goesWrong || mishap.Benign {
			w.now.goodReads++
		}
		return mishap.Fault, goesWrong
	}
	w.now.posts++
	// What is carried out late, and read late, nobody can know of.
	w.now.undone = w.now.undone || w.now.acted && !(w.lags && w.now.pending)
	w.now.pending = w.now.pending || goesWrong && mishap.InFlight
	w.now.goodReads, w.now.doubled = 0, w.now.doubled || goesWrong && mishap.Redelivered
	fault := mishap.Fault
	if !goesWrong {
		fault = astrotest.Slow(0)
	}
	if acts && !(goesWrong && mishap.RateLimited) { // that would be the same as acting before the call
		fault = fault.Then(func() {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.now.acted = w.now.acted || w.somebodyActs(w.commits() > 0)
		})
	}
	return fault, true
}

// begin forgets the call before, and end returns what happened in this one.
func (w *weather) begin(somebodyActs func(bool) bool, commits func() int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now, w.somebodyActs, w.commits = call{}, somebodyActs, commits
}

func (w *weather) end() call {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

// whyUnknown says why the client could not know what became of the call, or "" if it could have.
func (c call) whyUnknown(ended, isBundle, lags, inTime bool, attempts int) string {
	switch {
	case ended:
		return "the context ended"
	case c.acted && isBundle:
		return "somebody else's bundle is in its place"
	case c.posts > 3:
		return "no request was left to read it back"
	case c.paused:
		return "the service asked for a pause"
	case c.liedTo:
		return "a response showed a status that nobody knows"
	case c.doubled:
		return "refused for a delivery before, and could not be read"
	case inTime && c.pending && (lags || c.goodReads < 3):
		return "an attempt took effect late, and could not be read"
	case inTime && c.goodReads < 2:
		return "it is finalized, and could not be read"
	case !inTime && (c.pending || attempts > c.posts):
		return "an attempt may be in flight"
	case !inTime && c.goodReads < 3:
		return "it is not finalized, and was not read often enough"
	}
	return ""
}

// attempts is how many the client made: some go into a dead connection.
func attempts(err error) int {
	failed, answered := (*wrapper.TransportError)(nil), (*wrapper.APIError)(nil)
	if errors.As(err, &failed) {
		return failed.Attempts
	}
	if errors.As(err, &answered) {
		return answered.Attempts
	}
	return 0
}

func chaos(t *testing.T, random *rand.Rand, options []astrotest.Option, calls int, tally map[string]int) {
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	options = append([]astrotest.Option{astrotest.WithTokens(chaostest.Token)}, options...)
	refinalizeRefused := random.IntN(2) == 0
	if refinalizeRefused {
		options = append(options, astrotest.WithRefinalizeRefused())
	}
	options = append(options, chaostest.ShownType(random)...)
	server, client, closeAll := chaostest.InMemory(t, options, wrapper.WithToken(chaostest.Token), wrapper.WithLogger(logger))
	defer closeAll()
	weather := &weather{random: rand.New(rand.NewPCG(random.Uint64(), 1)), mishaps: chaostest.Mishaps()}

	version := func(v string) *string { return &v }
	for i := range calls {
		lags := random.IntN(2) == 0
		weather.lags = lags
		if lags {
			server.SetLag(random.IntN(2), time.Duration(random.Int64N(int64(3*time.Second))))
		} else {
			server.SetLag(0, 0)
		}
		mine, asked := "/mine", fmt.Sprint("version-", i)
		deployment := server.AddDeployment(astrotest.Deployment{DAGDeploys: true, DAGTarballVersion: "before", Bundles: []api.Bundle{
			{MountPath: "/elsewhere", DeployID: "before", DesiredVersion: version("before")}, {MountPath: mine, DeployID: "before", DesiredVersion: version("before")},
		}})
		earlier := server.AddDeploy(api.Deploy{DeploymentID: deployment.ID, Type: api.DeployTypeDAGOnly, Status: api.DeployStatusDeployed, DAGTarballVersion: version("before")})
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
		isBundle := content.deployType == api.DeployTypeBundle
		deploy := server.AddDeploy(api.Deploy{DeploymentID: deployment.ID, Type: content.deployType, BundleMountPath: &mine})
		target := wrapper.TargetOf(deployment.OrganizationID, &deploy)
		ctx, cancel := t.Context(), context.CancelFunc(func() {})
		if random.IntN(20) == 0 {
			ctx, cancel = context.WithTimeout(ctx, time.Duration(random.Int64N(int64(40*time.Second))))
		}
		commits := func() int { return server.Commits(deploy.ID) }
		theirs, expected := "", "" // what somebody else brought
		weather.begin(func(committed bool) bool {
			switch {
			case isBundle: // mounted at the same path, before or after
				theirs = server.Mount(deployment.ID, api.Bundle{MountPath: mine, DesiredVersion: version("theirs"), CurrentVersion: version("theirs")}).DeployID
				expected = "theirs"
			case content.deployType != api.DeployTypeImageOnly && committed: // before that a rollback is out of sight
				server.Rollback(earlier.ID)
				expected = "before"
			default:
				return false
			}
			return true
		}, commits)
		server.InjectFunc(weather.strike)

		before, began := len(server.Requests()), time.Now()
		finalized, err := client.Finalize(ctx, target, content.content)
		took, ended, now, inTime := time.Since(began), ctx.Err() != nil, weather.end(), commits() > 0
		requests := len(server.Requests()) - before
		server.InjectFunc(nil)
		time.Sleep(time.Hour) // for what the service still has in hand
		synctest.Wait()

		// What the service has now.
		committed, actedLate := commits() > 0, weather.end().acted && !now.acted
		after, _ := server.Deployment(deployment.ID)
		mounted := map[string]string{}
		for _, bundle := range after.Bundles {
			mounted[bundle.MountPath] = *bundle.DesiredVersion
		}
		require.Equal(t, "before", mounted["/elsewhere"], "an unasked removal")
		require.False(t, now.undone, "call %d: a finalize after somebody else's, %s", i, theirs)
		live, was := after.DAGTarballVersion, asked
		if isBundle {
			live = mounted[mine]
			if content.removes {
				was = ""
			}
		}
		switch {
		case now.acted && !now.pending:
			require.Equal(t, expected, live, "call %d: something newer undone", i)
		case now.acted, actedLate: // what is in flight cannot be called back
		case committed && content.deployType != api.DeployTypeImageOnly:
			require.Equal(t, was, live)
		default:
			require.Equal(t, "before", live, "an unasked change")
		}
		require.LessOrEqual(t, requests, 10, "call %d", i)
		require.LessOrEqual(t, took, 3*time.Minute, "call %d", i)

		// What the client says of it.
		if now.acted {
			tally["somebody else"]++
		}
		if lags {
			tally["stale reads"]++
		}
		var unknown *wrapper.OutcomeUnknownError
		switch {
		case err == nil:
			tally["success"]++
			require.True(t, committed, "call %d: a false success", i)
			require.Equal(t, deploy.ID, finalized.ID)
		case errors.As(err, &unknown):
			tally["unknown"]++
			require.Nil(t, finalized)
			why := now.whyUnknown(ended, isBundle, lags, inTime, attempts(err))
			require.NotEmpty(t, why, "call %d: unknown, though the evidence was in reach: %+v, %v", i, now, err)
			tally["unknown: "+why]++
		default:
			tally["failure"]++
			require.Nil(t, finalized)
			if now.doubled && now.forbidden { // a refusal is final where reading is refused too
				tally["failure: refused for a delivery before, and must not be read"]++
				break
			}
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
