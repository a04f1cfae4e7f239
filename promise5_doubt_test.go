package astrofinalize_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// contents lists every kind of content with its deploy type.
var contents = []struct {
	name       string
	deployType api.DeployType
	content    wrapper.Content
}{
	{"DAGs", api.DeployTypeDAGOnly, wrapper.DAGTarball(version)},
	{"bundle", api.DeployTypeBundle, wrapper.BundleTarball(version)},
	{"removal", api.DeployTypeBundle, wrapper.RemoveBundle()},
	{"image", api.DeployTypeImageOnly, wrapper.ImageOnly()},
}

// Every finalize takes effect and every response denies it, while the first reads still show the old deploy.
// Fails if a single INITIALIZED is final, or if read-backs follow too closely.
func TestPromise5dStaleReadIsNotAFailure(t *testing.T) {
	for _, lag := range []struct {
		reads int
		d     time.Duration
	}{{1, 0}, {2, 0}, {0, 2 * time.Second}, {0, 5 * time.Second}} {
		for _, status := range []int{500, 204} {
			for _, row := range contents {
				t.Run(fmt.Sprintf("%d reads and %v/%d/%s", lag.reads, lag.d, status, row.name), func(t *testing.T) {
					inBubble(t, []astrotest.Option{astrotest.WithLag(lag.reads, lag.d)}, func(w world) {
						w.always(map[string]astrotest.Fault{finalizeDeploy: astrotest.Error(status, "as injected").AfterCommit()})
						target := w.add(row.deployType)
						deploy, err := w.client.Finalize(w.Context(), target, row.content)
						require.NoError(w, err)
						assert.Equal(w, api.DeployStatusDeployed, deploy.Status)
						assert.LessOrEqual(w, w.server.Commits(target.DeployID), 2)
						assert.LessOrEqual(w, len(w.server.Requests()), 10)
					})
				})
			}
		}
	}
}

// A definite failure takes three matching read-backs and no attempt in flight; otherwise the outcome is
// unknown.
func TestPromise5dFailureTakesThreeMatchingReadBacks(t *testing.T) {
	initialized, failed := showing(object{}), showing(object{"status": "FAILED"})
	unreadable := astrotest.Error(500, "as injected")
	for _, row := range []struct {
		name      string
		post      astrotest.Fault
		gets      []astrotest.Fault // the last one also serves all later GETs
		unknown   bool
		readBacks int
	}{
		{"500, and INITIALIZED", astrotest.Error(500, ""), []astrotest.Fault{initialized}, false, 3},
		{"500, and INITIALIZED twice", astrotest.Error(500, ""), []astrotest.Fault{initialized, initialized, unreadable}, true, 9},
		{"500, and INITIALIZED with failed reads between", astrotest.Error(500, ""), []astrotest.Fault{initialized, unreadable, initialized, unreadable, initialized}, false, 5},
		{"500, and every read fails", astrotest.Error(500, ""), []astrotest.Fault{unreadable}, true, 9},
		{"204, and INITIALIZED", astrotest.Respond(204, "", ""), []astrotest.Fault{initialized}, false, 3},
		{"302, and INITIALIZED", astrotest.Respond(302, "", ""), []astrotest.Fault{initialized}, false, 3},
		{"202, and INITIALIZED", astrotest.Respond(202, "", ""), []astrotest.Fault{initialized}, true, 3},
		{"408, and INITIALIZED", astrotest.Error(408, ""), []astrotest.Fault{initialized}, true, 3},
		{"502, and INITIALIZED", astrotest.Error(502, ""), []astrotest.Fault{initialized}, true, 3},
		{"503, and INITIALIZED", astrotest.Error(503, ""), []astrotest.Fault{initialized}, true, 3},
		{"504, and INITIALIZED", astrotest.Error(504, ""), []astrotest.Fault{initialized}, true, 3},
		{"520, and INITIALIZED", astrotest.Error(520, ""), []astrotest.Fault{initialized}, true, 3},
		{"522, and INITIALIZED", astrotest.Error(522, ""), []astrotest.Fault{initialized}, true, 3},
		{"524, and INITIALIZED", astrotest.Error(524, ""), []astrotest.Fault{initialized}, true, 3},
		{"no response, and INITIALIZED", astrotest.CutConnection(), []astrotest.Fault{initialized}, true, 3},
		{"a deadline, and INITIALIZED", astrotest.Hang(), []astrotest.Fault{initialized}, true, 3},
		{"500, and FAILED", astrotest.Error(500, ""), []astrotest.Fault{failed}, false, 3},
		{"500, and FAILED once", astrotest.Error(500, ""), []astrotest.Fault{failed, unreadable}, true, 9},
		{"500, and FAILED after INITIALIZED", astrotest.Error(500, ""), []astrotest.Fault{initialized, initialized, failed}, false, 5},
		{"500, and INITIALIZED after FAILED", astrotest.Error(500, ""), []astrotest.Fault{failed, initialized}, true, 4},
		{"no response, and FAILED", astrotest.CutConnection(), []astrotest.Fault{failed}, true, 3},
		{"502, and FAILED", astrotest.Error(502, ""), []astrotest.Fault{failed}, true, 3},
	} {
		t.Run(row.name, func(t *testing.T) {
			inBubble(t, nil, func(w world) {
				readBacks := 0
				w.server.InjectFunc(func(operation string) (astrotest.Fault, bool) {
					if operation == finalizeDeploy {
						return row.post, true
					}
					readBacks++
					return row.gets[min(readBacks, len(row.gets))-1], true
				})
				began := time.Now()
				_, err := w.client.Finalize(w.Context(), w.add(api.DeployTypeDAGOnly), wrapper.DAGTarball(version))
				require.Error(w, err)
				var deployFailed *wrapper.DeployFailedError
				if row.unknown {
					require.ErrorIs(w, err, wrapper.ErrOutcomeUnknown)
					assert.NotErrorAs(w, err, &deployFailed)
				} else {
					assert.NotErrorIs(w, err, wrapper.ErrOutcomeUnknown)
				}
				assert.Equal(w, row.readBacks, readBacks)
				assert.GreaterOrEqual(w, time.Since(began), 6*time.Second, "three read-backs are 3 s apart")
			}, wrapper.WithRetry(wrapper.Retry{MaxAttempts: 1}))
		})
	}
}

// The deploy was FAILED before the call, and an abandoned attempt takes effect later. Fails if FAILED counts
// while an attempt is in flight.
func TestPromise5dFAILEDFromBeforeTheCallIsNotTheOutcome(t *testing.T) {
	for name, fault := range map[string]astrotest.Fault{"late": astrotest.Slow(100 * time.Second), "never": astrotest.Hang(), "cut": astrotest.CutConnection(), "503": astrotest.Error(503, "")} {
		for _, row := range contents {
			t.Run(name+"/"+row.name, func(t *testing.T) {
				inBubble(t, nil, func(w world) {
					deploy := w.server.AddDeploy(api.Deploy{DeploymentID: w.deployment.ID, Type: row.deployType, Status: api.DeployStatusFailed})
					target := wrapper.TargetOf(w.deployment.OrganizationID, &deploy)
					w.always(map[string]astrotest.Fault{finalizeDeploy: fault})
					_, err := w.client.Finalize(w.Context(), target, row.content)
					require.ErrorIs(w, err, wrapper.ErrOutcomeUnknown)
					var failed *wrapper.DeployFailedError
					require.NotErrorAs(w, err, &failed)
					if name == "late" {
						time.Sleep(100 * time.Second)
						assert.Equal(w, 1, w.server.Commits(target.DeployID))
						assert.Equal(w, api.DeployStatusDeployed, w.status(target))
					}
				})
			})
		}
	}
}

// A 200 that shows FAILED means that the deploy failed, unless another attempt may still be in flight.
func TestPromise5dFAILEDInAResponseIsFinalUnlessInFlight(t *testing.T) {
	for _, first := range []struct {
		fault   astrotest.Fault
		unknown bool
	}{{astrotest.Error(429, ""), false}, {astrotest.Error(500, ""), false}, {astrotest.CutConnection(), true}, {astrotest.Hang(), true}, {astrotest.Error(504, ""), true}} {
		inBubble(t, []astrotest.Option{astrotest.WithFinalizedStatus(api.DeployStatusFailed)}, func(w world) {
			w.server.Inject(first.fault.On(finalizeDeploy))
			_, err := w.client.Finalize(w.Context(), w.add(api.DeployTypeDAGOnly), wrapper.DAGTarball(version))
			var failed *wrapper.DeployFailedError
			if first.unknown {
				require.ErrorIs(w, err, wrapper.ErrOutcomeUnknown, "%v", first.fault)
				assert.NotErrorAs(w, err, &failed, "%v", first.fault)
			} else {
				assert.ErrorAs(w, err, &failed, "%v", first.fault)
			}
			assert.Equal(w, 2, w.count(finalizeDeploy), "%v", first.fault)
		})
	}
}

// A proxy that retries may deliver one request twice: the first delivery takes effect, and the response is
// for the second. Fails if a refusal is final without a read-back.
func TestPromise5dRefusalOfASecondDeliveryIsReadBack(t *testing.T) {
	for _, row := range contents {
		for _, status := range []int{400, 409, 422, 429} {
			t.Run(fmt.Sprintf("%s/%d", row.name, status), func(t *testing.T) {
				inBubble(t, nil, func(w world) {
					target := w.add(row.deployType)
					w.always(map[string]astrotest.Fault{finalizeDeploy: astrotest.Error(status, "Already finalized").AfterCommit()})
					deploy, err := w.client.Finalize(w.Context(), target, row.content)
					require.NoError(w, err)
					assert.Equal(w, api.DeployStatusDeployed, deploy.Status)
					if status != http.StatusTooManyRequests {
						assert.Equal(w, 1, w.count(finalizeDeploy))
						assert.Equal(w, 1, w.count(getDeploy))
					}
				})
			})
		}
		for _, status := range []int{401, 403, 404} {
			t.Run(fmt.Sprintf("%s/%d", row.name, status), func(t *testing.T) {
				inBubble(t, nil, func(w world) {
					w.always(map[string]astrotest.Fault{finalizeDeploy: astrotest.Error(status, "as injected").AfterCommit()})
					_, err := w.client.Finalize(w.Context(), w.add(row.deployType), row.content)
					var refused *wrapper.APIError
					require.ErrorAs(w, err, &refused)
					assert.Equal(w, status, refused.StatusCode)
					assert.NotErrorIs(w, err, wrapper.ErrOutcomeUnknown)
					assert.Len(w, w.server.Requests(), 1, "a read-back would not tell more")
				})
			})
		}
	}
}

// A real refusal stays one, whether the read-back shows INITIALIZED, is refused or shows FAILED.
func TestPromise5dRefusalIsReadBackOnce(t *testing.T) {
	for _, status := range []int{400, 409, 422} {
		for _, readBack := range []astrotest.Fault{showing(object{}), astrotest.Error(403, "as injected"), showing(object{"status": "FAILED"})} {
			inBubble(t, nil, func(w world) {
				w.always(map[string]astrotest.Fault{finalizeDeploy: astrotest.Error(status, "Invalid"), getDeploy: readBack})
				_, err := w.client.Finalize(w.Context(), w.add(api.DeployTypeDAGOnly), wrapper.DAGTarball(version))
				var refused *wrapper.APIError
				require.ErrorAs(w, err, &refused)
				assert.Equal(w, status, refused.StatusCode)
				assert.False(w, refused.MayHaveTakenEffect)
				assert.NotErrorIs(w, err, wrapper.ErrOutcomeUnknown)
				assert.Equal(w, 1, w.count(finalizeDeploy))
				assert.Equal(w, 1, w.count(getDeploy))
			})
		}
	}
}

// A 429 may be for a second delivery, too, however the next attempt is refused.
func TestPromise5dRefusalAfterA429IsReadBack(t *testing.T) {
	for _, status := range []int{401, 403, 404} {
		inBubble(t, nil, func(w world) {
			w.server.Inject(astrotest.RateLimited().AfterCommit().On(finalizeDeploy), astrotest.Error(status, "").On(finalizeDeploy))
			_, err := w.client.Finalize(w.Context(), w.add(api.DeployTypeDAGOnly), wrapper.DAGTarball(version))
			require.NoError(w, err, status)
			assert.Equal(w, 1, w.count(getDeploy))
		})
	}
}

// If the read-back fails, the refusal may have been for a second delivery.
func TestPromise5dRefusalWithoutReadBackIsUnknown(t *testing.T) {
	for _, readBack := range []astrotest.Fault{astrotest.CutResponse(), astrotest.Hang(), astrotest.Error(503, "")} {
		inBubble(t, nil, func(w world) {
			w.always(map[string]astrotest.Fault{finalizeDeploy: astrotest.Error(400, "Invalid"), getDeploy: readBack})
			_, err := w.client.Finalize(w.Context(), w.add(api.DeployTypeDAGOnly), wrapper.DAGTarball(version))
			require.ErrorIs(w, err, wrapper.ErrOutcomeUnknown)
			require.ErrorIs(w, err, wrapper.ErrBadRequest)
			assert.Equal(w, 3, w.count(getDeploy))
		})
	}
}

// Two stale reads allow another attempt but do not prove a failure: a refusal of that attempt is read back
// like any other doubt.
func TestPromise5dRefusalAfterStaleReadsIsReadBack(t *testing.T) {
	for _, lag := range []time.Duration{2 * time.Second, 4 * time.Second, 6 * time.Second, 8 * time.Second} {
		for _, post := range []astrotest.Fault{astrotest.Error(500, "").AfterCommit(), astrotest.CutConnection().AfterCommit(), astrotest.BadGateway().AfterCommit()} {
			inBubble(t, []astrotest.Option{astrotest.WithLag(0, lag), astrotest.WithRefinalizeRefused()}, func(w world) {
				w.server.Inject(post.On(finalizeDeploy))
				_, err := w.client.Finalize(w.Context(), w.add(api.DeployTypeDAGOnly), wrapper.DAGTarball(version))
				require.NoError(w, err, "%v, %v", post, lag)
			}, wrapper.WithRetry(wrapper.Retry{Backoff: wrapper.ConstantBackoff(100 * time.Millisecond)}))
		}
	}
}

// errors.Is finds the caller's deadline if it ends the read-back of a refusal.
func TestPromise5dDeadlineDuringReadBackOfARefusalIsReported(t *testing.T) {
	for _, status := range []int{400, 409, 422} {
		inBubble(t, nil, func(w world) {
			w.always(map[string]astrotest.Fault{finalizeDeploy: astrotest.Error(status, "Invalid"), getDeploy: astrotest.Hang()})
			ctx, cancel := context.WithTimeout(w.Context(), 2*time.Second)
			defer cancel()
			_, err := w.client.Finalize(ctx, w.add(api.DeployTypeDAGOnly), wrapper.DAGTarball(version))
			require.ErrorIs(w, err, context.DeadlineExceeded)
			require.ErrorIs(w, err, wrapper.ErrOutcomeUnknown, "it was not read back")
			var refused *wrapper.APIError
			require.ErrorAs(w, err, &refused)
			assert.Equal(w, status, refused.StatusCode)
		})
	}
}

// A refusal says nothing about an earlier doubtful attempt.
func TestPromise5dRefusalSaysNothingAboutEarlierAttempts(t *testing.T) {
	for _, first := range []astrotest.Fault{astrotest.Hang(), astrotest.Slow(35 * time.Second), astrotest.Error(502, ""), astrotest.CutConnection()} {
		for _, status := range []int{400, 401, 403, 404, 409, 422} {
			inBubble(t, nil, func(w world) {
				target := w.add(api.DeployTypeDAGOnly)
				w.server.Inject(first.On(finalizeDeploy))
				w.always(map[string]astrotest.Fault{finalizeDeploy: astrotest.Error(status, "as injected")})
				_, err := w.client.Finalize(w.Context(), target, wrapper.DAGTarball(version))
				if w.server.Commits(target.DeployID) > 0 {
					require.NoError(w, err, "%v, %d", first, status)
				} else {
					require.ErrorIs(w, err, wrapper.ErrOutcomeUnknown, "%v, %d", first, status)
				}
				assert.Equal(w, 2, w.count(finalizeDeploy))
			})
		}
	}
}
