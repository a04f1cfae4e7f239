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

// TestChaosOfChanges updates deploys and rolls back to them while 30% of the requests fail: no call rolls back
// twice, and the client reports correctly whether the change was made.
func TestChaosOfChanges(t *testing.T) {
	chaostest.Run(t, []string{"updated", "not updated", "rolled back", "not rolled back", "may have been rolled back", "rolled back, but reported as unknown"}, chaosOfChanges)
}

func chaosOfChanges(t *testing.T, random *rand.Rand, options []astrotest.Option, calls int, tally map[string]int) {
	server, client, closeAll := chaostest.InMemory(t, append(options, astrotest.WithTokens(chaostest.Token)), wrapper.WithToken(chaostest.Token))
	defer closeAll()
	var mu sync.Mutex
	faults, mishaps := rand.New(rand.NewPCG(random.Uint64(), 1)), chaostest.Mishaps()
	server.InjectFunc(func(operation string) (astrotest.Fault, bool) {
		mu.Lock()
		defer mu.Unlock()
		mishap := mishaps[faults.IntN(len(mishaps))]
		return mishap.Fault, operation != "ListDeploys" && faults.Float64() < faultRate && !mishap.WrongDeploy && !mishap.Redelivered
	})
	for i := range calls {
		target := add(server, api.DeployTypeImageOnly)
		server.Finalize(target.DeployID, api.FinalizeDeployRequest{})
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(random.Int64N(int64(4*time.Minute))))
		var err error
		isUpdate := random.IntN(2) == 0
		if isUpdate {
			_, err = client.UpdateDeploy(ctx, target, api.UpdateDeployRequest{Description: ptr("new")})
		} else {
			_, err = client.RollbackDeploy(ctx, target, api.DeployRollbackRequest{})
		}
		cancel()
		time.Sleep(time.Hour) // until the service has handled late requests
		synctest.Wait()

		transportErr, apiErr := (*wrapper.TransportError)(nil), (*wrapper.APIError)(nil)
		mayHave := errors.As(err, &transportErr) && transportErr.MayHaveTakenEffect || errors.As(err, &apiErr) && apiErr.MayHaveTakenEffect
		after, _ := server.Deploy(target.DeployID)
		isUpdated, rollbacks := after.Description != nil && *after.Description == "new", 0
		in := wrapper.Deployment{OrganizationID: target.OrganizationID, DeploymentID: target.DeploymentID}
		for deploy, err := range client.ListDeploys(t.Context(), in) {
			require.NoError(t, err)
			if deploy.RollbackFromID != nil {
				rollbacks++
			}
		}
		require.LessOrEqual(t, rollbacks, 1, "call %d: rolled back twice: %v", i, err)
		switch {
		case err == nil && isUpdate:
			tally["updated"]++
			require.True(t, isUpdated, "call %d: a false success", i)
		case err == nil:
			tally["rolled back"]++
			require.Equal(t, 1, rollbacks, "call %d: a false success", i)
		case mayHave && isUpdate:
			tally["may have been updated"]++
		case mayHave:
			tally["may have been rolled back"]++
			if rollbacks == 1 {
				tally["rolled back, but reported as unknown"]++
			}
		case isUpdate:
			tally["not updated"]++
			require.False(t, isUpdated, "call %d: a false failure: %v", i, err)
		default:
			tally["not rolled back"]++
			require.Zero(t, rollbacks, "call %d: a false failure: %v", i, err)
		}
		for ; err != nil; err = errors.Unwrap(err) {
			chaostest.RequireNoSecret(t, err)
		}
	}
}
