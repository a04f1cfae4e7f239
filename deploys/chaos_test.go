package deploys_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/deploys"
	"github.com/astro-finalize/astro-finalize-go/internal/chaostest"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// faultsByOperation returns the faults for each operation of a deploy.
func faultsByOperation() map[string][]astrotest.Fault {
	var known, created []astrotest.Fault // for requests about a known deploy, and for CreateDeploy
	for _, mishap := range chaostest.Mishaps() {
		if !mishap.Redelivered { // see TestChaos of package wrapper
			known = append(known, mishap.Fault)
		}
		if !mishap.WrongDeploy && !mishap.Redelivered {
			created = append(created, mishap.Fault)
		}
	}
	committed := astrotest.Fault{}.AfterCommit()
	storage := []astrotest.Fault{
		astrotest.CutConnection(), astrotest.CutConnection().AfterCommit(), astrotest.CutHeader(), astrotest.CutUpload(10_000),
		astrotest.Hang(), astrotest.Hang().AfterCommit(), astrotest.StallUpload(20_000), astrotest.Slow(time.Minute), astrotest.Slow(5 * time.Minute),
		astrotest.ExpiredUploadURL(), astrotest.UploadURLNotYetValid(3 * time.Second), astrotest.UploadURLNotYetValid(10 * time.Minute),
		astrotest.StorageError(400, "Md5Mismatch", ""), astrotest.Respond(403, "text/html", "<html>"), committed.WithoutHeader("Content-MD5"),
		committed.WithoutHeader("x-ms-version-id"),
		committed.WithHeader("x-ms-version-id", " "),
		committed.WithHeader("Content-MD5", "AAAAAAAAAAAAAAAAAAAAAA=="),
		astrotest.Respond(200, "text/html", "<html>"), astrotest.Respond(302, "", "").WithHeader("Location", "https://elsewhere.example/?sig="+chaostest.Signature),
	}
	for _, status := range []int{400, 403, 408, 429, 500, 502, 503, 504} {
		fault := astrotest.StorageError(status, "SomeCode", "https://storage.example/?sig="+chaostest.Signature)
		storage = append(storage, fault, fault.AfterCommit(), fault.WithHeader("Retry-After", "7"))
	}
	return map[string][]astrotest.Fault{
		"CreateDeploy":   append(created, astrotest.EditDeploy(func(deploy map[string]any) { deploy["id"] = "../x" })),
		"FinalizeDeploy": append(slices.Clone(known), slices.Repeat([]astrotest.Fault{showing("INITIALIZED")}, 60)...), // so that Wait polls
		"GetDeploy":      append(append(known, showing("INITIALIZED")), slices.Repeat([]astrotest.Fault{showing("DEPLOYING"), astrotest.Error(401, "Unauthorized")}, 30)...),
		"PutBlob":        storage,
	}
}

// TestChaosOfDeploys deploys while a fifth of the requests fail, and compares the results to the fake's
// state.
func TestChaosOfDeploys(t *testing.T) {
	chaostest.Run(t, []string{"success", "create", "upload", "finalize", "unknown", "wait"}, chaosOfDeploys)
}

func chaosOfDeploys(t *testing.T, random *rand.Rand, options []astrotest.Option, calls int, tally map[string]int) {
	faults := rand.New(rand.NewPCG(random.Uint64(), 1))
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	options = append([]astrotest.Option{astrotest.WithTokens(chaostest.Token)}, options...)
	options = append(options, chaostest.ShownType(random)...)
	server, client, closeAll := chaostest.InMemory(t, options, wrapper.WithToken(chaostest.Token), wrapper.WithLogger(logger))
	defer closeAll()
	byOperation := faultsByOperation()
	var mu sync.Mutex // the fake calls inject from several goroutines
	inject := func(operation string) (astrotest.Fault, bool) {
		mu.Lock()
		defer mu.Unlock()
		fails, possible := faults.Float64() < 0.2, byOperation[operation]
		return possible[faults.IntN(len(possible))], fails
	}
	for i := range calls {
		before := "before"
		added := server.AddDeployment(astrotest.Deployment{DAGDeploys: true, DAGTarballVersion: before, Bundles: []api.Bundle{{MountPath: shop.Path, DesiredVersion: &before}}})
		to := wrapper.Deployment{OrganizationID: added.OrganizationID, DeploymentID: added.ID}
		source := &packed{content: gzipped(30_000 + i)}
		ctx, cancel := t.Context(), context.CancelFunc(func() {})
		if random.IntN(20) == 0 {
			ctx, cancel = context.WithTimeout(ctx, time.Duration(random.Int64N(int64(time.Minute))))
		}
		kind := random.IntN(3)
		server.SetLag(random.IntN(2), time.Duration(random.Int64N(int64(3*time.Second))))
		server.InjectFunc(inject)
		result, err := []func() (*deploys.Result, error){
			func() (*deploys.Result, error) { return deploys.DAGs(ctx, client, to, source) },
			func() (*deploys.Result, error) { return deploys.Bundle(ctx, client, to, shop, source) },
			func() (*deploys.Result, error) { return deploys.RemoveBundle(ctx, client, to, shop) },
		}[kind]()
		cancel()
		time.Sleep(time.Hour) // until all requests in flight have ended
		synctest.Wait()
		server.InjectFunc(nil)

		var reported deploys.Result
		var deploying *deploys.Error
		if errors.As(err, &deploying) {
			reported = deploying.Result
		} else {
			require.NoError(t, err, "call %d", i)
			reported = *result
		}
		require.LessOrEqual(t, len(deployIDs(t, client, to)), 1, "two deploys were created")
		if strings.Contains(fmt.Sprint(err), "no deploy was created") {
			require.Empty(t, deployIDs(t, client, to))
		}
		requireTruth(t, server, to, kind, source, reported, err, tally)
		for ; err != nil; err = errors.Unwrap(err) {
			chaostest.RequireNoSecret(t, err)
		}
		chaostest.RequireNoSecret(t, reported)
	}
	chaostest.RequireClean(t, log.String())
}

// requireTruth compares what the call reported with the state of the fake.
func requireTruth(t *testing.T, server *astrotest.Server, to wrapper.Deployment, kind int, source *packed, reported deploys.Result, err error, tally map[string]int) {
	now, _ := server.Deployment(to.DeploymentID)
	mounted := "none"
	if len(now.Bundles) > 0 {
		mounted = *now.Bundles[0].DesiredVersion
	}
	live := []string{now.DAGTarballVersion, mounted, mounted}[kind]
	requested := []string{reported.TarballVersion, reported.TarballVersion, "none"}[kind]
	if reported.DeployID != "" {
		stored, found := server.Deploy(reported.DeployID)
		require.True(t, found, "the reported deploy does not exist")
		require.Equal(t, to.DeploymentID, stored.DeploymentID)
	}
	if reported.TarballVersion != "" {
		tarball, found := server.Tarball(reported.TarballVersion)
		require.True(t, found, "the reported tarball version does not exist")
		require.Equal(t, source.content, tarball)
	}
	var deploying *deploys.Error
	switch {
	case err == nil:
		tally["success"]++
		require.Equal(t, requested, live, "a false success")
		require.Equal(t, api.DeployStatusDeployed, reported.Status)
	case errors.Is(err, wrapper.ErrOutcomeUnknown):
		tally["unknown"]++
		require.Contains(t, []string{requested, "before"}, live)
	case errors.As(err, &deploying) && deploying.Stage == deploys.StageWait:
		tally["wait"]++
		require.Equal(t, requested, live, "the deploy was reported as finalized, but is not")
	default:
		tally[string(deploying.Stage)]++
		require.Equal(t, "before", live, "a false failure: %v", err)
	}
}
