package terraform_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
)

// The folder is deployed once. A plan without changes is empty and sends nothing.
func TestCreateAndPlanWithoutChanges(t *testing.T) {
	inTerraform(t, func(t *testing.T, c *core) {
		require.Empty(t, c.run(c.config(config{"description": "first"})))
		deploy, found := c.astro.Deploy(c.get("id"))
		require.True(t, found)
		assert.Equal(t, "first", *deploy.Description)
		assert.Equal(t, api.DeployTypeDAGOnly, deploy.Type)
		assert.Equal(t, "DEPLOYED", c.get("status"))
		assert.Equal(t, c.running(), c.get("dag_tarball_version"))
		assert.Regexp(t, "^v1:[0-9a-f]{64}$", c.get("content_digest"))

		require.Empty(t, c.refresh())
		sent := len(c.astro.Requests())
		assert.True(t, c.isEmpty(c.plan(c.config(config{"description": "first"}))))
		assert.Len(t, c.astro.Requests(), sent)
	})
}

// running returns the version of the DAGs that the Deployment runs.
func (c *core) running() string {
	now, found := c.astro.Deployment(c.deployment.ID)
	require.True(c.t, found)
	return now.DAGTarballVersion
}

// A changed file replaces the deploy. Changing it back does so again: the last deploy counts.
func TestChangedFileReplaces(t *testing.T) {
	inTerraform(t, func(t *testing.T, c *core) {
		require.Empty(t, c.run(c.config(nil)))
		first, digest := c.get("id"), c.get("content_digest")
		c.write("print('second')")
		planned := c.plan(c.config(nil))
		require.Len(t, planned.replaces, 1)
		assert.Contains(t, planned.replaces[0], "content_digest")

		require.Empty(t, c.run(c.config(nil)))
		assert.NotEqual(t, first, c.get("id"))
		assert.NotEqual(t, digest, c.get("content_digest"))
		assert.Equal(t, c.running(), c.get("dag_tarball_version"))

		c.write("print('first')")
		require.Empty(t, c.run(c.config(nil)))
		assert.Equal(t, digest, c.get("content_digest"))
		assert.Equal(t, 3, c.astro.Creates(c.deployment.ID))
	})
}

// A description is changed, removed and set in place: the deploy remains.
func TestDescriptionInPlace(t *testing.T) {
	inTerraform(t, func(t *testing.T, c *core) {
		require.Empty(t, c.run(c.config(nil)))
		before := c.state
		for _, description := range []any{"now with one", "now with another", nil, "again"} {
			planned := c.plan(c.config(config{"description": description}))
			assert.Empty(t, planned.replaces)
			assert.False(t, c.isEmpty(planned))
			require.Empty(t, c.apply(planned))
			deploy, _ := c.astro.Deploy(c.get("id"))
			text, _ := description.(string)
			assert.Equal(t, text, *deploy.Description)
			require.Empty(t, c.refresh())
			assert.True(t, c.isEmpty(c.plan(c.config(config{"description": description}))), description)
		}
		for _, name := range []string{"id", "content_digest", "dag_tarball_version", "status"} {
			assert.True(t, c.attributes(before)[name].Equal(c.attributes(c.state)[name]), name)
		}
		assert.Equal(t, 1, c.astro.Creates(c.deployment.ID))
		assert.Equal(t, 1, c.astro.Commits(c.get("id")))
	})
}

// A description that somebody else has changed is changed back.
func TestDescriptionOfSomebodyElse(t *testing.T) {
	inTerraform(t, func(t *testing.T, c *core) {
		require.Empty(t, c.run(c.config(config{"description": "ours"})))
		c.astro.Inject(astrotest.EditDeploy(func(deploy map[string]any) { deploy["description"] = "theirs" }).On("GetDeploy"))
		require.Empty(t, c.refresh())
		assert.Equal(t, "theirs", c.get("description"))
		require.Empty(t, c.run(c.config(config{"description": "ours"})))
		assert.Equal(t, "ours", c.get("description"))
		assert.Equal(t, 1, c.astro.Creates(c.deployment.ID))
	})
}

// A deploy that somebody else has finalized with another tarball is replaced.
func TestTarballOfSomebodyElse(t *testing.T) {
	inTerraform(t, func(t *testing.T, c *core) {
		require.Empty(t, c.run(c.config(nil)))
		theirs := c.astro.AddTarball([]byte("theirs"))
		c.astro.Finalize(c.get("id"), api.FinalizeDeployRequest{DAGTarballVersion: &theirs})
		require.Empty(t, c.refresh())
		assert.Equal(t, theirs, c.get("dag_tarball_version"))
		require.Len(t, c.plan(c.config(nil)).replaces, 1)
		require.Empty(t, c.run(c.config(nil)))
		assert.NotEqual(t, theirs, c.running())
		assert.Equal(t, c.running(), c.get("dag_tarball_version"))
	})
}

// An update that is refused leaves the state as it was.
func TestUpdateIsRefused(t *testing.T) {
	inTerraform(t, func(t *testing.T, c *core) {
		require.Empty(t, c.run(c.config(config{"description": "first"})))
		c.astro.Inject(astrotest.Error(403, "no").On("UpdateDeploy"))
		texts := c.run(c.config(config{"description": "second"}))
		require.Len(t, texts, 1)
		assert.Regexp(t, "(?s)^ERROR .*lacks a permission.*deployment.deploys.update", texts[0])
		assert.Equal(t, "first", c.get("description"))
	})
}

// Another path to the same content sends nothing.
func TestSameContentElsewhere(t *testing.T) {
	inTerraform(t, func(t *testing.T, c *core) {
		require.Empty(t, c.run(c.config(nil)))
		sent := len(c.astro.Requests())
		c.folder = t.TempDir()
		c.write("print('first')")
		require.Empty(t, c.run(c.config(nil)))
		assert.Equal(t, c.folder, c.get("source"))
		assert.Len(t, c.astro.Requests(), sent)
	})
}

// Another Deployment gets a deploy of its own.
func TestAnotherDeployment(t *testing.T) {
	inTerraform(t, func(t *testing.T, c *core) {
		require.Empty(t, c.run(c.config(nil)))
		c.deployment = c.astro.AddDeployment(astrotest.Deployment{DAGDeploys: true, OrganizationID: c.deployment.OrganizationID})
		require.Empty(t, c.run(c.config(nil)))
		assert.Equal(t, 1, c.astro.Creates(c.deployment.ID))
		assert.Equal(t, c.running(), c.get("dag_tarball_version"))
	})
}

// Only a destruction warns that the DAGs stay, and it sends nothing. A replacement does not warn.
func TestDestroyKeepsTheDAGs(t *testing.T) {
	inTerraform(t, func(t *testing.T, c *core) {
		require.Empty(t, c.run(c.config(nil)))
		running, sent := c.running(), len(c.astro.Requests())
		planned := c.plan(nil)
		require.Len(t, planned.texts, 1)
		assert.Regexp(t, "(?s)^WARNING .*keeps its DAGs.*AllowEmpty", planned.texts[0])
		assert.Empty(t, c.apply(planned))
		assert.True(t, c.state.IsNull())
		assert.Equal(t, running, c.running())
		assert.Len(t, c.astro.Requests(), sent)
	})
}

// A deploy that the service no longer knows is created again. A 404 of something in between is an error.
func TestDeployIsGone(t *testing.T) {
	inTerraform(t, func(t *testing.T, c *core) {
		require.Empty(t, c.run(c.config(nil)))
		proxy := astrotest.Respond(404, "text/html", "<html>not here</html>").On("GetDeploy")
		c.astro.Inject(proxy, proxy, astrotest.Error(404, "Deploy not found").On("GetDeploy")) // the first seems to mean that v1beta1 is gone
		assert.Len(t, c.refresh(), 1)
		require.False(t, c.state.IsNull())
		assert.Empty(t, c.refresh())
		assert.True(t, c.state.IsNull())
		require.Empty(t, c.run(c.config(nil)))
		assert.Equal(t, 2, c.astro.Creates(c.deployment.ID))
	})
}

// Ctrl-C during the upload: nothing was deployed, and nothing is in the state.
func TestInterruptedUpload(t *testing.T) {
	inTerraform(t, func(t *testing.T, c *core) {
		c.astro.Inject(astrotest.Hang().On("PutBlob").Then(c.stop))
		texts := c.run(c.config(nil))
		require.Len(t, texts, 1)
		assert.Regexp(t, "(?s)^ERROR .*the Deployment is unchanged", texts[0])
		assert.True(t, c.state.IsNull())
		assert.Empty(t, c.running())
	})
}

// stop is what Terraform sends after Ctrl-C.
func (c *core) stop() {
	_, err := c.provider.StopProvider(c.ctx(), &tfprotov6.StopProviderRequest{})
	assert.NoError(c.t, err)
}
