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

const faultRate = 0.3 // share of the requests that fail

// TestChaos finalizes deploys of every content while 30% of the requests fail, reads lag behind and
// another client deploys. It compares what the client reports with the state of the fake.
func TestChaos(t *testing.T) {
	chaostest.Run(t, []string{"success", "failure", "unknown", "another client", "stale reads"}, chaos)
}

// faultInjector decides which requests fail and when another client acts. The server's goroutines call
// it concurrently.
type faultInjector struct {
	mu        sync.Mutex
	random    *rand.Rand
	mishaps   []chaostest.Mishap
	lags      bool
	otherActs func(committed bool) bool // lets the other client act if it can now
	commits   func() int
	now       call
}

// call records what happened during one call.
type call struct {
	posts     int
	pending   bool // a finalize may still be in flight
	paused    bool
	liedTo    bool
	forbidden bool // a read was refused with 403
	doubled   bool // a finalize was delivered twice, and the second delivery refused
	goodReads int  // successful reads since the last finalize
	acted     bool // the other client acted
	undone    bool // a finalize followed it
}

func (i *faultInjector) fault(operation string) (astrotest.Fault, bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	fails, acts, mishap := i.random.Float64() < faultRate, i.random.Float64() < 0.2, i.mishaps[i.random.IntN(len(i.mishaps))]
	i.now.paused = i.now.paused || fails && mishap.LongPause
	i.now.liedTo = i.now.liedTo || fails && mishap.WrongStatus
	if i.lags && mishap.Redelivered {
		fails = false // a refusal is read back only once
	}
	i.now.forbidden = i.now.forbidden || operation != finalize && fails && mishap.Forbidden
	if operation != finalize {
		if !fails || mishap.Benign {
			i.now.goodReads++
		}
		return mishap.Fault, fails
	}
	i.now.posts++
	// The client cannot know of a finalize that takes effect late and is read late.
	i.now.undone = i.now.undone || i.now.acted && !(i.lags && i.now.pending)
	i.now.pending = i.now.pending || fails && mishap.InFlight
	i.now.goodReads, i.now.doubled = 0, i.now.doubled || fails && mishap.Redelivered
	fault := mishap.Fault
	if !fails {
		fault = astrotest.Slow(0)
	}
	if acts && !(fails && mishap.RateLimited) { // that would be like acting before the call
		fault = fault.Then(func() {
			i.mu.Lock()
			defer i.mu.Unlock()
			i.now.acted = i.now.acted || i.otherActs(i.commits() > 0)
		})
	}
	return fault, true
}

// begin starts the record of a call, and end returns it.
func (i *faultInjector) begin(otherActs func(bool) bool, commits func() int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.now, i.otherActs, i.commits = call{}, otherActs, commits
}

func (i *faultInjector) end() call {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.now
}

// whyUnknown returns why the client could not know the outcome, or "" if it could.
func (c call) whyUnknown(ended, isBundle, lags, inTime bool, attempts int) string {
	switch {
	case ended:
		return "the context ended"
	case c.acted && isBundle:
		return "another client's bundle is mounted"
	case c.posts > 3:
		return "no requests left to read it back"
	case c.paused:
		return "a long Retry-After"
	case c.liedTo:
		return "a response showed an unknown status"
	case c.doubled:
		return "refused after an earlier delivery, and not readable"
	case inTime && c.pending && (lags || c.goodReads < 3):
		return "an attempt took effect late, and was not readable"
	case inTime && c.goodReads < 2:
		return "it is finalized, but was not readable"
	case !inTime && (c.pending || attempts > c.posts):
		return "an attempt may be in flight"
	case !inTime && c.goodReads < 3:
		return "it is not finalized, but was not read often enough"
	}
	return ""
}

// attempts returns how many attempts the client made, including those over dead connections.
func attempts(err error) int {
	transportErr, apiErr := (*wrapper.TransportError)(nil), (*wrapper.APIError)(nil)
	if errors.As(err, &transportErr) {
		return transportErr.Attempts
	}
	if errors.As(err, &apiErr) {
		return apiErr.Attempts
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
	injector := &faultInjector{random: rand.New(rand.NewPCG(random.Uint64(), 1)), mishaps: chaostest.Mishaps()}

	version := func(v string) *string { return &v }
	for i := range calls {
		lags := random.IntN(2) == 0
		injector.lags = lags
		if lags {
			server.SetLag(random.IntN(2), time.Duration(random.Int64N(int64(3*time.Second))))
		} else {
			server.SetLag(0, 0)
		}
		mountPath, sent := "/mine", fmt.Sprint("version-", i)
		deployment := server.AddDeployment(astrotest.Deployment{DAGDeploys: true, DAGTarballVersion: "before", Bundles: []api.Bundle{
			{MountPath: "/elsewhere", DeployID: "before", DesiredVersion: version("before")}, {MountPath: mountPath, DeployID: "before", DesiredVersion: version("before")},
		}})
		earlier := server.AddDeploy(api.Deploy{DeploymentID: deployment.ID, Type: api.DeployTypeDAGOnly, Status: api.DeployStatusDeployed, DAGTarballVersion: version("before")})
		content := []struct {
			deployType api.DeployType
			content    wrapper.Content
			removes    bool
		}{
			{api.DeployTypeImageAndDAG, wrapper.DAGTarball(sent), false},
			{api.DeployTypeDAGOnly, wrapper.DAGTarball(sent), false},
			{api.DeployTypeImageOnly, wrapper.ImageOnly(), false},
			{api.DeployTypeBundle, wrapper.BundleTarball(sent), false},
			{api.DeployTypeBundle, wrapper.RemoveBundle(), true},
		}[random.IntN(5)]
		isBundle := content.deployType == api.DeployTypeBundle
		deploy := server.AddDeploy(api.Deploy{DeploymentID: deployment.ID, Type: content.deployType, BundleMountPath: &mountPath})
		target := wrapper.TargetOf(deployment.OrganizationID, &deploy)
		ctx, cancel := t.Context(), context.CancelFunc(func() {})
		if random.IntN(20) == 0 {
			ctx, cancel = context.WithTimeout(ctx, time.Duration(random.Int64N(int64(40*time.Second))))
		}
		commits := func() int { return server.Commits(deploy.ID) }
		theirs, expected := "", "" // what the other client deployed
		injector.begin(func(committed bool) bool {
			switch {
			case isBundle: // mounted at the same path, before or after
				theirs = server.Mount(deployment.ID, api.Bundle{MountPath: mountPath, DesiredVersion: version("theirs"), CurrentVersion: version("theirs")}).DeployID
				expected = "theirs"
			case content.deployType != api.DeployTypeImageOnly && committed: // before a commit the rollback would not show
				server.Rollback(earlier.ID)
				expected = "before"
			default:
				return false
			}
			return true
		}, commits)
		server.InjectFunc(injector.fault)

		before, began := len(server.Requests()), time.Now()
		finalized, err := client.Finalize(ctx, target, content.content)
		took, ended, now, inTime := time.Since(began), ctx.Err() != nil, injector.end(), commits() > 0
		requests := len(server.Requests()) - before
		server.InjectFunc(nil)
		time.Sleep(time.Hour) // until the service has handled late requests
		synctest.Wait()

		// The state of the service.
		committed, actedLate := commits() > 0, injector.end().acted && !now.acted
		after, _ := server.Deployment(deployment.ID)
		mounted := map[string]string{}
		for _, bundle := range after.Bundles {
			mounted[bundle.MountPath] = *bundle.DesiredVersion
		}
		require.Equal(t, "before", mounted["/elsewhere"], "an unwanted removal")
		require.False(t, now.undone, "call %d: a finalize after another client's, %s", i, theirs)
		live, want := after.DAGTarballVersion, sent
		if isBundle {
			live = mounted[mountPath]
			if content.removes {
				want = ""
			}
		}
		switch {
		case now.acted && !now.pending:
			require.Equal(t, expected, live, "call %d: a newer deploy undone", i)
		case now.acted, actedLate: // a request in flight cannot be canceled
		case committed && content.deployType != api.DeployTypeImageOnly:
			require.Equal(t, want, live)
		default:
			require.Equal(t, "before", live, "an unwanted change")
		}
		require.LessOrEqual(t, requests, 10, "call %d", i)
		require.LessOrEqual(t, took, 3*time.Minute, "call %d", i)

		// What the client reported.
		if now.acted {
			tally["another client"]++
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
			require.NotEmpty(t, why, "call %d: unknown, although evidence was available: %+v, %v", i, now, err)
			tally["unknown: "+why]++
		default:
			tally["failure"]++
			require.Nil(t, finalized)
			if now.doubled && now.forbidden { // a refusal is final if reads are refused, too
				tally["failure: refused after an earlier delivery, and may not be read"]++
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
