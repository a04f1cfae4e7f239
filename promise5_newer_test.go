package astrofinalize_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// theirs is another client's bundle at the mount path of the deploy under test.
var theirs = api.Bundle{MountPath: "/b", DeployID: "theirs", DesiredVersion: ptr("theirs")}

// mount mounts another client's bundle.
func (w world) mount() { w.server.Mount(w.deployment.ID, theirs) }

// addReplacing adds a deploy that is known to replace the bundle at its mount path, so that the bundle does
// not prevent a retry.
func (w world) addReplacing(mountPath string) wrapper.Target {
	before := w.server.Mount(w.deployment.ID, api.Bundle{MountPath: mountPath, DesiredVersion: ptr("before")})
	target := w.addBundle(mountPath)
	target.Replaces = before.DeployID
	return target
}

// lags are short enough for two matching read-backs to see the current state.
var lags = []struct {
	reads int
	d     time.Duration
}{{0, 0}, {1, 0}, {0, 2 * time.Second}}

// doubtful returns faults that leave the outcome of an attempt open and allow a retry.
func doubtful() []astrotest.Fault {
	return []astrotest.Fault{astrotest.BadGateway(), astrotest.Error(500, ""), astrotest.CutConnection(), astrotest.Hang(), astrotest.GoAway()}
}

// The attempt took effect, its response was lost, and then another client mounted its bundle. Fails if the
// deploy, which no longer shows any evidence of the attempt, is finalized again.
func TestPromise5eNewerMountIsNotUndone(t *testing.T) {
	for _, content := range []wrapper.Content{wrapper.RemoveBundle(), wrapper.BundleTarball(version)} {
		for _, lag := range lags {
			for _, fault := range doubtful()[:3] {
				inBubble(t, nil, func(w world) {
					target := w.addReplacing("/b")
					w.server.SetLag(lag.reads, lag.d)
					w.server.Inject(fault.AfterCommit().On(finalizeDeploy).Then(w.mount))
					_, err := w.client.Finalize(w.Context(), target, content)
					require.ErrorIs(w, err, wrapper.ErrOutcomeUnknown)
					assert.Equal(w, map[string]string{"/b": "theirs"}, w.bundles(), "%v, lag %v", fault, lag)
					assert.Equal(w, 1, w.count(finalizeDeploy), "%v, lag %v", fault, lag)
				})
			}
		}
	}
}

// The attempt took no effect, and another client mounts its bundle before the next one, while the deploy stays
// INITIALIZED. Fails if the status alone allows a retry.
func TestPromise5eOtherClientsBundleIsNotReplaced(t *testing.T) {
	for _, content := range []wrapper.Content{wrapper.RemoveBundle(), wrapper.BundleTarball(version)} {
		for _, lag := range lags {
			for _, fault := range doubtful() {
				inBubble(t, nil, func(w world) {
					target := w.addReplacing("/b")
					w.server.SetLag(lag.reads, lag.d)
					w.server.Inject(fault.On(finalizeDeploy).Then(w.mount))
					_, err := w.client.Finalize(w.Context(), target, content)
					require.Error(w, err)
					assert.Equal(w, map[string]string{"/b": "theirs"}, w.bundles(), "%v, lag %v", fault, lag)
					assert.Equal(w, 1, w.count(finalizeDeploy), "%v, lag %v", fault, lag)
					assert.Zero(w, w.server.Commits(target.DeployID))
				})
			}
		}
	}
}

// A deploy replaces the bundle that was mounted when it was created, which TargetOf puts into
// Target.Replaces. Fails if there is no retry although Replaces is set, or a retry although it is not.
func TestPromise5eReplacedBundleAllowsARetry(t *testing.T) {
	for _, content := range []wrapper.Content{wrapper.BundleTarball(version), wrapper.RemoveBundle()} {
		for _, knows := range []bool{true, false} {
			for _, fault := range doubtful() {
				inBubble(t, nil, func(w world) {
					w.server.Mount(w.deployment.ID, api.Bundle{MountPath: "/b", DesiredVersion: ptr("before")})
					created, err := w.client.CreateDeploy(w.Context(), w.home(), api.CreateDeployRequest{Type: api.DeployTypeBundle, BundleMountPath: ptr("/b"), BundleType: ptr("dbt")})
					require.NoError(w, err)
					target := wrapper.TargetOf(w.deployment.OrganizationID, created)
					require.NotEmpty(w, target.Replaces)
					if !knows {
						target.Replaces = ""
					}
					w.server.Inject(fault.On(finalizeDeploy))
					_, err = w.client.Finalize(w.Context(), target, content)
					if knows {
						require.NoError(w, err)
						assert.Equal(w, 2, w.count(finalizeDeploy))
						assert.NotEqual(w, map[string]string{"/b": "before"}, w.bundles())
						return
					}
					require.Error(w, err)
					assert.Equal(w, 1, w.count(finalizeDeploy))
					assert.Equal(w, map[string]string{"/b": "before"}, w.bundles())
				})
			}
		}
	}
}

// A read-back shows something newer once, and later ones do not. Fails if only the last read-back counts.
func TestPromise5eOneSightingPreventsRetries(t *testing.T) {
	for name, first := range map[string]object{
		"past INITIALIZED":                      {"status": "DEPLOYED", "bundles": []any{}},
		"an unknown status":                     {"status": "SUPERSEDED"},
		"FAILED":                                {"status": "FAILED"},
		"another deploy's bundle":               {"bundles": entry(object{"deployId": "theirs", "desiredVersion": "theirs"})},
		"one with another spelling of the path": {"bundles": entry(object{"deployId": "theirs", "desiredVersion": "theirs", "mountPath": "b/"})},
		"one that is being mounted":             {"bundles": entry(object{"deployId": "theirs", "desiredVersion": "theirs", "currentVersion": nil})},
		"one that is being removed":             {"bundles": entry(object{"deployId": "theirs", "desiredVersion": nil})},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, nil, func(w world) {
				w.server.Inject(showing(first).On(getDeploy))
				w.always(map[string]astrotest.Fault{finalizeDeploy: astrotest.Error(503, "")})
				_, err := w.client.Finalize(w.Context(), w.addBundle("/b"), wrapper.BundleTarball(version))
				require.ErrorIs(w, err, wrapper.ErrOutcomeUnknown)
				assert.Equal(w, 1, w.count(finalizeDeploy))
				assert.GreaterOrEqual(w, w.count(getDeploy), 3)
			})
		})
	}
}

// Another client finalizes the same deploy with another version. Fails if a retry undoes that.
func TestPromise5eOtherClientsFinalizeIsNotUndone(t *testing.T) {
	other := api.FinalizeDeployRequest{DAGTarballVersion: ptr("theirs")}
	for _, lag := range []int{0, 1} {
		for _, afterCommit := range []bool{false, true} {
			for _, fault := range doubtful()[:3] {
				inBubble(t, nil, func(w world) {
					target := w.add(api.DeployTypeDAGOnly)
					w.server.SetLag(lag, 0)
					if afterCommit {
						fault = fault.AfterCommit()
					}
					w.server.Inject(fault.On(finalizeDeploy).Then(func() { w.server.Finalize(target.DeployID, other) }))
					_, err := w.client.Finalize(w.Context(), target, wrapper.DAGTarball(version))
					require.ErrorIs(w, err, wrapper.ErrOutcomeUnknown)
					deploy, _ := w.server.Deploy(target.DeployID)
					assert.Equal(w, "theirs", *deploy.DAGTarballVersion)
					assert.Equal(w, 1, w.count(finalizeDeploy))
				})
			}
		}
	}
}

// A newer deploy or a rollback follows after the attempt took effect: the attempt succeeded, and neither is
// undone. Fails if success is read from the Deployment instead of the deploy.
func TestPromise5eNewerDeployIsNotUndone(t *testing.T) {
	for _, isRollback := range []bool{false, true} {
		for _, lag := range []int{0, 1} {
			for _, fault := range doubtful()[:3] {
				inBubble(t, nil, func(w world) {
					newer := w.add(api.DeployTypeDAGOnly)
					if isRollback {
						w.server.Finalize(newer.DeployID, api.FinalizeDeployRequest{DAGTarballVersion: ptr("theirs")})
					}
					target := w.add(api.DeployTypeDAGOnly)
					w.server.SetLag(lag, 0)
					w.server.Inject(fault.AfterCommit().On(finalizeDeploy).Then(func() {
						if isRollback {
							w.server.Rollback(newer.DeployID)
						} else {
							w.server.Finalize(newer.DeployID, api.FinalizeDeployRequest{DAGTarballVersion: ptr("theirs")})
						}
					}))
					deploy, err := w.client.Finalize(w.Context(), target, wrapper.DAGTarball(version))
					require.NoError(w, err)
					assert.Equal(w, version, *deploy.DAGTarballVersion)
					assert.Equal(w, 1, w.count(finalizeDeploy))
					deployment, _ := w.server.Deployment(w.deployment.ID)
					assert.Equal(w, "theirs", deployment.DAGTarballVersion)
				})
			}
		}
	}
}

// Two deploys share a mount path, and each response shows the other's entry: both succeeded. Fails if a 200
// with another deploy's entry is retried, since the two would undo each other forever.
func TestPromise5eTwoDeploysOfOneMountPathSucceed(t *testing.T) {
	inBubble(t, nil, func(w world) {
		targets := []wrapper.Target{w.addBundle("/b"), w.addBundle("/b")}
		for i, target := range targets {
			w.server.Inject(showing(object{"bundles": entry(object{"deployId": targets[1-i].DeployID, "desiredVersion": "theirs", "currentVersion": "theirs"})}).On(finalizeDeploy))
			deploy, err := w.client.Finalize(w.Context(), target, wrapper.BundleTarball(version))
			require.NoError(w, err)
			assert.Equal(w, target.DeployID, deploy.ID)
			assert.Equal(w, 1, w.server.Commits(target.DeployID))
		}
		assert.Len(w, w.server.Requests(), 2)
	})
}

// An abandoned attempt takes effect and another client acts, while this one waits for its next attempt. The
// outcome is unknown, but no retry may follow a read-back that shows the other client's bundle.
func TestPromise5eLateAttemptIsNotRetriedOverANewerMount(t *testing.T) {
	inBubble(t, nil, func(w world) {
		target := w.addBundle("/b")
		w.server.Inject(astrotest.Slow(31 * time.Second).On(finalizeDeploy).Then(w.mount))
		_, err := w.client.Finalize(w.Context(), target, wrapper.BundleTarball(version))
		require.ErrorIs(w, err, wrapper.ErrOutcomeUnknown)
		assert.Equal(w, map[string]string{"/b": "theirs"}, w.bundles())
		assert.Equal(w, 1, w.count(finalizeDeploy))
	})
}

// The response to a finalize counts like a read-back: one that shows a newer version prevents a retry.
func TestPromise5eResponseWithANewerVersionPreventsRetries(t *testing.T) {
	inBubble(t, nil, func(w world) {
		target := w.add(api.DeployTypeDAGOnly)
		newer := fmt.Sprintf(`{"id":%q,"deploymentId":%q,"status":"DEPLOYED","dagTarballVersion":"newer"}`, target.DeployID, target.DeploymentID)
		w.server.Inject(astrotest.Respond(200, "application/json", newer).On(finalizeDeploy))
		_, err := w.client.Finalize(w.Context(), target, wrapper.DAGTarball(version))
		require.ErrorIs(w, err, wrapper.ErrOutcomeUnknown)
		assert.Equal(w, 1, w.count(finalizeDeploy))
		assert.Zero(w, w.server.Commits(target.DeployID))
	})
}

// Another client may act during a long Retry-After, so the last read-back comes after it.
func TestPromise5eReadBackFollowsALongRetryAfter(t *testing.T) {
	inBubble(t, nil, func(w world) {
		target, theirs := w.add(api.DeployTypeDAGOnly), "theirs"
		w.server.Inject(astrotest.Error(503, "").WithHeader("Retry-After", "60").On(finalizeDeploy))
		time.AfterFunc(10*time.Second, func() {
			w.server.Finalize(target.DeployID, api.FinalizeDeployRequest{DAGTarballVersion: &theirs})
		})
		_, err := w.client.Finalize(w.Context(), target, wrapper.DAGTarball(version))
		require.ErrorIs(w, err, wrapper.ErrOutcomeUnknown)
		assert.Equal(w, 1, w.count(finalizeDeploy))
		now, _ := w.server.Deployment(w.deployment.ID)
		assert.Equal(w, theirs, now.DAGTarballVersion)
	})
}
