package wrapper_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// errors.Is finds the context's error and its cause wherever the context ends a call: before it, in the
// limiter, in the token source, in an attempt whatever its transport returns, and between attempts.
func TestContextErrorAndCauseAreReported(t *testing.T) {
	budget := errors.New("the job's budget is used up")
	hanging := func(err func(context.Context) error) wrapper.Option {
		return wrapper.WithHTTPClient(&http.Client{Transport: roundTripper(func(request *http.Request) (*http.Response, error) {
			<-request.Context().Done()
			return nil, err(request.Context())
		})})
	}
	slowDown := wrapper.WithHTTPClient(&http.Client{Transport: roundTripper(func(request *http.Request) (*http.Response, error) {
		if request.Body != nil {
			_ = request.Body.Close()
		}
		return &http.Response{StatusCode: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"1"}}, Body: http.NoBody}, nil
	})})
	for name, option := range map[string]wrapper.Option{
		"before":                     wrapper.WithUserAgent("x"),
		"limiter":                    wrapper.WithLimiter(http.MethodGet, waiting{}),
		"token source":               wrapper.WithTokenSource(func(ctx context.Context) (string, error) { <-ctx.Done(); return "token", nil }),
		"attempt, its error":         hanging(context.Context.Err),
		"attempt, its cause":         hanging(context.Cause),
		"attempt, neither":           hanging(func(context.Context) error { return errors.New("gone") }),
		"between attempts and polls": slowDown,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, err := wrapper.NewClient(wrapper.WithToken("token"), hanging(context.Context.Err), option)
				assert.NoError(t, err)
				for call, do := range everyCall(client) {
					ctx, cancel := context.WithTimeoutCause(t.Context(), 300*time.Millisecond, budget)
					if name == "before" {
						time.Sleep(time.Second)
					}
					err := do(ctx)
					cancel()
					assert.ErrorIs(t, err, context.DeadlineExceeded, call)
					assert.ErrorIs(t, err, budget, call)
				}
			})
		})
	}
}

// everyCall returns each method of client that makes requests.
func everyCall(client *wrapper.Client) map[string]func(context.Context) error {
	in, target := wrapper.Deployment{OrganizationID: "o", DeploymentID: "d"}, wrapper.Target{OrganizationID: "o", DeploymentID: "d", DeployID: "p"}
	uploadURL := api.NewSecret("https://storage.example/c/b?sig=s")
	return map[string]func(context.Context) error{
		"GetDeploy": func(ctx context.Context) error { _, err := client.GetDeploy(ctx, target); return err },
		"Finalize": func(ctx context.Context) error {
			_, err := client.Finalize(ctx, target, wrapper.ImageOnly())
			return err
		},
		"Wait": func(ctx context.Context) error { _, err := client.Wait(ctx, target); return err },
		"CreateDeploy": func(ctx context.Context) error {
			_, err := client.CreateDeploy(ctx, in, api.CreateDeployRequest{Type: api.DeployTypeDAGOnly})
			return err
		},
		"ListDeploys": func(ctx context.Context) error {
			for _, err := range client.ListDeploys(ctx, in) {
				return err
			}
			return nil
		},
		"Upload": func(ctx context.Context) error {
			_, err := client.Upload(ctx, &uploadURL, bytes.NewReader(gzipped(100)))
			return err
		},
		"API": func(ctx context.Context) error { _, err := client.API().GetDeploy(ctx, "o", "d", "p"); return err }, //nolint:bodyclose
	}
}

// waiting is a limiter that waits until the context ends.
type waiting struct{}

func (waiting) Wait(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
