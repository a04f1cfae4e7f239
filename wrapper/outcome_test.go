package wrapper_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/internal/chaostest"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// TestOutcomes checks what Finalize returns when responses are lost and which requests it sends, on a fake
// clock.
func TestOutcomes(t *testing.T) {
	type want struct {
		err      error // nil for success
		posts    int   // finalizes sent
		gets     int   // read-backs sent
		deployed bool  // on the service
	}
	lost := []astrotest.Fault{
		astrotest.CutConnection(),
		astrotest.Error(500, "Internal"),
		astrotest.Hang(),
		astrotest.BadGateway(),
		astrotest.Error(408, "Timeout"),
		astrotest.Error(503, "Unavailable"),
		astrotest.Error(504, "Timeout"),
		astrotest.Respond(200, "application/json", "{}"),
		astrotest.Respond(200, "text/html", "<html>"),
		astrotest.Respond(200, "application/json", `{"id":"another"`),
	}
	lostAfterCommit := append([]astrotest.Fault{
		astrotest.CutResponse(),
		astrotest.HangInResponse(),
		astrotest.LongResponse(11 << 20),
		astrotest.EditDeploy(func(deploy map[string]any) { deploy["id"] = "another" }),
		astrotest.EditDeploy(func(deploy map[string]any) { deploy["dagTarballVersion"] = "another" }),
	}, each(lost, astrotest.Fault.AfterCommit)...)
	unclear := []astrotest.Fault{
		astrotest.Respond(201, "application/json", "{}"),
		astrotest.Respond(204, "", ""),
		astrotest.Respond(303, "", "").WithHeader("Location", "/"),
		astrotest.Error(501, "Not implemented"),
	}
	rateLimited := []astrotest.Fault{
		astrotest.RateLimited(),
		astrotest.RateLimited().WithHeader("Retry-After", "30"),
	}
	unreadable := each(make([]astrotest.Fault, 100), func(astrotest.Fault) astrotest.Fault { return astrotest.Error(403, "Forbidden").On("GetDeploy") })
	for _, row := range []struct {
		name   string
		first  []astrotest.Fault // each one in its own run hits the first finalize
		others []astrotest.Fault // hit the requests after it
		want   want
	}{
		{"lost before it took effect, then retried", lost, nil, want{nil, 2, 2, true}},
		{"lost after it took effect, then read back", lostAfterCommit, nil, want{nil, 1, 1, true}},
		{"unclear, took effect", each(unclear, astrotest.Fault.AfterCommit), nil, want{nil, 1, 1, true}},
		{"unclear, did not take effect", unclear[:3], nil, want{wrapper.ErrUnexpectedResponse, 1, 3, false}},
		{"unclear 5xx, did not take effect", unclear[3:], nil, want{wrapper.ErrServer, 1, 3, false}},
		{"still in progress", []astrotest.Fault{astrotest.Respond(202, "", ""), astrotest.Error(520, "?"), astrotest.Error(522, "?"), astrotest.Error(524, "?")}, nil, want{wrapper.ErrOutcomeUnknown, 1, 3, false}},
		{"rate limited, then retried", rateLimited, nil, want{nil, 2, 0, true}},
		{"rate limited for too long", []astrotest.Fault{astrotest.RateLimited().WithHeader("Retry-After", "61")}, nil, want{wrapper.ErrRateLimited, 1, 1, false}},
		{"refused", []astrotest.Fault{astrotest.Error(400, "Invalid")}, nil, want{wrapper.ErrBadRequest, 1, 1, false}},
		{"lost, and the token may not read", lostAfterCommit, unreadable, want{wrapper.ErrOutcomeUnknown, 1, 9, true}},
		{"no response each time", []astrotest.Fault{lost[0], lost[2], lost[3], lost[4], lost[5], lost[6]}, []astrotest.Fault{lost[1].On(finalize), lost[1].On(finalize), lost[1].On(finalize)}, want{wrapper.ErrOutcomeUnknown, 4, 6, false}},
		{"no response, then success", lost, []astrotest.Fault{lost[3].On(finalize), lost[3].On(finalize)}, want{nil, 4, 6, true}},
		{"500 each time", lost[1:2], []astrotest.Fault{lost[1].On(finalize), lost[1].On(finalize), lost[1].On(finalize)}, want{wrapper.ErrServer, 3, 7, false}},
		{"unusable response each time", lost[7:], []astrotest.Fault{lost[1].On(finalize), lost[7].On(finalize)}, want{wrapper.ErrUnexpectedResponse, 3, 7, false}},
		{"lost each time, then took effect", lost[:1], []astrotest.Fault{lost[0].On(finalize), lost[0].On(finalize).AfterCommit()}, want{nil, 3, 5, true}},
		{"lost after it took effect, then refused", []astrotest.Fault{lost[0]}, []astrotest.Fault{astrotest.Error(400, "Already finalized").On(finalize).AfterCommit()}, want{nil, 2, 3, true}},
		{"lost, then refused", []astrotest.Fault{lost[0]}, []astrotest.Fault{astrotest.Error(400, "Already finalized").On(finalize)}, want{wrapper.ErrOutcomeUnknown, 2, 5, false}},
		{"500, then refused", lost[1:2], []astrotest.Fault{astrotest.Error(400, "Invalid").On(finalize)}, want{wrapper.ErrBadRequest, 2, 5, false}},
		{"lost after it took effect, read-back fails at first", lostAfterCommit, []astrotest.Fault{astrotest.BadGateway().On(read), astrotest.CutConnection().On(read)}, want{nil, 1, 3, true}},
		{"lost after it took effect, then token revoked", lostAfterCommit, each(make([]astrotest.Fault, 9), func(astrotest.Fault) astrotest.Fault { return astrotest.Error(401, "Revoked") }), want{wrapper.ErrOutcomeUnknown, 1, 9, true}},
	} {
		t.Run(row.name, func(t *testing.T) {
			for i, fault := range row.first {
				synctest.Test(t, func(t *testing.T) {
					server, client, closeAll := chaostest.InMemory(t, nil)
					defer closeAll()
					target := add(server, api.DeployTypeDAGOnly)
					server.Inject(append([]astrotest.Fault{fault.On(finalize)}, row.others...)...)
					deploy, err := client.Finalize(t.Context(), target, wrapper.DAGTarball("version"))
					if row.want.err == nil {
						require.NoError(t, err, "fault %d", i)
						assert.Equal(t, target.DeployID, deploy.ID)
						assert.Equal(t, "version", *deploy.DAGTarballVersion)
					} else {
						require.ErrorIs(t, err, row.want.err, "fault %d", i)
						assert.Nil(t, deploy)
					}
					if err != nil {
						assert.Equal(t, row.want.err == wrapper.ErrOutcomeUnknown, mayHaveTakenEffect(t, err), "fault %d", i)
					}
					if row.want.err != wrapper.ErrOutcomeUnknown {
						assert.NotErrorIs(t, err, wrapper.ErrOutcomeUnknown, "fault %d", i)
					}
					posts, gets := 0, 0
					for _, request := range server.Requests() {
						if request.Method == http.MethodPost {
							posts++
						} else {
							gets++
						}
					}
					assert.Equal(t, row.want.posts, posts, "finalizes, fault %d", i)
					assert.Equal(t, row.want.gets, gets, "read-backs, fault %d", i)
					after, _ := server.Deploy(target.DeployID)
					assert.Equal(t, row.want.deployed, after.Status == api.DeployStatusDeployed, "fault %d", i)
				})
			}
		})
	}
}

// A failed deploy is a known outcome, even if the response was lost.
func TestOutcomeOfAFailedDeployIsKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client, closeAll := chaostest.InMemory(t, []astrotest.Option{astrotest.WithFinalizedStatus(api.DeployStatusFailed)})
		defer closeAll()
		target := add(server, api.DeployTypeDAGOnly)
		server.Inject(astrotest.CutResponse())
		_, err := client.Finalize(t.Context(), target, wrapper.DAGTarball("version"))
		var failed *wrapper.DeployFailedError
		require.ErrorAs(t, err, &failed)
		assert.Equal(t, target.DeployID, failed.Deploy.ID)
		assert.Len(t, server.Requests(), 4, "a finalize and three read-backs")
	})
}

// If the context ends a finalize that was sent, the outcome is unknown, and nothing more is sent.
func TestOutcomeIsUnknownWhenTheContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client, closeAll := chaostest.InMemory(t, nil)
		defer closeAll()
		target := add(server, api.DeployTypeImageOnly)
		server.Inject(astrotest.Hang())
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		_, err := client.Finalize(ctx, target, wrapper.ImageOnly())
		require.ErrorIs(t, err, wrapper.ErrOutcomeUnknown)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, time.Second, time.Since(began))
		assert.Len(t, server.Requests(), 1)

		_, err = client.Finalize(ctx, target, wrapper.ImageOnly())
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.NotErrorIs(t, err, wrapper.ErrOutcomeUnknown, "nothing was sent this time")
	})
}

// An abandoned attempt may take effect after the read-backs. The refusal of the next attempt is then not a
// failure.
func TestOutcomeOfALateAttemptIsSuccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client, closeAll := chaostest.InMemory(t, []astrotest.Option{astrotest.WithRefinalizeRefused()},
			wrapper.WithAttemptTimeout(30*time.Second),
			wrapper.WithRetry(wrapper.Retry{Backoff: func() wrapper.Backoff { return backoff.NewConstantBackOff(3500 * time.Millisecond) }}))
		defer closeAll()
		target := add(server, api.DeployTypeDAGOnly)
		server.Inject(astrotest.Slow(33200 * time.Millisecond).On(finalize))
		deploy, err := client.Finalize(t.Context(), target, wrapper.DAGTarball("version"))
		require.NoError(t, err)
		assert.Equal(t, "version", *deploy.DAGTarballVersion)
		assert.Len(t, server.Requests(), 5, "lost, read back twice, refused, read back")
	})
}

// An abandoned attempt may take effect after the call, so a deploy that is not finalized has not failed.
func TestOutcomeOfAnAttemptInFlightIsUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client, closeAll := chaostest.InMemory(t, nil, wrapper.WithRetry(wrapper.Retry{MaxAttempts: 1}))
		defer closeAll()
		target := add(server, api.DeployTypeDAGOnly)
		server.Inject(astrotest.Slow(40 * time.Second))
		_, err := client.Finalize(t.Context(), target, wrapper.DAGTarball("version"))
		require.ErrorIs(t, err, wrapper.ErrOutcomeUnknown)
		var unknown *wrapper.OutcomeUnknownError
		require.ErrorAs(t, err, &unknown)
		assert.Equal(t, api.DeployStatusInitialized, unknown.Deploy.Status)
		assert.NoError(t, unknown.LookUpErr)
		time.Sleep(5 * time.Second)
		after, _ := server.Deploy(target.DeployID)
		assert.Equal(t, api.DeployStatusDeployed, after.Status)
	})
}

// A deploy that shows the version while still INITIALIZED has not failed.
func TestOutcomeOfAnInitializedDeployWithTheVersionIsUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client, closeAll := chaostest.InMemory(t, []astrotest.Option{astrotest.WithFinalizedStatus(api.DeployStatusInitialized)}, wrapper.WithRetry(wrapper.Retry{MaxAttempts: 1}))
		defer closeAll()
		for content, deployType := range map[wrapper.Content]api.DeployType{wrapper.DAGTarball("version"): api.DeployTypeDAGOnly, wrapper.BundleTarball("version"): api.DeployTypeBundle} {
			server.Inject(astrotest.Error(500, "Internal").AfterCommit())
			_, err := client.Finalize(t.Context(), add(server, deployType), content)
			require.ErrorIs(t, err, wrapper.ErrOutcomeUnknown)
		}
	})
}

// The service may need time: a response that shows the deploy unchanged is neither success nor failure.
func TestOutcomeOfAnUnchangedDeployIsUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client, closeAll := chaostest.InMemory(t, nil, wrapper.WithRetry(wrapper.Retry{MaxAttempts: 1}))
		defer closeAll()
		target := add(server, api.DeployTypeDAGOnly)
		before, err := client.GetDeploy(t.Context(), target)
		require.NoError(t, err)
		unchanged, err := json.Marshal(before)
		require.NoError(t, err)

		server.Inject(astrotest.Respond(200, "application/json", string(unchanged)))
		_, err = client.Finalize(t.Context(), target, wrapper.DAGTarball("version"))
		require.ErrorIs(t, err, wrapper.ErrOutcomeUnknown)
		assert.ErrorContains(t, err, "the response shows the deploy as not finalized")

		server.Inject(astrotest.Respond(200, "application/json", string(unchanged)).AfterCommit())
		deploy, err := client.Finalize(t.Context(), target, wrapper.DAGTarball("version"))
		require.NoError(t, err)
		assert.Equal(t, "version", *deploy.DAGTarballVersion)
	})
}

func TestErrorsHaveTheElapsedTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client, closeAll := chaostest.InMemory(t, nil, wrapper.WithRetry(wrapper.Retry{Backoff: func() wrapper.Backoff { return backoff.NewConstantBackOff(time.Second) }}))
		defer closeAll()
		internal := astrotest.Error(500, "Internal")
		server.Inject(internal, internal, internal, internal)
		_, err := client.GetDeploy(t.Context(), add(server, api.DeployTypeImageOnly))
		var apiErr *wrapper.APIError
		require.ErrorAs(t, err, &apiErr)
		assert.Equal(t, 4, apiErr.Attempts)
		assert.Equal(t, 3*time.Second, apiErr.Elapsed)
		assert.ErrorContains(t, err, "after 4 attempts in 3s")
	})
}

// If a call ends while it waits for another attempt, its error still has the last response.
func TestErrorsHaveTheLastResponse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		sealed := errors.New("vault is sealed")
		source := func(context.Context) (string, error) {
			if calls++; calls == 3 {
				return "", sealed
			}
			return astrotest.Token, nil
		}
		server, client, closeAll := chaostest.InMemory(t, nil, wrapper.WithTokenSource(source))
		defer closeAll()
		target := add(server, api.DeployTypeImageOnly)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		server.Inject(astrotest.Error(429, "slow down").WithHeader("Retry-After", "30"))
		_, err := client.Finalize(ctx, target, wrapper.ImageOnly())
		for end, err := range map[error]error{context.DeadlineExceeded: err, sealed: func() error {
			server.Inject(astrotest.Error(429, "slow down"))
			_, err := client.Finalize(t.Context(), target, wrapper.ImageOnly())
			return err
		}()} {
			require.ErrorIs(t, err, end)
			require.ErrorIs(t, err, wrapper.ErrRateLimited)
			var apiErr *wrapper.APIError
			require.ErrorAs(t, err, &apiErr)
			assert.Equal(t, "slow down", apiErr.Message)
			assert.Equal(t, "astrotest-request", apiErr.RequestID)
			assert.NotErrorIs(t, err, wrapper.ErrOutcomeUnknown)
		}
	})
}

// An attempt that was not sent changes nothing: two read-backs do not prove a failure.
func TestOutcomeWithoutATokenForTheRetryIsUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		source := func(context.Context) (string, error) {
			if calls++; calls > 3 {
				return "", errors.New("vault is sealed")
			}
			return astrotest.Token, nil
		}
		server, client, closeAll := chaostest.InMemory(t, nil, wrapper.WithTokenSource(source))
		defer closeAll()
		server.Inject(astrotest.Error(500, "Internal").On(finalize))
		_, err := client.Finalize(t.Context(), add(server, api.DeployTypeImageOnly), wrapper.ImageOnly())
		require.ErrorContains(t, err, "vault is sealed")
		require.ErrorIs(t, err, wrapper.ErrServer)
		require.ErrorIs(t, err, wrapper.ErrOutcomeUnknown)
	})
}

// A token that is invalid from the second attempt on is not a ValidationError, since a request was sent.
func TestOutcomeWithAnInvalidTokenForTheRetryIsUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		source := func(context.Context) (string, error) {
			if calls++; calls == 1 {
				return astrotest.Token, nil
			}
			return astrotest.Token + "\n", nil
		}
		server, client, closeAll := chaostest.InMemory(t, nil, wrapper.WithTokenSource(source))
		defer closeAll()
		server.Inject(astrotest.BadGateway().AfterCommit())
		_, err := client.Finalize(t.Context(), add(server, api.DeployTypeImageOnly), wrapper.ImageOnly())
		require.ErrorIs(t, err, wrapper.ErrOutcomeUnknown)
		assert.ErrorContains(t, err, "white space")
		assert.False(t, errors.As(err, new(*wrapper.ValidationError)))
	})
}

// WithoutLookUp the finalize is retried without read-backs, and doubt remains.
func TestWithoutLookUpLeavesDoubt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client, closeAll := chaostest.InMemory(t, nil, wrapper.WithoutLookUp())
		defer closeAll()
		target := add(server, api.DeployTypeImageOnly)
		server.Inject(astrotest.CutResponse(), astrotest.BadGateway())
		_, err := client.Finalize(t.Context(), target, wrapper.ImageOnly())
		require.NoError(t, err)
		server.Inject(astrotest.CutResponse(), astrotest.Error(400, "Already finalized"))
		_, err = client.Finalize(t.Context(), target, wrapper.ImageOnly())
		require.ErrorIs(t, err, wrapper.ErrOutcomeUnknown)
		require.ErrorIs(t, err, wrapper.ErrBadRequest)
		for _, request := range server.Requests() {
			assert.Equal(t, http.MethodPost, request.Method)
		}
	})
}

// Another client finalized the deploy with another version, so nothing shows that ours took effect.
func TestOutcomeWithAnotherVersionIsUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client, closeAll := chaostest.InMemory(t, nil, wrapper.WithRetry(wrapper.Retry{MaxAttempts: 1}))
		defer closeAll()
		target := add(server, api.DeployTypeDAGOnly)
		_, err := client.Finalize(t.Context(), target, wrapper.DAGTarball("theirs"))
		require.NoError(t, err)
		server.Inject(astrotest.CutConnection())
		_, err = client.Finalize(t.Context(), target, wrapper.DAGTarball("ours"))
		var unknown *wrapper.OutcomeUnknownError
		require.ErrorAs(t, err, &unknown)
		require.ErrorIs(t, err, wrapper.ErrOutcomeUnknown)
		assert.Equal(t, "theirs", *unknown.Deploy.DAGTarballVersion)
		assert.NoError(t, unknown.LookUpErr)
	})
}

// API() retries reads.
func TestGeneratedClientRetriesReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client, closeAll := chaostest.InMemory(t, nil)
		defer closeAll()
		target := add(server, api.DeployTypeImageOnly)
		server.Inject(astrotest.BadGateway(), astrotest.CutConnection(), astrotest.Respond(200, "text/html", "<html>"))
		response, err := client.API().GetDeploy(t.Context(), target.OrganizationID, target.DeploymentID, target.DeployID)
		require.NoError(t, err)
		assert.Equal(t, http.StatusOK, response.StatusCode)
		assert.Len(t, server.Requests(), 4)
	})
}

// The error of a request through API() says whether it may have taken effect.
func TestGeneratedClientsErrorsSayIfTheRequestMayHaveTakenEffect(t *testing.T) {
	server, client, deployment := home(t)
	request := api.CreateDeployRequest{Type: api.DeployTypeDAGOnly}
	server.Inject(astrotest.CutConnection(), astrotest.CutConnection(), astrotest.CutConnection(), astrotest.CutConnection(), astrotest.CutConnection())
	_, err := client.API().CreateDeploy(t.Context(), deployment.OrganizationID, deployment.DeploymentID, request)
	assert.True(t, mayHaveTakenEffect(t, err))
	assert.ErrorContains(t, err, "; the request may have taken effect")
	_, err = client.API().GetDeploy(t.Context(), deployment.OrganizationID, deployment.DeploymentID, "p")
	assert.False(t, mayHaveTakenEffect(t, err), "a read has no effect")
	assert.NotContains(t, err.Error(), "effect")
}

const (
	finalize = "FinalizeDeploy"
	read     = "GetDeploy"
)

func each[T any](values []T, change func(T) T) []T {
	changed := make([]T, len(values))
	for i, value := range values {
		changed[i] = change(value)
	}
	return changed
}

// add adds a Deployment with one deploy to the server and returns its target.
func add(server *astrotest.Server, deployType api.DeployType) wrapper.Target {
	deployment := server.AddDeployment(astrotest.Deployment{DAGDeploys: true})
	deploy := server.AddDeploy(api.Deploy{DeploymentID: deployment.ID, Type: deployType})
	return wrapper.TargetOf(deployment.OrganizationID, &deploy)
}
