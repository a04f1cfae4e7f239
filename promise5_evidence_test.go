package astrofinalize_test

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/deploys"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// object is the JSON of a deploy, or what is to be different in it.
type object = map[string]any

// showing returns a fault that changes members of a deploy in a response; nil removes one.
func showing(changes object) astrotest.Fault {
	return astrotest.EditDeploy(func(deploy map[string]any) {
		for name, value := range changes {
			if deploy[name] = value; value == nil {
				delete(deploy, name)
			}
		}
	})
}

// entry is an entry of a list of bundles.
func entry(changes object) []any {
	bundle := object{"bundleType": "dbt", "mountPath": "/b", "deployId": "", "currentVersion": version, "desiredVersion": version}
	maps.Copy(bundle, changes)
	for name, value := range bundle {
		if value == nil {
			delete(bundle, name)
		}
	}
	return []any{bundle}
}

const mine = "this deploy's" // stands for an ID that is known only when the deploy is there

// claimed replaces mine in a list of bundles.
func claimed(changes object, deployID string) object {
	changes = maps.Clone(changes)
	if bundles, are := changes["bundles"].([]any); are {
		bundles = slices.Clone(bundles)
		for i := range bundles {
			bundle := maps.Clone(bundles[i].(object))
			if bundle["deployId"] == mine {
				bundle["deployId"] = deployID
			}
			bundles[i] = bundle
		}
		changes["bundles"] = bundles
	}
	return changes
}

// evidence is what the look-ups show, after each finalize was lost, and whether that proves success.
// What does not is neither success nor, with what was lost in flight, the deploy's failure.
var evidence = []struct {
	name    string
	content wrapper.Content
	shown   object
	success bool
}{
	{"DAGs: DEPLOYED with the version", wrapper.DAGTarball(version), object{"status": "DEPLOYED", "dagTarballVersion": version}, true},
	{"DAGs: the type that is shown means nothing", wrapper.DAGTarball(version), object{"status": "DEPLOYED", "type": "IMAGE_ONLY", "dagTarballVersion": version}, true},
	{"DAGs: DAG deploys are shown as off", wrapper.DAGTarball(version), object{"status": "DEPLOYED", "isDagDeployEnabled": false, "dagTarballVersion": version}, true},
	{"DAGs: another version, with DAG deploys shown as off", wrapper.DAGTarball(version), object{"status": "DEPLOYED", "isDagDeployEnabled": false, "dagTarballVersion": "another"}, false},
	{"DAGs: another version, of a type without DAGs", wrapper.DAGTarball(version), object{"status": "DEPLOYED", "type": "IMAGE_ONLY", "dagTarballVersion": "another"}, false},
	{"DAGs: another version", wrapper.DAGTarball(version), object{"status": "DEPLOYED", "dagTarballVersion": "another"}, false},
	{"DAGs: an empty version", wrapper.DAGTarball(version), object{"status": "DEPLOYED", "dagTarballVersion": ""}, false},
	{"DAGs: a version that begins like it", wrapper.DAGTarball(version), object{"status": "DEPLOYED", "dagTarballVersion": version + "0"}, false},
	{"DAGs: no version", wrapper.DAGTarball(version), object{"status": "DEPLOYED"}, false},
	{"DAGs: no version, and DAG deploys shown as off", wrapper.DAGTarball(version), object{"status": "DEPLOYED", "isDagDeployEnabled": false}, false},
	{"DAGs: the version, INITIALIZED", wrapper.DAGTarball(version), object{"status": "INITIALIZED", "dagTarballVersion": version}, false},
	{"DAGs: the version, FAILED", wrapper.DAGTarball(version), object{"status": "FAILED", "dagTarballVersion": version}, false},
	{"DAGs: the version under a status nobody knows", wrapper.DAGTarball(version), object{"status": "FINALIZED", "dagTarballVersion": version}, false},
	{"DAGs: the version under a name that differs in case", wrapper.DAGTarball(version), object{"status": "DEPLOYED", "dagtarballversion": version}, false},
	{"DAGs: the version as a bundle's", wrapper.DAGTarball(version), object{"status": "DEPLOYED", "bundleMountPath": "/b", "bundles": entry(object{"deployId": mine})}, false},

	{"bundle: its own entry", wrapper.BundleTarball(version), object{"status": "DEPLOYED", "bundles": entry(object{"deployId": mine})}, true},
	{"bundle: its own entry, by another spelling of the path", wrapper.BundleTarball(version), object{"status": "DEPLOYED", "bundles": entry(object{"deployId": mine, "mountPath": "b/"})}, true},
	{"bundle: its own entry, still of the version before", wrapper.BundleTarball(version), object{"status": "DEPLOYED", "bundles": entry(object{"deployId": mine, "currentVersion": "before"})}, true},
	{"bundle: its own entry, of another version to come", wrapper.BundleTarball(version), object{"status": "DEPLOYED", "bundles": entry(object{"deployId": mine, "desiredVersion": "another"})}, false},
	{"bundle: its own entry, without a version", wrapper.BundleTarball(version), object{"status": "DEPLOYED", "bundles": entry(object{"deployId": mine, "desiredVersion": nil, "currentVersion": nil})}, false},
	{"bundle: its own entry, INITIALIZED", wrapper.BundleTarball(version), object{"status": "INITIALIZED", "bundles": entry(object{"deployId": mine})}, false},
	{"bundle: the version in another deploy's entry", wrapper.BundleTarball(version), object{"status": "DEPLOYED", "bundles": entry(object{"deployId": "another"})}, false},
	{"bundle: its own entry at another path", wrapper.BundleTarball(version), object{"status": "DEPLOYED", "bundles": entry(object{"deployId": mine, "mountPath": "/another"})}, false},
	{"bundle: its own entry, but of which path is not shown", wrapper.BundleTarball(version), object{"status": "DEPLOYED", "bundleMountPath": nil, "bundles": entry(object{"deployId": mine})}, false},
	{"bundle: no entry", wrapper.BundleTarball(version), object{"status": "DEPLOYED", "bundles": []any{}}, false},
	{"bundle: no list", wrapper.BundleTarball(version), object{"status": "DEPLOYED", "bundles": nil}, false},
	{"bundle: the version as that of DAGs", wrapper.BundleTarball(version), object{"status": "DEPLOYED", "bundles": []any{}, "dagTarballVersion": version}, false},

	{"removal: a list without the path", wrapper.RemoveBundle(), object{"status": "DEPLOYED", "bundles": []any{}}, true},
	{"removal: a list with another path", wrapper.RemoveBundle(), object{"status": "DEPLOYED", "bundles": entry(object{"mountPath": "/b/b"})}, true},
	{"removal: no list", wrapper.RemoveBundle(), object{"status": "DEPLOYED", "bundles": nil}, false},
	{"removal: a list without the path, INITIALIZED", wrapper.RemoveBundle(), object{"status": "INITIALIZED", "bundles": []any{}}, false},
	{"removal: the path by another spelling", wrapper.RemoveBundle(), object{"status": "DEPLOYED", "bundles": entry(object{"mountPath": "b"})}, false},
	{"removal: the path with a slash at its end", wrapper.RemoveBundle(), object{"status": "DEPLOYED", "bundles": entry(object{"mountPath": "/b/"})}, false},
	{"removal: another deploy's bundle at the path", wrapper.RemoveBundle(), object{"status": "DEPLOYED", "bundles": entry(object{"deployId": "another"})}, false},
	{"removal: of which path is not shown", wrapper.RemoveBundle(), object{"status": "DEPLOYED", "bundleMountPath": nil, "bundles": []any{}}, false},

	{"image: DEPLOYED", wrapper.ImageOnly(), object{"status": "DEPLOYED"}, true},
	{"image: INITIALIZED", wrapper.ImageOnly(), object{"status": "INITIALIZED"}, false},
	{"image: FAILED", wrapper.ImageOnly(), object{"status": "FAILED"}, false},
	{"image: deployed", wrapper.ImageOnly(), object{"status": "deployed"}, false},
}

// addFor adds the deploy of a row of evidence.
func (w world) addFor(row string) wrapper.Target {
	switch kind, _, _ := strings.Cut(row, ":"); kind {
	case "DAGs":
		return w.add(api.DeployTypeDAGOnly)
	case "image":
		return w.add(api.DeployTypeImageOnly)
	}
	return w.addBundle("/b")
}

// Each row that is no success turns red if success is concluded from what is missing, from the status, or
// from the type that is shown; each that is one if evidence is missed.
func TestPromise5cWhatProvesSuccess(t *testing.T) {
	for _, row := range evidence {
		t.Run(row.name, func(t *testing.T) {
			inBubble(t, nil, func(w world) {
				target := w.addFor(row.name)
				w.always(map[string]astrotest.Fault{finalizeDeploy: astrotest.CutConnection(), getDeploy: showing(claimed(row.shown, target.DeployID))})
				deploy, err := w.client.Finalize(w.Context(), target, row.content)
				if row.success {
					require.NoError(w, err)
					assert.Equal(w, target.DeployID, deploy.ID)
					assert.Equal(w, 1, w.count(finalizeDeploy))
					return
				}
				require.ErrorIs(w, err, wrapper.ErrOutcomeUnknown)
				assert.Nil(w, deploy)
				if row.shown["status"] != "INITIALIZED" {
					assert.Equal(w, 1, w.count(finalizeDeploy), "nothing follows what is past INITIALIZED")
				}
			})
		})
	}
}

// The same in the response to the finalize itself: a 200 that shows something else than was sent is no
// success. Red if the status of the response is believed.
func TestPromise5cWhatA200MustNotShow(t *testing.T) {
	for _, row := range evidence {
		switch row.name {
		case "bundle: the version in another deploy's entry", "bundle: its own entry at another path", "bundle: no entry", "bundle: no list",
			"removal: no list", "DAGs: no version", "DAGs: no version, and DAG deploys shown as off", "DAGs: the version as a bundle's",
			"bundle: its own entry, without a version", "bundle: the version as that of DAGs", "bundle: its own entry, but of which path is not shown",
			"DAGs: the version under a name that differs in case", "DAGs: the version, INITIALIZED", "bundle: its own entry, INITIALIZED", "image: INITIALIZED",
			"removal: another deploy's bundle at the path":
			continue // a 200 need not repeat what it is about, and another deploy may have come since
		}
		t.Run(row.name, func(t *testing.T) {
			inBubble(t, nil, func(w world) {
				target := w.addFor(row.name)
				shown := showing(claimed(row.shown, target.DeployID))
				w.always(map[string]astrotest.Fault{finalizeDeploy: shown, getDeploy: shown})
				deploy, err := w.client.Finalize(w.Context(), target, row.content)
				if row.success {
					require.NoError(w, err)
					assert.Equal(w, 1, len(w.server.Requests()))
					return
				}
				require.Error(w, err)
				assert.Nil(w, deploy)
			})
		})
	}
}

// Statuses that the contract does not have, in every response: no success, and waiting for them ends.
func TestPromise5cAStatusThatNobodyKnowsIsNoSuccess(t *testing.T) {
	for _, status := range []string{"failed", "CANCELED", "ABORTED", "deployed", "DEPLOYED ", "Deployed"} {
		t.Run(status, func(t *testing.T) {
			inBubble(t, nil, func(w world) {
				shown := showing(object{"status": status})
				w.always(map[string]astrotest.Fault{finalizeDeploy: shown, getDeploy: shown})
				target := w.add(api.DeployTypeDAGOnly)
				deploy, err := w.client.Finalize(w.Context(), target, wrapper.DAGTarball(version))
				require.ErrorIs(w, err, wrapper.ErrOutcomeUnknown)
				assert.Nil(w, deploy)
				assert.Equal(w, 1, w.count(finalizeDeploy))

				began := time.Now()
				deploy, err = w.client.Wait(w.Context(), target)
				var ended *wrapper.WaitError
				require.ErrorAs(w, err, &ended)
				assert.Nil(w, deploy)
				assert.Equal(w, api.DeployStatus(status), ended.Deploy.Status)
				assert.Less(w, time.Since(began), 10*time.Minute)
			})
		})
	}
}

// Names that differ in case are other members, whichever comes last. Red where package json decides.
func TestPromise5cANameThatDiffersInCaseIsAnother(t *testing.T) {
	for name, members := range map[string]string{
		"alone": `"Status":"DEPLOYED"`, "before": `"Status":"DEPLOYED","status":"INITIALIZED"`, "after": `"status":"INITIALIZED","Status":"DEPLOYED"`,
		"twice": `"status":"INITIALIZED","status":"DEPLOYED"`, "escaped": `"status":"INITIALIZED","\u0053tatus":"DEPLOYED"`, "long s": `"status":"INITIALIZED","ſtatus":"DEPLOYED"`,
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, nil, func(w world) {
				target := w.add(api.DeployTypeImageOnly)
				shown := astrotest.Respond(http.StatusOK, "application/json", `{"id":"`+target.DeployID+`","deploymentId":"`+target.DeploymentID+`","type":"IMAGE_ONLY",`+members+`}`)
				w.always(map[string]astrotest.Fault{finalizeDeploy: astrotest.CutConnection(), getDeploy: shown})
				_, err := w.client.Finalize(w.Context(), target, wrapper.ImageOnly())
				require.ErrorIs(w, err, wrapper.ErrOutcomeUnknown)
				if deploy, err := w.client.GetDeploy(w.Context(), target); err == nil {
					assert.Equal(w, api.DeployStatusInitialized, deploy.Status)
				}
				ctx, cancel := context.WithTimeout(w.Context(), 10*time.Minute)
				defer cancel()
				_, err = w.client.Wait(ctx, target)
				require.Error(w, err)
			})
		})
	}
}

// A removal that did not happen is no success, whatever the look-ups leave out.
func TestPromise5cARemovalThatDidNotHappen(t *testing.T) {
	for name, shown := range map[string]object{
		"no list":                 {"bundles": nil},
		"no list, DEPLOYED":       {"bundles": nil, "status": "DEPLOYED"},
		"the path without slash":  {"bundles": entry(object{"mountPath": "b"}), "status": "DEPLOYED"},
		"an empty list":           {"bundles": []any{}},
		"a null list, DEPLOYED":   {"bundles": json.RawMessage("null"), "status": "DEPLOYED"},
		"a list of something":     {"bundles": "none", "status": "DEPLOYED"},
		"an entry without a path": {"bundles": entry(object{"mountPath": nil}), "status": "INITIALIZED"},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, nil, func(w world) {
				w.server.Mount(w.deployment.ID, api.Bundle{MountPath: "/b", DesiredVersion: ptr("theirs")})
				w.always(map[string]astrotest.Fault{finalizeDeploy: astrotest.CutConnection(), getDeploy: showing(shown)})
				deploy, err := w.client.Finalize(w.Context(), w.addBundle("/b"), wrapper.RemoveBundle())
				require.ErrorIs(w, err, wrapper.ErrOutcomeUnknown)
				assert.Nil(w, deploy)
				assert.Equal(w, map[string]string{"/b": "theirs"}, w.bundles())
			})
		})
	}
}

// Which type the service shows a bundle's deploy with is not known. Red where the rule table or the
// evidence goes by it.
func TestPromise5cTheTypeThatIsShownMeansNothing(t *testing.T) {
	for _, shownAs := range []api.DeployType{api.DeployTypeBundle, api.DeployTypeDAGOnly, api.DeployTypeImageAndDAG, api.DeployTypeImageOnly} {
		t.Run(string(shownAs), func(t *testing.T) {
			inBubble(t, []astrotest.Option{astrotest.WithBundlesShownAs(shownAs)}, func(w world) {
				finalized := func(content wrapper.Content) {
					before := w.count(finalizeDeploy)
					created, err := w.client.CreateDeploy(w.Context(), w.home(), api.CreateDeployRequest{Type: api.DeployTypeBundle, BundleMountPath: ptr("/b"), BundleType: ptr("dbt")})
					require.NoError(w, err)
					_, err = w.client.Finalize(w.Context(), wrapper.TargetOf(w.deployment.OrganizationID, created), content)
					require.NoError(w, err)
					assert.Equal(w, 1, w.count(finalizeDeploy)-before)
				}
				finalized(wrapper.BundleTarball(version))
				assert.Equal(w, map[string]string{"/b": version}, w.bundles())
				finalized(wrapper.RemoveBundle())
				assert.Empty(w, w.bundles())

				finalized(wrapper.BundleTarball(version))
				before := w.count(finalizeDeploy)
				_, err := deploys.RemoveBundle(w.Context(), w.client, w.home(), deploys.Mount{Path: "/b", Type: "dbt"})
				require.NoError(w, err)
				assert.Equal(w, 1, w.count(finalizeDeploy)-before)
				assert.Empty(w, w.bundles())
			})
		})
	}
}

// What only informs may be odd, in the finalize's own response and in look-ups. Red where a finalize
// that took effect is repeated for it.
func TestPromise5cWhatOnlyInformsCostsNoAttempt(t *testing.T) {
	odd := showing(object{"description": 5, "createdBySubject": "x", "createdAt": "yesterday", "updatedAt": []any{}, "git": []any{}, "imageTag": 12, "rollbackFromId": 1})
	for name, fault := range map[string]astrotest.Fault{"in its response": odd, "in a look-up": astrotest.CutResponse()} {
		for deployType, content := range map[api.DeployType]wrapper.Content{api.DeployTypeDAGOnly: wrapper.DAGTarball(version), api.DeployTypeBundle: wrapper.BundleTarball(version), api.DeployTypeImageOnly: wrapper.ImageOnly()} {
			t.Run(name+"/"+string(deployType), func(t *testing.T) {
				inBubble(t, nil, func(w world) {
					target := w.add(deployType)
					w.always(map[string]astrotest.Fault{finalizeDeploy: fault, getDeploy: odd})
					_, err := w.client.Finalize(w.Context(), target, content)
					require.NoError(w, err)
					assert.Equal(w, 1, w.count(finalizeDeploy))
					assert.Equal(w, 1, w.server.Commits(target.DeployID))
				})
			})
		}
	}
}
