package wrapper_test

import (
	"context"
	"errors"
	"math/rand/v2"
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

// TestChaosOfCreates creates deploys while 30% of the requests fail: no deploy is created twice, and the
// client reports correctly whether it was created.
func TestChaosOfCreates(t *testing.T) {
	chaostest.Run(t, []string{"success", "not created", "may have been created", "created, but reported as unknown"}, chaosOfCreates)
}

func chaosOfCreates(t *testing.T, random *rand.Rand, options []astrotest.Option, calls int, tally map[string]int) {
	options = append([]astrotest.Option{astrotest.WithTokens(chaostest.Token), astrotest.WithBundlesShownAs(api.DeployTypeDAGOnly)}, options...)
	server, client, closeAll := chaostest.InMemory(t, options, wrapper.WithToken(chaostest.Token))
	defer closeAll()
	var mu sync.Mutex
	faults := rand.New(rand.NewPCG(random.Uint64(), 1))
	mishaps := chaostest.Mishaps()
	server.InjectFunc(func(string) (astrotest.Fault, bool) {
		mu.Lock()
		defer mu.Unlock()
		mishap := mishaps[faults.IntN(len(mishaps))]
		return mishap.Fault, faults.Float64() < faultRate && !mishap.WrongDeploy && !mishap.Redelivered
	})
	for i := range calls {
		in := server.AddDeployment(astrotest.Deployment{DAGDeploys: true})
		request := api.CreateDeployRequest{Type: api.DeployTypeDAGOnly}
		if random.IntN(2) == 0 {
			mountPath, bundleType := "/mine", "dbt"
			request = api.CreateDeployRequest{Type: api.DeployTypeBundle, BundleMountPath: &mountPath, BundleType: &bundleType}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(random.Int64N(int64(4*time.Minute))))
		deploy, err := client.CreateDeploy(ctx, wrapper.Deployment{OrganizationID: in.OrganizationID, DeploymentID: in.ID}, request)
		cancel()
		time.Sleep(time.Hour) // until the service has handled late requests
		synctest.Wait()

		created := server.Creates(in.ID)
		require.LessOrEqual(t, created, 1, "call %d: created twice: %v", i, err)
		transportErr, apiErr := (*wrapper.TransportError)(nil), (*wrapper.APIError)(nil)
		switch {
		case err == nil:
			tally["success"]++
			_, found := server.Deploy(deploy.ID)
			require.True(t, found && created == 1, "call %d: a false success", i)
		case errors.As(err, &transportErr) && transportErr.MayHaveTakenEffect, errors.As(err, &apiErr) && apiErr.MayHaveTakenEffect:
			tally["may have been created"]++
			if created == 1 {
				tally["created, but reported as unknown"]++
			}
		default:
			tally["not created"]++
			require.Zero(t, created, "call %d: a false failure: %v", i, err)
		}
		for ; err != nil; err = errors.Unwrap(err) {
			chaostest.RequireNoSecret(t, err)
		}
	}
}
