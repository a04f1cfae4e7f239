package deploys_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/deploys"
	"github.com/astro-finalize/astro-finalize-go/tarball"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

func folder(content string) *tarball.Source {
	return tarball.FS(fstest.MapFS{"hello.py": {Data: []byte(content)}})
}

// inBubble calls test with a fake in a bubble of synctest, so that each deploy can have its own second.
func inBubble(t *testing.T, test func(t *testing.T, server *astrotest.Server, client *wrapper.Client, to wrapper.Deployment), options ...astrotest.Option) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		server := astrotest.New(t, append(options, astrotest.InMemory())...)
		client, err := wrapper.NewClient(wrapper.WithBaseURL(server.URL), wrapper.WithToken(astrotest.Token), wrapper.WithHTTPClient(server.Client()),
			wrapper.WithRetry(wrapper.Retry{MaxAttempts: 1}))
		require.NoError(t, err)
		test(t, server, client, deploymentOn(server))
	})
}

// kinds deploy some content, only if it changed.
var kinds = map[string]func(ctx context.Context, client deploys.Client, to wrapper.Deployment, content string, options ...deploys.Option) (*deploys.Result, error){
	"DAGs": func(ctx context.Context, client deploys.Client, to wrapper.Deployment, content string, options ...deploys.Option) (*deploys.Result, error) {
		return deploys.DAGs(ctx, client, to, folder(content), append(options, deploys.OnlyIfChanged())...)
	},
	"Bundle": func(ctx context.Context, client deploys.Client, to wrapper.Deployment, content string, options ...deploys.Option) (*deploys.Result, error) {
		return deploys.Bundle(ctx, client, to, shop, folder(content), append(options, deploys.OnlyIfChanged())...)
	},
}

func TestOnlyIfChanged(t *testing.T) {
	for name, deploy := range kinds {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, server *astrotest.Server, client *wrapper.Client, to wrapper.Deployment) {
				first, err := deploy(t.Context(), client, to, "a", deploys.WithDescription("Monday"))
				require.NoError(t, err)
				assert.False(t, first.Unchanged)
				stored, _ := server.Deploy(first.DeployID)
				assert.Equal(t, "Monday [content "+first.ContentDigest+"]", *stored.Description)
				assert.Equal(t, first.ContentDigest, deploys.RecordedDigest(&stored))

				time.Sleep(time.Hour)
				again, err := deploy(t.Context(), client, to, "a", deploys.WithDescription("Tuesday"))
				require.NoError(t, err)
				assert.True(t, again.Unchanged)
				assert.Equal(t, first.DeployID, again.DeployID)
				assert.Equal(t, first.TarballVersion, again.TarballVersion)
				assert.Equal(t, api.DeployStatusDeployed, again.Status)
				assert.Equal(t, first.DeployID, again.Deploy.ID)
				assert.Nil(t, again.Deploy.DAGsUploadURL)
				assert.Equal(t, 1, server.Creates(to.DeploymentID))

				changed, err := deploy(t.Context(), client, to, "b")
				require.NoError(t, err)
				assert.False(t, changed.Unchanged)
				assert.Equal(t, "[content "+changed.ContentDigest+"]", *changed.Deploy.Description)
				assert.Equal(t, 2, server.Creates(to.DeploymentID))
			})
		})
	}
}

// Whatever happened since, the content is deployed again, unless it is certain that it still runs.
func TestNeededDeploys(t *testing.T) {
	type scene struct {
		server *astrotest.Server
		client *wrapper.Client
		to     wrapper.Deployment
		first  *deploys.Result
		kind   string
	}
	ofKind := func(s scene, deploy api.Deploy) api.Deploy {
		deploy.DeploymentID, deploy.Type = s.to.DeploymentID, api.DeployTypeDAGOnly
		if s.kind == "Bundle" {
			deploy.Type, deploy.BundleMountPath = api.DeployTypeBundle, ptr(shop.Path)
		}
		return s.server.AddDeploy(deploy)
	}
	ended := func(deploy api.Deploy, status api.DeployStatus) api.Deploy {
		deploy.Status, deploy.UpdatedAt = status, ptr(time.Now())
		return deploy
	}
	deployed := func(s scene, deployType api.DeployType, mountPath *string) {
		s.server.AddDeploy(ended(api.Deploy{DeploymentID: s.to.DeploymentID, Type: deployType, BundleMountPath: mountPath}, api.DeployStatusDeployed))
	}
	finalize := func(s scene, deployID string) {
		version := s.server.AddTarball([]byte("another"))
		request := api.FinalizeDeployRequest{DAGTarballVersion: &version}
		if s.kind == "Bundle" {
			request = api.FinalizeDeployRequest{BundleTarballVersion: &version}
		}
		s.server.Finalize(deployID, request)
	}
	edited := func(s scene, edit func(deploy map[string]any)) {
		s.server.Inject(astrotest.EditDeploy(func(page map[string]any) {
			for _, deploy := range page["deploys"].([]any) {
				edit(deploy.(map[string]any))
			}
		}).On("ListDeploys"))
	}
	older := ""
	for name, row := range map[string]struct {
		before, after func(scene)
		only          string // the kind of deploy, if not both
		unchanged     bool
	}{
		"nothing happened":          {after: func(scene) {}, unchanged: true},
		"another deploy":            {after: func(s scene) { finalize(s, ofKind(s, api.Deploy{}).ID) }},
		"another has begun":         {after: func(s scene) { ofKind(s, api.Deploy{}) }},
		"an older one is finalized": {before: func(s scene) { older = ofKind(s, api.Deploy{}).ID }, after: func(s scene) { finalize(s, older) }},
		"an older one has begun":    {before: func(s scene) { ofKind(s, api.Deploy{}) }, after: func(scene) {}, unchanged: true},
		"another failed":            {after: func(s scene) { ofKind(s, ended(api.Deploy{}, api.DeployStatusFailed)) }},
		"an unknown status":         {after: func(s scene) { ofKind(s, ended(api.Deploy{}, "PAUSED")) }},
		"a rollback": {after: func(s scene) {
			finalize(s, ofKind(s, api.Deploy{}).ID)
			time.Sleep(time.Minute)
			s.server.Rollback(s.first.DeployID)
		}},
		"a rollback that copies the record": {after: func(s scene) {
			rollback := s.server.Rollback(s.first.DeployID)
			edited(s, func(deploy map[string]any) {
				if deploy["id"] == rollback.ID {
					deploy["description"] = "[content " + s.first.ContentDigest + "]"
				}
			})
		}},
		"another in the same second": {before: func(s scene) { finalize(s, ofKind(s, api.Deploy{}).ID) }, after: func(s scene) {
			first, _ := s.server.Deploy(s.first.DeployID)
			edited(s, func(deploy map[string]any) { deploy["createdAt"] = first.CreatedAt })
		}},
		"an older one without times": {before: func(s scene) { finalize(s, ofKind(s, api.Deploy{}).ID) }, after: func(s scene) {
			edited(s, func(deploy map[string]any) {
				if deploy["id"] != s.first.DeployID {
					delete(deploy, "updatedAt")
				}
			})
		}},
		"an older one with odd times": {before: func(s scene) { finalize(s, ofKind(s, api.Deploy{}).ID) }, after: func(s scene) {
			edited(s, func(deploy map[string]any) {
				if deploy["id"] != s.first.DeployID {
					deploy["createdAt"] = "yesterday"
				}
			})
		}},
		"another in the same second, to the millisecond": {before: func(s scene) { finalize(s, ofKind(s, api.Deploy{}).ID) }, after: func(s scene) {
			first, _ := s.server.Deploy(s.first.DeployID)
			edited(s, func(deploy map[string]any) {
				if deploy["id"] == s.first.DeployID {
					deploy["createdAt"] = first.CreatedAt.Add(200 * time.Millisecond)
				} else {
					deploy["createdAt"], deploy["updatedAt"] = first.CreatedAt, first.CreatedAt
				}
			})
		}},
		"an empty mount path": {after: func(s scene) {
			finalize(s, ofKind(s, api.Deploy{}).ID)
			edited(s, func(deploy map[string]any) {
				if deploy["id"] != s.first.DeployID {
					deploy["bundleMountPath"] = ""
				}
			})
		}, only: "DAGs"},
		"the whole Deployment is rolled back": {after: func(s scene) {
			s.server.AddDeploy(ended(api.Deploy{DeploymentID: s.to.DeploymentID, Type: api.DeployTypeImageAndDAG, RollbackFromID: ptr("clearlier")}, api.DeployStatusDeployed))
		}},
		"a bundle elsewhere is rolled back": {after: func(s scene) {
			s.server.AddDeploy(ended(api.Deploy{DeploymentID: s.to.DeploymentID, Type: api.DeployTypeBundle, BundleMountPath: ptr("/other"), RollbackFromID: ptr("clearlier")}, api.DeployStatusDeployed))
		}, only: "Bundle"},
		"DAG deploys were disabled":       {after: func(s scene) { edited(s, func(deploy map[string]any) { deploy["isDagDeployEnabled"] = false }) }},
		"it failed":                       {after: func(s scene) { edited(s, func(deploy map[string]any) { deploy["status"] = "FAILED" }) }},
		"it is not done":                  {after: func(s scene) { edited(s, func(deploy map[string]any) { deploy["status"] = "INITIALIZED" }) }},
		"it has no version":               {after: func(s scene) { edited(s, func(deploy map[string]any) { delete(deploy, "dagTarballVersion") }) }, only: "DAGs"},
		"an image deploy":                 {after: func(s scene) { deployed(s, api.DeployTypeImageOnly, nil) }, only: "DAGs"},
		"an image deploy beside a bundle": {after: func(s scene) { deployed(s, api.DeployTypeImageOnly, nil) }, only: "Bundle", unchanged: true},
		"a bundle beside DAGs":            {after: func(s scene) { deployed(s, api.DeployTypeBundle, nil) }, only: "DAGs", unchanged: true},
		"a bundle elsewhere":              {after: func(s scene) { deployed(s, api.DeployTypeBundle, ptr("/other")) }, only: "Bundle", unchanged: true},
		"somebody else's bundle": {after: func(s scene) {
			s.server.Mount(s.to.DeploymentID, api.Bundle{MountPath: shop.Path, BundleType: "dbt", DeployID: "clother", CurrentVersion: ptr("v"), DesiredVersion: ptr("v")})
		}, only: "Bundle"},
		"the bundle is gone":  {after: func(s scene) { edited(s, func(deploy map[string]any) { deploy["bundles"] = []any{} }) }, only: "Bundle"},
		"no list of bundles":  {after: func(s scene) { edited(s, func(deploy map[string]any) { delete(deploy, "bundles") }) }, only: "Bundle"},
		"another bundle type": {after: func(s scene) { edited(s, inBundle("bundleType", "none")) }, only: "Bundle"},
		"a version to come":   {after: func(s scene) { edited(s, inBundle("desiredVersion", "next")) }, only: "Bundle"},
		"no current version":  {after: func(s scene) { edited(s, inBundle("currentVersion", nil)) }, only: "Bundle"},
		"no desired version":  {after: func(s scene) { edited(s, inBundle("desiredVersion", nil)) }, only: "Bundle"},
		"the record is gone":  {after: func(s scene) { edited(s, func(deploy map[string]any) { deploy["description"] = "edited" }) }},
		"the record is not at the end": {after: func(s scene) {
			edited(s, func(deploy map[string]any) { deploy["description"] = deploy["description"].(string) + " edited" })
		}},
	} {
		for kind, deploy := range kinds {
			if row.only != "" && row.only != kind {
				continue
			}
			t.Run(name+"/"+kind, func(t *testing.T) {
				inBubble(t, func(t *testing.T, server *astrotest.Server, client *wrapper.Client, to wrapper.Deployment) {
					s := scene{server: server, client: client, to: to, kind: kind}
					if row.before != nil {
						row.before(s)
						time.Sleep(time.Minute)
					}
					var err error
					s.first, err = deploy(t.Context(), client, to, "a")
					require.NoError(t, err)
					time.Sleep(time.Minute)
					row.after(s)
					time.Sleep(time.Minute)
					result, err := deploy(t.Context(), client, to, "a")
					require.NoError(t, err)
					assert.Equal(t, row.unchanged, result.Unchanged)
					if !row.unchanged {
						time.Sleep(time.Minute)
						result, err = deploy(t.Context(), client, to, "a")
						require.NoError(t, err)
						assert.True(t, result.Unchanged, "the next time")
					}
				})
			})
		}
	}
}

func inBundle(field string, value any) func(deploy map[string]any) {
	return func(deploy map[string]any) {
		for _, bundle := range deploy["bundles"].([]any) {
			if bundle := bundle.(map[string]any); value == nil {
				delete(bundle, field)
			} else {
				bundle[field] = value
			}
		}
	}
}

// All pages are read: the newest deploy may be on any.
func TestAllPagesAreCompared(t *testing.T) {
	inBubble(t, func(t *testing.T, server *astrotest.Server, client *wrapper.Client, to wrapper.Deployment) {
		for range 250 {
			server.AddDeploy(api.Deploy{DeploymentID: to.DeploymentID, Type: api.DeployTypeDAGOnly})
		}
		time.Sleep(time.Minute)
		first, err := kinds["DAGs"](t.Context(), client, to, "a")
		require.NoError(t, err)
		time.Sleep(time.Minute)
		again, err := kinds["DAGs"](t.Context(), client, to, "a")
		require.NoError(t, err)
		assert.True(t, again.Unchanged)
		assert.Equal(t, first.DeployID, again.DeployID)
		lists := 0
		for _, operation := range operations(server) {
			if operation == "ListDeploys" {
				lists++
			}
		}
		assert.Equal(t, 6, lists, "three pages, twice")
	})
}

// If the deploys cannot be read, nothing is created, and the error says so.
func TestComparisonFails(t *testing.T) {
	inBubble(t, func(t *testing.T, server *astrotest.Server, client *wrapper.Client, to wrapper.Deployment) {
		server.Inject(astrotest.Error(http.StatusForbidden, "no").On("ListDeploys"))
		_, err := kinds["DAGs"](t.Context(), client, to, "a")
		require.ErrorIs(t, err, wrapper.ErrForbidden)
		var failed *deploys.Error
		require.ErrorAs(t, err, &failed)
		assert.Equal(t, deploys.StageCompare, failed.Stage)
		assert.False(t, failed.MayExist)
		assert.ErrorContains(t, err, "ListDeploys: 403")
		assert.ErrorContains(t, err, "no deploy was created, so the Deployment is unchanged")
		assert.Equal(t, 0, server.Creates(to.DeploymentID))
	})
}

// withoutList hides the method that OnlyIfChanged needs.
type withoutList struct{ deploys.Client }

// reporting is a source whose tarball reports a content digest.
type reporting string

func (r reporting) Open(context.Context, string) (io.ReadSeekCloser, error) {
	return reported{&open{bytes.NewReader(gzipped(3000)), &packed{}}, string(r)}, nil
}

type reported struct {
	*open
	digest string
}

func (r reported) ContentDigest() string { return r.digest }

func TestComparisonIsRefused(t *testing.T) {
	server, client, to := newService(t)
	long, fits, copied := strings.Repeat("ä", 421), strings.Repeat("ä", 420), deploys.WithDescription("Monday [content v1:ab]")
	for field, call := range map[string]func() error{
		"client": func() error {
			return second(deploys.DAGs(t.Context(), withoutList{client}, to, folder("a"), deploys.OnlyIfChanged()))
		},
		"description": func() error {
			return second(deploys.DAGs(t.Context(), client, to, folder("a"), deploys.OnlyIfChanged(), deploys.WithDescription(long)))
		},
		"source": func() error {
			return second(deploys.DAGs(t.Context(), client, to, &packed{content: gzipped(3000)}, deploys.OnlyIfChanged()))
		},
	} {
		var invalid *wrapper.ValidationError
		require.ErrorAs(t, call(), &invalid, field)
		assert.Equal(t, field, invalid.Field)
	}
	_, err := deploys.DAGs(t.Context(), client, to, folder("a"), copied)
	require.ErrorContains(t, err, "description must not end with a content digest", "it would be the record of other content")
	_, err = deploys.Image(t.Context(), client, to, (&pushes{}).push, copied)
	require.ErrorContains(t, err, "description must not end with a content digest")
	for _, digest := range []string{"", "a b", "a]", strings.Repeat("a", 68), "[a"} {
		_, err := deploys.DAGs(t.Context(), client, to, reporting(digest), deploys.OnlyIfChanged())
		require.ErrorContains(t, err, "content digest", digest)
	}
	assert.Empty(t, server.Requests())

	result, err := deploys.DAGs(t.Context(), client, to, reporting(strings.Repeat("a", 67)), deploys.OnlyIfChanged(), deploys.WithDescription(fits))
	require.NoError(t, err)
	assert.Equal(t, strings.Repeat("a", 67), deploys.RecordedDigest(result.Deploy))
	result, err = deploys.DAGs(t.Context(), client, to, folder("a"), deploys.OnlyIfChanged(), copied)
	require.NoError(t, err)
	assert.Equal(t, result.ContentDigest, deploys.RecordedDigest(result.Deploy), "the last one is the record")
}

func TestRecordedDigest(t *testing.T) {
	for description, want := range map[string]string{
		"":                              "",
		"Monday":                        "",
		"[content v1:ab]":               "v1:ab",
		"Monday [content v1:ab]":        "v1:ab",
		"Monday\n[content v1:ab]\n":     "v1:ab",
		"[content v1:a] [content v1:b]": "v1:b",
		"[content v1:ab] Monday":        "",
		"Monday[content v1:ab]":         "",
		"[content ]":                    "",
		"[content a b]":                 "",
		"[Content v1:ab]":               "",
		"[content " + strings.Repeat("a", 68) + "]": "",
	} {
		assert.Equal(t, want, deploys.RecordedDigest(&api.Deploy{Description: &description}), description)
	}
	assert.Empty(t, deploys.RecordedDigest(nil))
	assert.Empty(t, deploys.RecordedDigest(&api.Deploy{}))
}
