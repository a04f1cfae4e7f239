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

// theirs is a bundle of another client's, at the mount path of the deploy under test.
var theirs = api.Bundle{MountPath: "/b", DeployID: "theirs", DesiredVersion: ptr("theirs")}

// mount has another client mount its bundle.
func (w world) mount() { w.server.Mount(w.deployment.ID, theirs) }

// addReplacing adds a deploy that is known to replace the bundle at its mount path, so that this one is no
// reason against a retry.
func (w world) addReplacing(mountPath string) wrapper.Target {
	before := w.server.Mount(w.deployment.ID, api.Bundle{MountPath: mountPath, DesiredVersion: ptr("before")})
	target := w.addBundle(mountPath)
	target.Replaces = before.DeployID
	return target
}

// lags are those that two looks that agree see through.
var lags = []struct {
	reads int
	d     time.Duration
}{{0, 0}, {1, 0}, {0, 2 * time.Second}}

// doubtful are the ends of an attempt that say nothing of what became of it, and after which another one
// may follow.
func doubtful() []astrotest.Fault {
	return []astrotest.Fault{astrotest.BadGateway(), astrotest.Error(500, ""), astrotest.CutConnection(), astrotest.Hang(), astrotest.GoAway()}
}

// The attempt took effect and its response was lost, then another client mounted its bundle. Red if the
// deploy, which shows no evidence of the attempt any more, is finalized again.
func TestPromise5eWhatWasMountedSinceStays(t *testing.T) {
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

// The attempt took no effect, and another client mounts its bundle before the next: the deploy is
// INITIALIZED for all that. Red if its status alone allows a retry.
func TestPromise5eSomebodyElsesBundleIsNotReplaced(t *testing.T) {
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

// What was mounted when the deploy was created is what it is to replace: Target.Replaces says so, and
// TargetOf knows it. Red if a retry never comes where there is something to replace, and, without it, if
// a retry does.
func TestPromise5eTheBundleThatIsReplacedAllowsARetry(t *testing.T) {
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

// Another client's bundle comes, and goes once it was seen. Red if only the last look counts.
func TestPromise5eWhatWasSeenOnceCounts(t *testing.T) {
	for name, first := range map[string]object{
		"past INITIALIZED":          {"status": "DEPLOYED", "bundles": []any{}},
		"a status nobody knows":     {"status": "SUPERSEDED"},
		"FAILED":                    {"status": "FAILED"},
		"another deploy's bundle":   {"bundles": entry(object{"deployId": "theirs", "desiredVersion": "theirs"})},
		"one by another spelling":   {"bundles": entry(object{"deployId": "theirs", "desiredVersion": "theirs", "mountPath": "b/"})},
		"one that is on its way":    {"bundles": entry(object{"deployId": "theirs", "desiredVersion": "theirs", "currentVersion": nil})},
		"one that is being removed": {"bundles": entry(object{"deployId": "theirs", "desiredVersion": nil})},
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

// Somebody else finalizes this very deploy with another version. Red if an attempt follows that undoes it.
func TestPromise5eTheSameDeployByAnotherClient(t *testing.T) {
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

// A newer deploy of DAGs, and a rollback, came after the attempt took effect: that succeeded, and neither
// is undone. Red if success takes the Deployment's state in place of the deploy's.
func TestPromise5eWhatWasDeployedSinceStays(t *testing.T) {
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

// Two deploys of one mount path, each of whose responses shows the other's entry: both were carried out.
// Red if a 200 with another's entry has an attempt follow, which the other would answer for ever.
func TestPromise5eTwoDeploysOfOneMountPath(t *testing.T) {
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

// An attempt that was given up takes effect, then another client acts, while this one waits for its next
// attempt. That there is no telling is known; what must not happen is that the retry follows a look that
// could have told.
func TestPromise5eAnAttemptThatIsLate(t *testing.T) {
	inBubble(t, nil, func(w world) {
		target := w.addBundle("/b")
		w.server.Inject(astrotest.Slow(31 * time.Second).On(finalizeDeploy).Then(w.mount))
		_, err := w.client.Finalize(w.Context(), target, wrapper.BundleTarball(version))
		require.ErrorIs(w, err, wrapper.ErrOutcomeUnknown)
		assert.Equal(w, map[string]string{"/b": "theirs"}, w.bundles())
		assert.Equal(w, 1, w.count(finalizeDeploy))
	})
}

// What a response to the finalize shows counts like a look: it is refused, and no attempt follows.
func TestPromise5eAResponseThatShowsSomethingNewer(t *testing.T) {
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

// While the service asks for a long pause, somebody else may be at work: the last look comes after it.
func TestPromise5eALongPauseComesBeforeTheLastLook(t *testing.T) {
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
