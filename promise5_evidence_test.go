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

// object is the JSON of a deploy, or changes to it.
type object = map[string]any

// showing returns a fault that changes fields of the deploy in a response; nil removes a field.
func showing(changes object) astrotest.Fault {
	return astrotest.EditDeploy(func(deploy map[string]any) {
		for name, value := range changes {
			if deploy[name] = value; value == nil {
				delete(deploy, name)
			}
		}
	})
}

// entry returns a list of bundles with one entry.
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

const ownID = "this deploy's" // placeholder for the ID of a deploy that is not created yet

// withOwnID replaces ownID in the bundles of changes.
func withOwnID(changes object, deployID string) object {
	changes = maps.Clone(changes)
	if bundles, hasBundles := changes["bundles"].([]any); hasBundles {
		bundles = slices.Clone(bundles)
		for i := range bundles {
			bundle := maps.Clone(bundles[i].(object))
			if bundle["deployId"] == ownID {
				bundle["deployId"] = deployID
			}
			bundles[i] = bundle
		}
		changes["bundles"] = bundles
	}
	return changes
}

// evidence lists what the read-backs show after every finalize was lost, and whether that proves success.
// Without proof the outcome is unknown, since the lost requests may still be in flight.
var evidence = []struct {
	name    string
	content wrapper.Content
	shown   object
	success bool
}{
	{"DAGs: DEPLOYED with the version", wrapper.DAGTarball(version), object{"status": "DEPLOYED", "dagTarballVersion": version}, true},
	{"DAGs: another type", wrapper.DAGTarball(version), object{"status": "DEPLOYED", "type": "IMAGE_ONLY", "dagTarballVersion": version}, true},
	{"DAGs: DAG deploys shown as off", wrapper.DAGTarball(version), object{"status": "DEPLOYED", "isDagDeployEnabled": false, "dagTarballVersion": version}, true},
	{"DAGs: another version, with DAG deploys shown as off", wrapper.DAGTarball(version), object{"status": "DEPLOYED", "isDagDeployEnabled": false, "dagTarballVersion": "another"}, false},
	{"DAGs: another version, of a type without DAGs", wrapper.DAGTarball(version), object{"status": "DEPLOYED", "type": "IMAGE_ONLY", "dagTarballVersion": "another"}, false},
	{"DAGs: another version", wrapper.DAGTarball(version), object{"status": "DEPLOYED", "dagTarballVersion": "another"}, false},
	{"DAGs: an empty version", wrapper.DAGTarball(version), object{"status": "DEPLOYED", "dagTarballVersion": ""}, false},
	{"DAGs: a version with the right prefix", wrapper.DAGTarball(version), object{"status": "DEPLOYED", "dagTarballVersion": version + "0"}, false},
	{"DAGs: no version", wrapper.DAGTarball(version), object{"status": "DEPLOYED"}, false},
	{"DAGs: no version, and DAG deploys shown as off", wrapper.DAGTarball(version), object{"status": "DEPLOYED", "isDagDeployEnabled": false}, false},
	{"DAGs: the version, INITIALIZED", wrapper.DAGTarball(version), object{"status": "INITIALIZED", "dagTarballVersion": version}, false},
	{"DAGs: the version, FAILED", wrapper.DAGTarball(version), object{"status": "FAILED", "dagTarballVersion": version}, false},
	{"DAGs: the version, with an unknown status", wrapper.DAGTarball(version), object{"status": "FINALIZED", "dagTarballVersion": version}, false},
	{"DAGs: the version, in a field whose name differs in case", wrapper.DAGTarball(version), object{"status": "DEPLOYED", "dagtarballversion": version}, false},
	{"DAGs: the version as a bundle's", wrapper.DAGTarball(version), object{"status": "DEPLOYED", "bundleMountPath": "/b", "bundles": entry(object{"deployId": ownID})}, false},

	{"bundle: its own entry", wrapper.BundleTarball(version), object{"status": "DEPLOYED", "bundles": entry(object{"deployId": ownID})}, true},
	{"bundle: its own entry, with another spelling of the path", wrapper.BundleTarball(version), object{"status": "DEPLOYED", "bundles": entry(object{"deployId": ownID, "mountPath": "b/"})}, true},
	{"bundle: its own entry, with an older current version", wrapper.BundleTarball(version), object{"status": "DEPLOYED", "bundles": entry(object{"deployId": ownID, "currentVersion": "before"})}, true},
	{"bundle: its own entry, with another desired version", wrapper.BundleTarball(version), object{"status": "DEPLOYED", "bundles": entry(object{"deployId": ownID, "desiredVersion": "another"})}, false},
	{"bundle: its own entry, without a version", wrapper.BundleTarball(version), object{"status": "DEPLOYED", "bundles": entry(object{"deployId": ownID, "desiredVersion": nil, "currentVersion": nil})}, false},
	{"bundle: its own entry, INITIALIZED", wrapper.BundleTarball(version), object{"status": "INITIALIZED", "bundles": entry(object{"deployId": ownID})}, false},
	{"bundle: the version in another deploy's entry", wrapper.BundleTarball(version), object{"status": "DEPLOYED", "bundles": entry(object{"deployId": "another"})}, false},
	{"bundle: its own entry at another path", wrapper.BundleTarball(version), object{"status": "DEPLOYED", "bundles": entry(object{"deployId": ownID, "mountPath": "/another"})}, false},
	{"bundle: its own entry, without the deploy's mount path", wrapper.BundleTarball(version), object{"status": "DEPLOYED", "bundleMountPath": nil, "bundles": entry(object{"deployId": ownID})}, false},
	{"bundle: no entry", wrapper.BundleTarball(version), object{"status": "DEPLOYED", "bundles": []any{}}, false},
	{"bundle: no list", wrapper.BundleTarball(version), object{"status": "DEPLOYED", "bundles": nil}, false},
	{"bundle: the version as a DAG tarball's", wrapper.BundleTarball(version), object{"status": "DEPLOYED", "bundles": []any{}, "dagTarballVersion": version}, false},

	{"removal: a list without the path", wrapper.RemoveBundle(), object{"status": "DEPLOYED", "bundles": []any{}}, true},
	{"removal: a list with another path", wrapper.RemoveBundle(), object{"status": "DEPLOYED", "bundles": entry(object{"mountPath": "/b/b"})}, true},
	{"removal: no list", wrapper.RemoveBundle(), object{"status": "DEPLOYED", "bundles": nil}, false},
	{"removal: a list without the path, INITIALIZED", wrapper.RemoveBundle(), object{"status": "INITIALIZED", "bundles": []any{}}, false},
	{"removal: another spelling of the path", wrapper.RemoveBundle(), object{"status": "DEPLOYED", "bundles": entry(object{"mountPath": "b"})}, false},
	{"removal: the path with a trailing slash", wrapper.RemoveBundle(), object{"status": "DEPLOYED", "bundles": entry(object{"mountPath": "/b/"})}, false},
	{"removal: another deploy's bundle at the path", wrapper.RemoveBundle(), object{"status": "DEPLOYED", "bundles": entry(object{"deployId": "another"})}, false},
	{"removal: no mount path", wrapper.RemoveBundle(), object{"status": "DEPLOYED", "bundleMountPath": nil, "bundles": []any{}}, false},

	{"image: DEPLOYED", wrapper.ImageOnly(), object{"status": "DEPLOYED"}, true},
	{"image: INITIALIZED", wrapper.ImageOnly(), object{"status": "INITIALIZED"}, false},
	{"image: FAILED", wrapper.ImageOnly(), object{"status": "FAILED"}, false},
	{"image: deployed", wrapper.ImageOnly(), object{"status": "deployed"}, false},
}

// addFor adds the deploy for a row of evidence.
func (w world) addFor(row string) wrapper.Target {
	switch kind, _, _ := strings.Cut(row, ":"); kind {
	case "DAGs":
		return w.add(api.DeployTypeDAGOnly)
	case "image":
		return w.add(api.DeployTypeImageOnly)
	}
	return w.addBundle("/b")
}

// Rows without success fail if success is concluded from absence, from the status alone or from the type.
// Rows with success fail if evidence is missed.
func TestPromise5cSuccessTakesEvidence(t *testing.T) {
	for _, row := range evidence {
		t.Run(row.name, func(t *testing.T) {
			inBubble(t, nil, func(w world) {
				target := w.addFor(row.name)
				w.always(map[string]astrotest.Fault{finalizeDeploy: astrotest.CutConnection(), getDeploy: showing(withOwnID(row.shown, target.DeployID))})
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
					assert.Equal(w, 1, w.count(finalizeDeploy), "no retry once the deploy is past INITIALIZED")
				}
			})
		})
	}
}

// The same holds for the response to the finalize itself: a 200 that contradicts the request is not success.
// Fails if the status code is enough.
func TestPromise5cContradictingResponseIsNotSuccess(t *testing.T) {
	for _, row := range evidence {
		switch row.name {
		case "bundle: the version in another deploy's entry", "bundle: its own entry at another path", "bundle: no entry", "bundle: no list",
			"removal: no list", "DAGs: no version", "DAGs: no version, and DAG deploys shown as off", "DAGs: the version as a bundle's",
			"bundle: its own entry, without a version", "bundle: the version as a DAG tarball's", "bundle: its own entry, without the deploy's mount path",
			"DAGs: the version, in a field whose name differs in case", "DAGs: the version, INITIALIZED", "bundle: its own entry, INITIALIZED", "image: INITIALIZED",
			"removal: another deploy's bundle at the path":
			continue // a 200 need not show the evidence, and a newer deploy may have replaced the bundle
		}
		t.Run(row.name, func(t *testing.T) {
			inBubble(t, nil, func(w world) {
				target := w.addFor(row.name)
				shown := showing(withOwnID(row.shown, target.DeployID))
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

// Every response shows a status that the contract does not have: Finalize does not succeed, and Wait ends.
func TestPromise5cUnknownStatusIsNotSuccess(t *testing.T) {
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
				var waitErr *wrapper.WaitError
				require.ErrorAs(w, err, &waitErr)
				assert.Nil(w, deploy)
				assert.Equal(w, api.DeployStatus(status), waitErr.Deploy.Status)
				assert.Less(w, time.Since(began), 10*time.Minute)
			})
		})
	}
}

// A field whose name differs in case is another field, wherever it stands. Fails if encoding/json matches the
// names.
func TestPromise5cFieldNamesAreCaseSensitive(t *testing.T) {
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

// A removal that did not happen is not success, even if the read-backs leave fields out.
func TestPromise5cMissingFieldsDoNotProveARemoval(t *testing.T) {
	for name, shown := range map[string]object{
		"no list":                  {"bundles": nil},
		"no list, DEPLOYED":        {"bundles": nil, "status": "DEPLOYED"},
		"the path without a slash": {"bundles": entry(object{"mountPath": "b"}), "status": "DEPLOYED"},
		"an empty list":            {"bundles": []any{}},
		"a null list, DEPLOYED":    {"bundles": json.RawMessage("null"), "status": "DEPLOYED"},
		"a string as list":         {"bundles": "none", "status": "DEPLOYED"},
		"an entry without a path":  {"bundles": entry(object{"mountPath": nil}), "status": "INITIALIZED"},
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

// It is not known which type the service shows for a bundle's deploy. Fails if the rule table or the evidence
// relies on it.
func TestPromise5cShownTypeIsNotEvidence(t *testing.T) {
	for _, shownAs := range []api.DeployType{api.DeployTypeBundle, api.DeployTypeDAGOnly, api.DeployTypeImageAndDAG, api.DeployTypeImageOnly} {
		t.Run(string(shownAs), func(t *testing.T) {
			inBubble(t, []astrotest.Option{astrotest.WithBundlesShownAs(shownAs)}, func(w world) {
				finalizeNew := func(content wrapper.Content) {
					before := w.count(finalizeDeploy)
					created, err := w.client.CreateDeploy(w.Context(), w.home(), api.CreateDeployRequest{Type: api.DeployTypeBundle, BundleMountPath: ptr("/b"), BundleType: ptr("dbt")})
					require.NoError(w, err)
					_, err = w.client.Finalize(w.Context(), wrapper.TargetOf(w.deployment.OrganizationID, created), content)
					require.NoError(w, err)
					assert.Equal(w, 1, w.count(finalizeDeploy)-before)
				}
				finalizeNew(wrapper.BundleTarball(version))
				assert.Equal(w, map[string]string{"/b": version}, w.bundles())
				finalizeNew(wrapper.RemoveBundle())
				assert.Empty(w, w.bundles())

				finalizeNew(wrapper.BundleTarball(version))
				before := w.count(finalizeDeploy)
				_, err := deploys.RemoveBundle(w.Context(), w.client, w.home(), deploys.Mount{Path: "/b", Type: "dbt"})
				require.NoError(w, err)
				assert.Equal(w, 1, w.count(finalizeDeploy)-before)
				assert.Empty(w, w.bundles())
			})
		})
	}
}

// Informational fields may be malformed, in the finalize's response and in read-backs. Fails if a finalize
// that took effect is retried because of them.
func TestPromise5cMalformedInformationalFieldsCostNoAttempt(t *testing.T) {
	malformed := showing(object{"description": 5, "createdBySubject": "x", "createdAt": "yesterday", "updatedAt": []any{}, "git": []any{}, "imageTag": 12, "rollbackFromId": 1})
	for name, fault := range map[string]astrotest.Fault{"in its response": malformed, "in a read-back": astrotest.CutResponse()} {
		for deployType, content := range map[api.DeployType]wrapper.Content{api.DeployTypeDAGOnly: wrapper.DAGTarball(version), api.DeployTypeBundle: wrapper.BundleTarball(version), api.DeployTypeImageOnly: wrapper.ImageOnly()} {
			t.Run(name+"/"+string(deployType), func(t *testing.T) {
				inBubble(t, nil, func(w world) {
					target := w.add(deployType)
					w.always(map[string]astrotest.Fault{finalizeDeploy: fault, getDeploy: malformed})
					_, err := w.client.Finalize(w.Context(), target, content)
					require.NoError(w, err)
					assert.Equal(w, 1, w.count(finalizeDeploy))
					assert.Equal(w, 1, w.server.Commits(target.DeployID))
				})
			})
		}
	}
}
