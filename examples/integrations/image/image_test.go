package image_test

import (
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/deploys"
	"github.com/astro-finalize/astro-finalize-go/examples/integrations/image"
	"github.com/astro-finalize/astro-finalize-go/tarball"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// world is a registry that takes the token, and a Deployment whose deploys have their images there.
type world struct {
	astro      *astrotest.Server
	client     *wrapper.Client
	deployment wrapper.Deployment
	repository string
	image      v1.Image
}

// newWorld starts both. intercept may respond to a request of the registry instead of it.
func newWorld(t *testing.T, dagDeploys bool, intercept func(w http.ResponseWriter, r *http.Request) bool) *world {
	images := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		switch {
		case user != "cli" || password != astrotest.Token:
			w.Header().Set("WWW-Authenticate", "Basic")
			w.WriteHeader(http.StatusUnauthorized)
		case !intercept(w, r):
			images.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)

	astro := astrotest.New(t)
	added := astro.AddDeployment(astrotest.Deployment{DAGDeploys: dagDeploys})
	repository := strings.TrimPrefix(server.URL, "http://") + "/team/" + added.ID
	astro.Inject(astrotest.EditDeploy(func(deploy map[string]any) { deploy["imageRepository"] = repository }).On("CreateDeploy"))
	client, err := wrapper.NewClient(wrapper.WithBaseURL(astro.URL), wrapper.WithToken(astrotest.Token))
	require.NoError(t, err)
	layer := static.NewLayer([]byte("not a tarball, but the registry does not look"), types.OCILayer)
	built, err := mutate.AppendLayers(empty.Image, layer)
	require.NoError(t, err)
	return &world{astro, client, wrapper.Deployment{OrganizationID: added.OrganizationID, DeploymentID: added.ID}, repository, built}
}

func never(http.ResponseWriter, *http.Request) bool { return false }

// The registry has the image at the deploy's tag, and the deploy is DEPLOYED, with DAGs or without.
func TestImageIsPushedAndDeployed(t *testing.T) {
	for _, row := range []struct {
		kind       api.DeployType
		dagDeploys bool
		options    []deploys.Option
	}{
		{api.DeployTypeImageOnly, true, nil},
		{api.DeployTypeImageAndDAG, true, []deploys.Option{deploys.WithDAGs(tarball.FS(fstest.MapFS{"dag.py": {Data: []byte("print()")}}))}},
		{api.DeployTypeImageAndDAG, false, []deploys.Option{deploys.WithDAGsInImage()}},
	} {
		w := newWorld(t, row.dagDeploys, never)
		result, err := deploys.Image(t.Context(), w.client, w.deployment, image.Push(w.image, astrotest.Token), row.options...)
		require.NoError(t, err)
		assert.Equal(t, api.DeployStatusDeployed, result.Status)
		assert.Equal(t, row.kind, result.Type)

		tag, err := name.NewTag(w.repository + ":" + result.Deploy.ImageTag)
		require.NoError(t, err)
		pushed, err := remote.Image(tag, remote.WithAuth(&authn.Basic{Username: "cli", Password: astrotest.Token}))
		require.NoError(t, err)
		want, err := w.image.Digest()
		require.NoError(t, err)
		got, err := pushed.Digest()
		require.NoError(t, err)
		assert.Equal(t, want, got)
		layers, err := pushed.Layers()
		require.NoError(t, err)
		assert.Len(t, layers, 1)
	}
}

// A push that fails leaves the deploy unfinalized. The error says so and why, without the token.
func TestPushFails(t *testing.T) {
	for _, row := range []struct {
		what      string
		intercept func(http.ResponseWriter, *http.Request) bool
		token     string
		text      string
	}{
		{"it is not allowed", func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method != http.MethodPost {
				return false
			}
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, `{"errors":[{"code":"DENIED","message":"no right to push"}]}`)
			return true
		}, astrotest.Token, "DENIED: no right to push"},
		{"the manifest is refused", func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/manifests/") {
				w.WriteHeader(http.StatusBadRequest)
				return true
			}
			return false
		}, astrotest.Token, "400"},
		{"another token", never, "another-" + astrotest.Token, "401"},
	} {
		w := newWorld(t, true, row.intercept)
		result, err := deploys.Image(t.Context(), w.client, w.deployment, image.Push(w.image, row.token))
		assert.Nil(t, result, row.what)
		failed := w.unfinalized(t, err)
		assert.Contains(t, failed.Error(), row.text)
		assert.NotContains(t, failed.Error(), astrotest.Token)
	}
}

// Ctrl-C ends a push.
func TestPushIsInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w := newWorld(t, true, func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPost { // the first of a blob's requests
			cancel()
		}
		return false
	})
	_, err := deploys.Image(ctx, w.client, w.deployment, image.Push(w.image, astrotest.Token))
	assert.ErrorIs(t, w.unfinalized(t, err), context.Canceled)
}

// unfinalized checks that err is of the push, and that the deploy was created but not finalized.
func (w *world) unfinalized(t *testing.T, err error) *deploys.Error {
	failed := (*deploys.Error)(nil)
	require.True(t, errors.As(err, &failed), "%v", err)
	assert.Equal(t, deploys.StagePush, failed.Stage)
	assert.Contains(t, failed.Error(), "not finalized")
	assert.Equal(t, 1, w.astro.Creates(w.deployment.DeploymentID))
	assert.Zero(t, w.astro.Commits(failed.Result.DeployID))
	return failed
}
