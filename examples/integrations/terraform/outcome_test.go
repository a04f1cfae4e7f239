package terraform_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
)

// An unknown outcome is a warning, and the deploy is in the state. The next plan tells the truth: it is
// empty if the deploy runs, and otherwise replaces it.
func TestUnknownOutcome(t *testing.T) {
	for _, row := range []struct {
		finalize astrotest.Fault
		runs     bool
	}{
		{astrotest.CutConnection().AfterCommit(), true},
		{astrotest.CutConnection(), false},
	} {
		inTerraform(t, func(t *testing.T, c *core) {
			c.astro.InjectFunc(func(operation string) (astrotest.Fault, bool) {
				if operation == "GetDeploy" {
					return astrotest.BadGateway(), true
				}
				return row.finalize, operation == "FinalizeDeploy"
			})
			texts := c.run(c.config(nil))
			require.Len(t, texts, 1)
			assert.Regexp(t, "(?s)^WARNING .*may or may not have been finalized.*terraform plan", texts[0])
			id := c.get("id")
			assert.Contains(t, texts[0], id)
			assert.Equal(t, "INITIALIZED", c.get("status"))

			c.astro.InjectFunc(nil)
			require.Empty(t, c.refresh())
			planned := c.plan(c.config(nil))
			assert.Equal(t, row.runs, c.isEmpty(planned))
			assert.Equal(t, !row.runs, len(planned.replaces) == 1, planned.replaces)
			require.Empty(t, c.run(c.config(nil)))
			assert.Equal(t, row.runs, c.get("id") == id)
			assert.Equal(t, "DEPLOYED", c.get("status"))
			assert.Equal(t, c.running(), c.get("dag_tarball_version"))
		})
	}
}

// A deploy that is not DEPLOYED in time is a warning, and so is Ctrl-C during the wait.
func TestNotDeployedInTime(t *testing.T) {
	for name, interrupt := range map[string]bool{"time": false, "Ctrl-C": true} {
		inTerraform(t, func(t *testing.T, c *core) {
			polls := 0
			c.astro.InjectFunc(func(operation string) (astrotest.Fault, bool) {
				if operation != "GetDeploy" {
					return astrotest.Fault{}, false
				}
				polls++
				return astrotest.Slow(0).Then(c.stop), interrupt && polls == 3
			})
			texts := c.run(c.config(nil))
			require.Len(t, texts, 1, name)
			assert.Regexp(t, "(?s)^WARNING .*did not become DEPLOYED", texts[0], name)
			assert.Equal(t, "INITIALIZED", c.get("status"), name)
			assert.Equal(t, interrupt, polls == 3, name)
		}, astrotest.WithDeployedAfter(1000))
	}
}

// A deploy that fails, or is refused at any stage, is an error, and is not in the state.
func TestDeployFails(t *testing.T) {
	for _, row := range []struct {
		option astrotest.Option
		fault  astrotest.Fault
		text   string
	}{
		{astrotest.WithFinalizedStatus(api.DeployStatusFailed), astrotest.Slow(0), "The deploy failed.*Apply again"},
		{astrotest.WithLag(0, 0), astrotest.Error(403, "no").On("CreateDeploy"), "lacks a permission.*deployment.deploys.create.*no deploy was created"},
		{astrotest.WithLag(0, 0), astrotest.Hibernating(), "The Deployment hibernates.*hibernation-override"},
		{astrotest.WithLag(0, 0), astrotest.ExpiredUploadURL(), "upload URL has expired.*not finalized"},
		{astrotest.WithLag(0, 0), astrotest.Error(400, "no such tarball").On("FinalizeDeploy"), "refused the request.*no such tarball"},
	} {
		inTerraform(t, func(t *testing.T, c *core) {
			c.astro.Inject(row.fault)
			texts := c.run(c.config(nil))
			require.Len(t, texts, 1)
			assert.Regexp(t, "(?s)^ERROR .*"+row.text, texts[0])
			assert.True(t, c.state.IsNull())
		}, row.option)
	}
}

// What failed after it was in the state, by Terraform or by somebody else, is replaced.
func TestFailedDeployIsReplaced(t *testing.T) {
	inTerraform(t, func(t *testing.T, c *core) {
		require.Empty(t, c.run(c.config(nil)))
		c.astro.Inject(astrotest.EditDeploy(func(deploy map[string]any) { deploy["status"] = "FAILED" }).On("GetDeploy"))
		require.Empty(t, c.refresh())
		planned := c.plan(c.config(config{"description": "and a new description"}))
		require.Len(t, planned.replaces, 1)
		assert.Contains(t, planned.replaces[0], "status")
	})
}
