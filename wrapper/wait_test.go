package wrapper_test

import (
	"context"
	"errors"
	"slices"
	"strings"
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

// showing returns a fault that makes a poll show the status.
func showing(status string) astrotest.Fault {
	return astrotest.EditDeploy(func(deploy map[string]any) { deploy["status"] = status })
}

// waitThrough waits for a finalized deploy, injects faults into the polls, and returns the number of polls.
func waitThrough(t *testing.T, faults []astrotest.Fault, options ...wrapper.Option) (deploy *api.Deploy, polls int, target wrapper.Target, err error) {
	server, client, closeAll := chaostest.InMemory(t, nil, append(options, wrapper.WithRetry(wrapper.Retry{MaxAttempts: 1}))...)
	defer closeAll()
	target = add(server, api.DeployTypeImageOnly)
	_, err = client.Finalize(t.Context(), target, wrapper.ImageOnly())
	require.NoError(t, err)
	before := len(server.Requests())
	server.Inject(faults...)
	deploy, err = client.Wait(t.Context(), target)
	return deploy, len(server.Requests()) - before, target, err
}

func TestWaitPollsUntilTheDeployEnds(t *testing.T) {
	var failed *wrapper.DeployFailedError
	var waiting *wrapper.WaitError
	for name, row := range map[string]struct {
		faults []astrotest.Fault // one per poll; later polls show DEPLOYED
		polls  int
		as     any // nil for success
		want   string
	}{
		"at once":                {nil, 1, nil, ""},
		"later":                  {[]astrotest.Fault{showing("INITIALIZED"), showing("INITIALIZED")}, 3, nil, ""},
		"through unknown states": {[]astrotest.Fault{showing("DEPLOYING"), showing("SOMETHING_NEW")}, 3, nil, ""},
		"failed":                 {[]astrotest.Fault{showing("INITIALIZED"), showing("FAILED")}, 2, &failed, "FAILED"},
		"through errors":         {[]astrotest.Fault{astrotest.CutConnection(), astrotest.BadGateway(), astrotest.Error(500, ""), astrotest.RateLimited(), astrotest.Respond(200, "text/html", "<html>"), astrotest.Error(408, ""), astrotest.Respond(302, "", "").WithHeader("Location", "/")}, 8, nil, ""},
		"until 401":              {[]astrotest.Fault{showing("INITIALIZED"), astrotest.Error(401, "Unauthorized")}, 2, &waiting, "401 Unauthorized"},
		"until 404":              {[]astrotest.Fault{astrotest.Error(404, "Not found")}, 1, &waiting, "404 Not Found"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				deploy, polls, _, err := waitThrough(t, row.faults)
				assert.Equal(t, row.polls, polls)
				if row.as == nil {
					require.NoError(t, err)
					assert.Equal(t, api.DeployStatusDeployed, deploy.Status)
					return
				}
				assert.Nil(t, deploy)
				require.ErrorAs(t, err, row.as)
				assert.ErrorContains(t, err, row.want)
			})
		})
	}
}

// The intervals between polls are about 1 s, 1.5 s, 2.25 s … 15 s. The polls end with the context.
func TestWaitPollsLessAndLessOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client, closeAll := chaostest.InMemory(t, nil)
		defer closeAll()
		target := add(server, api.DeployTypeDAGOnly) // never finalized
		var polls []time.Time
		server.InjectFunc(func(string) (astrotest.Fault, bool) {
			polls = append(polls, time.Now())
			return astrotest.Fault{}, false
		})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		deploy, err := client.Wait(ctx, target)
		assert.Nil(t, deploy)
		var waiting *wrapper.WaitError
		require.ErrorAs(t, err, &waiting)
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, target.DeployID, waiting.DeployID)
		assert.Equal(t, api.DeployStatusInitialized, waiting.Deploy.Status)
		assert.NoError(t, waiting.PollErr)
		assert.EqualError(t, err, "waiting for deploy "+target.DeployID+": context deadline exceeded; its last status was INITIALIZED")

		want := time.Second
		for i := 1; i < len(polls); i++ {
			assert.InDelta(t, want, polls[i].Sub(polls[i-1]), 0.21*float64(want))
			want = min(want*3/2, 15*time.Second)
		}
		assert.Greater(t, len(polls), 40)
	})
}

// An unknown status does not make Wait poll forever.
func TestWaitEndsAfterTwentyPollsWithAnUnknownStatus(t *testing.T) {
	times := func(n int, fault astrotest.Fault) []astrotest.Fault {
		return slices.Repeat([]astrotest.Fault{fault}, n)
	}
	for name, row := range map[string]struct {
		faults []astrotest.Fault // one per poll; later polls show DEPLOYED
		polls  int
		want   string // "" for success
	}{
		"twenty":              {times(30, showing("CANCELED")), 20, `twenty polls in a row showed the unknown status "CANCELED"`},
		"nineteen":            {times(19, showing("CANCELED")), 20, ""},
		"lower case":          {times(30, showing("failed")), 20, `the unknown status "failed"`},
		"two unknown ones":    {slices.Concat(times(19, showing("PAUSING")), times(30, showing("PAUSED"))), 39, `the unknown status "PAUSED"`},
		"a known one first":   {slices.Concat(times(30, showing("INITIALIZED")), times(30, showing("ODD"))), 50, `the unknown status "ODD"`},
		"a known one between": {slices.Concat(times(19, showing("ODD")), times(1, showing("INITIALIZED")), times(19, showing("ODD"))), 40, ""},
		"failures between":    {slices.Concat(times(19, showing("ODD")), times(5, astrotest.BadGateway()), times(9, showing("ODD"))), 25, `the unknown status "ODD"`},
		"failures alone":      {times(30, astrotest.BadGateway()), 31, ""},
		"INITIALIZED":         {times(30, showing("INITIALIZED")), 31, ""},
		"a long one, quoted":  {times(30, showing(strings.Repeat("a\n", 50))), 20, `the unknown status "` + strings.Repeat(`a\n`, 20) + `";`},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				deploy, polls, target, err := waitThrough(t, row.faults, wrapper.WithPollInterval(time.Second))
				assert.Equal(t, row.polls, polls)
				if row.want == "" {
					require.NoError(t, err)
					return
				}
				assert.Nil(t, deploy)
				var waiting *wrapper.WaitError
				require.ErrorAs(t, err, &waiting)
				assert.ErrorContains(t, waiting.Err, row.want)
				assert.Equal(t, target.DeployID, waiting.Deploy.ID)
				assert.False(t, waiting.Deploy.Status.Valid())
				assert.NoError(t, waiting.PollErr)
			})
		})
	}
}

func TestWithPollIntervalPollsAtAFixedInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client, closeAll := chaostest.InMemory(t, nil, wrapper.WithPollInterval(7*time.Second))
		defer closeAll()
		target := add(server, api.DeployTypeDAGOnly) // never finalized
		began := time.Now()
		var polls []time.Duration
		server.InjectFunc(func(string) (astrotest.Fault, bool) {
			polls = append(polls, time.Since(began))
			return astrotest.Fault{}, false
		})
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		_, err := client.Wait(ctx, target)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, []time.Duration{0, 7 * time.Second, 14 * time.Second, 21 * time.Second, 28 * time.Second}, polls)
	})
}

// The error of a Wait that ended has the last status and the last failed poll.
func TestWaitErrorHasTheLastStatusAndPollError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client, closeAll := chaostest.InMemory(t, nil)
		defer closeAll()
		target := add(server, api.DeployTypeDAGOnly)
		server.Inject(showing("INITIALIZED"))
		server.InjectFunc(func(string) (astrotest.Fault, bool) { return astrotest.BadGateway(), true })
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Minute, errors.New("enough"))
		defer cancel()
		_, err := client.Wait(ctx, target)
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.ErrorContains(t, err, "its last status was INITIALIZED; the last poll failed: GetDeploy: ")
		var waiting *wrapper.WaitError
		require.ErrorAs(t, err, &waiting)
		assert.Error(t, waiting.PollErr)
	})
}

// A poll without a token ends the wait, as it ends any call.
func TestWaitEndsWhenThereIsNoToken(t *testing.T) {
	revoked := errors.New("revoked")
	for _, source := range []wrapper.TokenSource{
		func(context.Context) (string, error) { return "", revoked },
		func(context.Context) (string, error) { return "", nil },
	} {
		server, client, _ := home(t, wrapper.WithTokenSource(source))
		_, err := client.Wait(t.Context(), add(server, api.DeployTypeDAGOnly))
		var waiting *wrapper.WaitError
		require.ErrorAs(t, err, &waiting)
		assert.Empty(t, server.Requests())
	}
}

func TestWaitRejectsInvalidInput(t *testing.T) {
	server, client, deployment := home(t)
	target := wrapper.Target{OrganizationID: deployment.OrganizationID, DeploymentID: deployment.DeploymentID, DeployID: "d"}
	var none context.Context
	for field, wait := range map[string]func() error{
		"ctx":    func() error { return second(client.Wait(none, target)) },
		"client": func() error { return second((*wrapper.Client)(nil).Wait(t.Context(), target)) },
		"deployId": func() error {
			return second(client.Wait(t.Context(), wrapper.Target{OrganizationID: "o", DeploymentID: "d", DeployID: "../d"}))
		},
	} {
		var invalid *wrapper.ValidationError
		require.ErrorAs(t, wait(), &invalid)
		assert.Equal(t, field, invalid.Field)
	}
	assert.Empty(t, server.Requests())
}
