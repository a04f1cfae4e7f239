package wrapper_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// atOnce is a backoff without waits, so that the examples do not wait.
func atOnce() wrapper.Backoff { return &backoff.ZeroBackOff{} }

// With MaxAttempts 1 nothing is retried.
func ExampleWithRetry() {
	server, client, target := fake(api.DeployTypeImageOnly, wrapper.WithRetry(wrapper.Retry{MaxAttempts: 1}))
	defer server.Close()
	server.Inject(astrotest.RateLimited())

	_, err := client.Finalize(context.Background(), target, wrapper.ImageOnly())
	fmt.Println(errors.Is(err, wrapper.ErrRateLimited))
	// Output: true
}

// Backoff takes any schedule of cenkalti/backoff, here one with constant waits.
func ExampleWithRetry_backoff() {
	schedule := func() wrapper.Backoff { return backoff.NewConstantBackOff(2 * time.Second) }
	_, err := wrapper.NewClient(wrapper.WithToken("token"), wrapper.WithRetry(wrapper.Retry{Backoff: schedule}))
	fmt.Println(err)
	// Output: <nil>
}

// Tests can retry without waits.
func ExampleConstantBackoff() {
	server, client, target := fake(api.DeployTypeImageOnly, wrapper.WithRetry(wrapper.Retry{MaxAttempts: 10, Backoff: wrapper.ConstantBackoff(0)}))
	defer server.Close()
	server.Inject(slices.Repeat([]astrotest.Fault{astrotest.Error(503, "Unavailable").On("FinalizeDeploy")}, 9)...)

	deploy, err := client.Finalize(context.Background(), target, wrapper.ImageOnly())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(deploy.Status)
	// Output: DEPLOYED
}

// Tests can poll without growing waits.
func ExampleWithPollInterval() {
	server, client, target := fake(api.DeployTypeImageOnly, wrapper.WithPollInterval(time.Millisecond))
	defer server.Close()
	if _, err := client.Finalize(context.Background(), target, wrapper.ImageOnly()); err != nil {
		fmt.Println(err)
		return
	}
	initialized := astrotest.EditDeploy(func(deploy map[string]any) { deploy["status"] = "INITIALIZED" })
	server.Inject(initialized, initialized, initialized)

	deploy, err := client.Wait(context.Background(), target)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(deploy.Status)
	// Output: DEPLOYED
}

func ExampleWithRetry_maxRetryAfter() {
	server, client, target := fake(api.DeployTypeImageOnly, wrapper.WithRetry(wrapper.Retry{MaxRetryAfter: 10 * time.Second}))
	defer server.Close()
	server.Inject(astrotest.RateLimited().WithHeader("Retry-After", "30"))

	_, err := client.Finalize(context.Background(), target, wrapper.ImageOnly())
	var apiErr *wrapper.APIError
	if errors.As(err, &apiErr) {
		fmt.Println(apiErr.RetryAfter, "after", apiErr.Attempts, "attempt")
	}
	// Output: 30s after 1 attempt
}

// Clients that use the same token should share limiters.
func ExampleWithLimiter() {
	posts, gets := wrapper.NewLimiter(10), wrapper.NewLimiter(25)
	for _, version := range []wrapper.APIVersion{wrapper.V1Beta1, wrapper.V1} {
		_, err := wrapper.NewClient(
			wrapper.WithToken("token"),
			wrapper.WithAPIVersion(version),
			wrapper.WithLimiter(http.MethodPost, posts),
			wrapper.WithLimiter(http.MethodGet, gets),
		)
		fmt.Println(err)
	}
	// Output:
	// <nil>
	// <nil>
}

// sharedLimiter stands for a limiter that several machines share, such as a counter in a database.
type sharedLimiter struct{}

func (sharedLimiter) Wait(ctx context.Context) error { return ctx.Err() }

func ExampleWithLimiter_severalMachines() {
	server, client, target := fake(api.DeployTypeImageOnly, wrapper.WithLimiter(http.MethodPost, sharedLimiter{}))
	defer server.Close()

	_, err := client.Finalize(context.Background(), target, wrapper.ImageOnly())
	fmt.Println(err)
	// Output: <nil>
}

func ExampleNewLimiter() {
	limiter := wrapper.NewLimiter(1)
	fmt.Println(limiter.Wait(context.Background()))

	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	fmt.Println(limiter.Wait(ctx)) // the next request may start in a second
	// Output:
	// <nil>
	// context deadline exceeded
}

// WithoutLookUp is for a token that may finalize deploys but not read them.
func ExampleWithoutLookUp() {
	server, client, target := fake(api.DeployTypeImageOnly, wrapper.WithoutLookUp(), wrapper.WithRetry(wrapper.Retry{Backoff: atOnce}))
	defer server.Close()
	server.Inject(astrotest.CutResponse())

	deploy, err := client.Finalize(context.Background(), target, wrapper.ImageOnly())
	fmt.Println(deploy.Status, err)
	for _, request := range server.Requests() {
		fmt.Println(request.Method)
	}
	// Output:
	// DEPLOYED <nil>
	// POST
	// POST
}

func ExampleWithLogger() {
	withoutTime := func(_ []string, attr slog.Attr) slog.Attr {
		if attr.Key == slog.TimeKey || attr.Key == "host" || attr.Key == "path" {
			return slog.Attr{}
		}
		return attr
	}
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: withoutTime}))
	server, client, target := fake(api.DeployTypeImageOnly, wrapper.WithLogger(logger), wrapper.WithRetry(wrapper.Retry{Backoff: atOnce}))
	defer server.Close()
	server.Inject(astrotest.BadGateway())

	_, err := client.Finalize(context.Background(), target, wrapper.ImageOnly())
	fmt.Println(err)
	// Output:
	// level=DEBUG msg="astro: attempt" method=POST attempt=1 status=502
	// level=DEBUG msg="astro: retry" method=POST status=502 wait=0s
	// level=DEBUG msg="astro: attempt" method=GET attempt=1 status=200
	// level=DEBUG msg="astro: attempt" method=GET attempt=1 status=200
	// level=DEBUG msg="astro: attempt" method=POST attempt=2 status=200 wait=0s
	// <nil>
}

// The response was lost, and the token may not read the deploy back.
func ExampleOutcomeUnknownError() {
	server, client, target := fake(api.DeployTypeImageOnly, wrapper.WithRetry(wrapper.Retry{MaxAttempts: 1}))
	defer server.Close()
	forbidden := astrotest.Error(http.StatusForbidden, "Forbidden").On("GetDeploy")
	server.Inject(append(slices.Repeat([]astrotest.Fault{forbidden}, 9), astrotest.CutResponse())...)

	_, err := client.Finalize(context.Background(), target, wrapper.ImageOnly())
	var unknown *wrapper.OutcomeUnknownError
	if errors.As(err, &unknown) {
		fmt.Println(errors.Is(unknown.LookUpErr, wrapper.ErrForbidden))
	}
	// Output: true
}
