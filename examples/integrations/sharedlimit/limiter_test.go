package sharedlimit_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/examples/integrations/sharedlimit"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

func Example() {
	token := "token" // instead of os.Getenv("ASTRO_API_TOKEN")
	budget := redis.NewClient(&redis.Options{Addr: "redis.corp.example:6379"})
	defer budget.Close()
	_, err := wrapper.NewClient(
		wrapper.WithToken(token),
		wrapper.WithLimiter(http.MethodPost, sharedlimit.New(budget, token, http.MethodPost, sharedlimit.Posts)),
		wrapper.WithLimiter(http.MethodGet, sharedlimit.New(budget, token, http.MethodGet, sharedlimit.Gets)),
	)
	fmt.Println(err)
	// Output: <nil>
}

// With TEST_REDIS set, the test program acts as one of the machines.
func TestMain(m *testing.M) {
	if redisAddress := os.Getenv("TEST_REDIS"); redisAddress != "" {
		if err := machine(redisAddress, os.Getenv("TEST_ASTRO"), strings.Fields(os.Getenv("TEST_TARGET"))); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// ofEachMachine is how many deploys a machine finalizes, all at once.
const ofEachMachine = 8

func machine(redisAddress, baseURL string, ids []string) error {
	client, closeBudget := newClient(redisAddress, baseURL)
	defer closeBudget()
	var wait sync.WaitGroup
	errs := make([]error, ofEachMachine)
	for i := range errs {
		wait.Go(func() {
			_, errs[i] = client.Finalize(context.Background(), wrapper.Target{OrganizationID: ids[0], DeploymentID: ids[1], DeployID: ids[2]}, wrapper.ImageOnly())
		})
	}
	wait.Wait()
	return errors.Join(errs...)
}

// newClient makes one attempt only, so that a 429 is an error.
func newClient(redisAddress, baseURL string) (client *wrapper.Client, closeBudget func()) {
	budget := redis.NewClient(&redis.Options{Addr: redisAddress})
	client, err := wrapper.NewClient(
		wrapper.WithBaseURL(baseURL), wrapper.WithToken(astrotest.Token), wrapper.WithRetry(wrapper.Retry{MaxAttempts: 1}),
		wrapper.WithLimiter(http.MethodPost, sharedlimit.New(budget, astrotest.Token, http.MethodPost, sharedlimit.Posts)),
	)
	if err != nil {
		panic(err)
	}
	return client, func() { _ = budget.Close() }
}

// Two processes finalize sixteen deploys as fast as the limit allows. The service allows 10 POST in
// any second and rejects none of them.
func TestTwoProcessesShareABudget(t *testing.T) {
	redisAddress, _ := startRedis(t)
	server, target := newServer(t)

	started := time.Now()
	var machines [2]*exec.Cmd
	var printed [2]strings.Builder
	for i := range machines {
		machines[i] = exec.CommandContext(t.Context(), os.Args[0])
		machines[i].Env = append(os.Environ(), "TEST_REDIS="+redisAddress, "TEST_ASTRO="+server.URL,
			"TEST_TARGET="+target.OrganizationID+" "+target.DeploymentID+" "+target.DeployID)
		machines[i].Stderr = &printed[i]
		require.NoError(t, machines[i].Start())
	}
	for i := range machines {
		assert.NoError(t, machines[i].Wait(), &printed[i])
	}
	assert.Len(t, server.Requests(), 2*ofEachMachine)
	assert.GreaterOrEqual(t, time.Since(started), 15*time.Second/8, "sixteen requests at eight a second")
}

// Redis does not see the token.
func TestRedisSeesNoToken(t *testing.T) {
	redisAddress, _ := startRedis(t)
	budget := redis.NewClient(&redis.Options{Addr: redisAddress})
	defer budget.Close()
	limiter := sharedlimit.New(budget, astrotest.Token, http.MethodPost, sharedlimit.Posts)
	require.NoError(t, limiter.Wait(t.Context()))

	keys, err := budget.Keys(t.Context(), "*").Result()
	require.NoError(t, err)
	require.Len(t, keys, 1)
	assert.Regexp(t, "^rate:astro:POST:[0-9a-f]{32}$", keys[0])
}

// The end of the context ends Wait.
func TestWaitEndsWithTheContext(t *testing.T) {
	redisAddress, _ := startRedis(t)
	budget := redis.NewClient(&redis.Options{Addr: redisAddress})
	defer budget.Close()
	slow := sharedlimit.Posts
	slow.Period = time.Hour
	limiter := sharedlimit.New(budget, astrotest.Token, http.MethodPost, slow)
	require.NoError(t, limiter.Wait(t.Context()))

	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	assert.ErrorIs(t, limiter.Wait(ctx), context.DeadlineExceeded)
}

// If Redis is unreachable, the error says so, and nothing is sent.
func TestRedisIsGone(t *testing.T) {
	redisAddress, stop := startRedis(t)
	server, target := newServer(t)
	client, closeBudget := newClient(redisAddress, server.URL)
	defer closeBudget()
	_, err := client.Finalize(t.Context(), target, wrapper.ImageOnly())
	require.NoError(t, err)
	stop()

	_, err = client.Finalize(t.Context(), target, wrapper.ImageOnly())
	var unsent *wrapper.TransportError
	require.ErrorAs(t, err, &unsent)
	assert.Equal(t, 0, unsent.Attempts)
	assert.ErrorContains(t, err, "nothing was sent: limiter: rate limit in Redis: ")
	assert.ErrorContains(t, err, redisAddress)
	assert.NotErrorIs(t, err, wrapper.ErrOutcomeUnknown)
	assert.Len(t, server.Requests(), 1)
}

func newServer(t *testing.T) (*astrotest.Server, wrapper.Target) {
	server := astrotest.NewServer(astrotest.WithRateLimit(http.MethodPost, 10))
	t.Cleanup(server.Close)
	deployment := server.AddDeployment(astrotest.Deployment{DAGDeploys: true})
	deploy := server.AddDeploy(api.Deploy{DeploymentID: deployment.ID, Type: api.DeployTypeImageOnly})
	return server, wrapper.TargetOf(deployment.OrganizationID, &deploy)
}
