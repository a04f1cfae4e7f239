package deploys_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/deploys"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// pushes records where an image was pushed.
type pushes struct{ to []string }

func (p *pushes) push(_ context.Context, repository, tag string) error {
	p.to = append(p.to, repository+":"+tag)
	return nil
}

func TestImage(t *testing.T) {
	dags := &packed{content: gzipped(3000)}
	for name, row := range map[string]struct {
		dagDeploys bool
		options    []deploys.Option
		deployType api.DeployType
		operations []string
		body       string
	}{
		"image alone": {
			true, nil, api.DeployTypeImageOnly,
			[]string{"CreateDeploy", "FinalizeDeploy"}, `{}`,
		},
		"with DAGs": {
			true, []deploys.Option{deploys.WithDAGs(dags)}, api.DeployTypeImageAndDAG,
			[]string{"CreateDeploy", "PutBlob", "FinalizeDeploy"}, `{"dagTarballVersion":"VERSION"}`,
		},
		"with DAGs in the image": {
			false, []deploys.Option{deploys.WithDAGsInImage()}, api.DeployTypeImageAndDAG,
			[]string{"CreateDeploy", "FinalizeDeploy"}, `{}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			server, client, _ := newService(t)
			added := server.AddDeployment(astrotest.Deployment{DAGDeploys: row.dagDeploys})
			var pushed pushes
			var seen []string // the operations before the push
			push := func(ctx context.Context, repository, tag string) error {
				seen = operations(server)
				return pushed.push(ctx, repository, tag)
			}
			result, err := deploys.Image(t.Context(), client, wrapper.Deployment{OrganizationID: added.OrganizationID, DeploymentID: added.ID}, push, row.options...)
			require.NoError(t, err)
			stored, _ := server.Deploy(result.DeployID)
			assert.Equal(t, api.DeployStatusDeployed, stored.Status)
			assert.Equal(t, row.deployType, stored.Type)
			assert.Equal(t, row.deployType, result.Type)
			assert.Equal(t, []string{stored.ImageRepository + ":" + stored.ImageTag}, pushed.to)
			assert.Equal(t, row.operations, operations(server))
			assert.Equal(t, row.operations[:len(row.operations)-1], seen, "the tarball must be uploaded before the push, the deploy finalized after it")
			requests := server.Requests()
			body := string(requests[len(requests)-1].Body)
			if result.TarballVersion != "" {
				assert.Equal(t, "dags", dags.prefix)
				row.body = `{"dagTarballVersion":"` + result.TarballVersion + `"}`
			}
			assert.JSONEq(t, row.body, body)
		})
	}
}

func operations(server *astrotest.Server) (names []string) {
	for _, request := range server.Requests() {
		names = append(names, request.Operation)
	}
	return names
}

// If the push fails, the deploy is not finalized, and the error says so.
func TestPushFails(t *testing.T) {
	server, client, deployment := newService(t)
	broken := errors.New("unauthorized: authentication required")
	dags := deploys.WithDAGs(&packed{content: gzipped(3000)})
	_, err := deploys.Image(t.Context(), client, deployment, func(context.Context, string, string) error { return broken }, dags)
	require.ErrorIs(t, err, broken)
	var failed *deploys.Error
	require.ErrorAs(t, err, &failed)
	assert.Equal(t, deploys.StagePush, failed.Stage)
	assert.True(t, failed.MayExist)
	assert.Equal(t, "push: unauthorized: authentication required; deploy "+failed.Result.DeployID+
		" was created but not finalized, so the Deployment is unchanged; calling again creates another deploy", err.Error())
	assert.Equal(t, 0, server.Commits(failed.Result.DeployID))
}

// The context's error is found, whatever the push returns.
func TestPushIsCanceled(t *testing.T) {
	server, client, deployment := newService(t)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := deploys.Image(ctx, client, deployment, func(ctx context.Context, _, _ string) error {
		cancel()
		<-ctx.Done()
		return errors.New("docker: signal: killed")
	})
	require.ErrorIs(t, err, context.Canceled)
	_, err = deploys.Image(ctx, client, deployment, func(context.Context, string, string) error { return nil })
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, []string{"CreateDeploy"}, operations(server))
}

// A push that ignores the end of the context finalizes nothing.
func TestPushOutlivesTheContext(t *testing.T) {
	server, client, deployment := newService(t)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := deploys.Image(ctx, client, deployment, func(context.Context, string, string) error {
		cancel()
		return nil
	})
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, []string{"CreateDeploy"}, operations(server))
	assert.Contains(t, err.Error(), "was not finalized")
}

// A ValidationError promises that nothing was sent, which is not true once a push has begun.
func TestPushIsNeverInvalid(t *testing.T) {
	_, client, deployment := newService(t)
	_, err := deploys.Image(t.Context(), client, deployment, func(context.Context, string, string) error {
		return &wrapper.ValidationError{Field: "image", Rule: "must exist"}
	})
	require.ErrorContains(t, err, "push: image must exist; deploy ")
	var invalid *wrapper.ValidationError
	assert.NotErrorAs(t, err, &invalid)
}

// The secrets of an upload URL do not pass through the error of a push.
func TestPushErrorHasNoSignature(t *testing.T) {
	_, client, deployment := newService(t)
	_, err := deploys.Image(t.Context(), client, deployment, func(context.Context, string, string) error {
		return errors.New("https://storage.example/a?sv=1&sig=c2VjcmV0LXNpZ25hdHVyZQ%3D%3D")
	})
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "c2VjcmV0LXNpZ25hdHVyZQ")
}

// A panic of the push reaches the caller.
func TestPushPanics(t *testing.T) {
	_, client, deployment := newService(t)
	assert.PanicsWithValue(t, "mine", func() {
		_, _ = deploys.Image(t.Context(), client, deployment, func(context.Context, string, string) error { panic("mine") })
	})
}

// What the Deployment cannot use ends the deploy before anything is pushed.
func TestNothingIsPushed(t *testing.T) {
	for name, row := range map[string]struct {
		dagDeploys bool
		option     deploys.Option
		fault      astrotest.Fault
		text       string
	}{
		"DAG deploys off":     {false, deploys.WithDAGs(&packed{content: gzipped(3000)}), astrotest.Fault{}, "WithDAGsInImage"},
		"DAG deploys on":      {true, deploys.WithDAGsInImage(), astrotest.Fault{}, "use WithDAGs"},
		"no repository":       {true, deploys.WithDescription("x"), edit("imageRepository", ""), "does not say where to push"},
		"no tag":              {true, deploys.WithDescription("x"), edit("imageTag", ""), "does not say where to push"},
		"the service refuses": {true, deploys.WithDescription("x"), astrotest.Error(403, "no"), "no deploy was created"},
	} {
		t.Run(name, func(t *testing.T) {
			server, client, _ := newService(t)
			if row.fault.String() != (astrotest.Fault{}).String() {
				server.Inject(row.fault.On("CreateDeploy"))
			}
			added := server.AddDeployment(astrotest.Deployment{DAGDeploys: row.dagDeploys})
			var pushed pushes
			_, err := deploys.Image(t.Context(), client, wrapper.Deployment{OrganizationID: added.OrganizationID, DeploymentID: added.ID}, pushed.push, row.option)
			require.ErrorContains(t, err, row.text)
			assert.Empty(t, pushed.to)
			assert.Equal(t, []string{"CreateDeploy"}, operations(server))
		})
	}
}

func edit(field string, value any) astrotest.Fault {
	return astrotest.EditDeploy(func(deploy map[string]any) { deploy[field] = value })
}

// The repository is passed without the scheme that the reference's example has.
func TestRepositoryHasNoScheme(t *testing.T) {
	server, client, deployment := newService(t)
	server.Inject(edit("imageRepository", "https://my-image-repository").On("CreateDeploy"))
	var pushed pushes
	result, err := deploys.Image(t.Context(), client, deployment, pushed.push)
	require.NoError(t, err)
	assert.Equal(t, []string{"my-image-repository:" + result.Deploy.ImageTag}, pushed.to)
}

func TestOptionsThatDoNotApply(t *testing.T) {
	server, client, deployment := newService(t)
	source := &packed{content: gzipped(3000)}
	push := (&pushes{}).push
	for name, call := range map[string]func() error{
		"push": func() error { return second(deploys.Image(t.Context(), client, deployment, nil)) },
		"source": func() error {
			return second(deploys.Image(t.Context(), client, deployment, push, deploys.WithDAGs(nil)))
		},
		"WithDAGs": func() error {
			return second(deploys.DAGs(t.Context(), client, deployment, source, deploys.WithDAGs(source)))
		},
		"WithDAGsInImage": func() error {
			return second(deploys.RemoveBundle(t.Context(), client, deployment, shop, deploys.WithDAGsInImage()))
		},
		"both WithDAGs and WithDAGsInImage": func() error {
			return second(deploys.Image(t.Context(), client, deployment, push, deploys.WithDAGsInImage(), deploys.WithDAGs(source)))
		},
		"WithDAGs and WithDAGsInImage:": func() error {
			return second(deploys.Image(t.Context(), client, deployment, push, deploys.WithDAGs(source), deploys.WithDAGsInImage()))
		},
		"WithOutcome": func() error {
			return second(deploys.DAGs(t.Context(), client, deployment, source, deploys.WithOutcome(func(deploys.Outcome) {})))
		},
		"WithProgress": func() error {
			return second(deploys.DAGsToAll(t.Context(), client, []wrapper.Deployment{deployment}, source, deploys.WithProgress(func(int64, int64) {})))
		},
		"outcome": func() error {
			return second(deploys.DAGsToAll(t.Context(), client, []wrapper.Deployment{deployment}, source, deploys.WithOutcome(nil)))
		},
		"OnlyIfChanged": func() error {
			return second(deploys.Image(t.Context(), client, deployment, push, deploys.OnlyIfChanged()))
		},
		"OnlyIfChanged, which is": func() error {
			return second(deploys.Image(t.Context(), client, deployment, push, deploys.WithDAGs(folder("a")), deploys.OnlyIfChanged()))
		},
		"OnlyIfChanged, which": func() error {
			return second(deploys.RemoveBundle(t.Context(), client, deployment, shop, deploys.OnlyIfChanged()))
		},
	} {
		err := call()
		var invalid *wrapper.ValidationError
		require.ErrorAs(t, err, &invalid, name)
		assert.Contains(t, err.Error(), name)
	}
	assert.Empty(t, server.Requests())
}
