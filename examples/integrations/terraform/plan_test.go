package terraform_test

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/astrotest"
)

// What a plan can find is an error of the plan, at its attribute, and nothing is sent.
func TestPlanRefuses(t *testing.T) {
	inTerraform(t, func(t *testing.T, c *core) {
		for _, row := range []struct {
			config config
			text   string
		}{
			{config{"deployment_id": "null"}, `ERROR AttributeName\("deployment_id"\) The value of deploymentId`},
			{config{"description": strings.Repeat("x", 501)}, `ERROR AttributeName\("description"\) The value of description.*500`},
			{config{"source": c.folder + "/none"}, `ERROR AttributeName\("source"\) The folder cannot be packed`},
			{config{"source": t.TempDir()}, `ERROR AttributeName\("source"\) The folder cannot be packed`},
		} {
			planned := c.plan(c.config(row.config))
			require.Len(t, planned.texts, 1, row.text)
			assert.Regexp(t, "(?s)^"+row.text, planned.texts[0])
		}
		assert.Empty(t, c.astro.Requests())
	})
}

// A folder that changes after the plan is not deployed: it is not what was approved.
func TestFolderChangesAfterThePlan(t *testing.T) {
	inTerraform(t, func(t *testing.T, c *core) {
		planned := c.plan(c.config(nil))
		require.Empty(t, planned.texts)
		c.write("print('after the plan')")
		texts := c.apply(planned)
		require.Len(t, texts, 1)
		assert.Regexp(t, `(?s)^ERROR AttributeName\("source"\) The folder has changed since the plan.*nothing was sent`, texts[0])
		assert.True(t, c.state.IsNull())
		assert.Empty(t, c.astro.Requests())
	})
}

// Values that are known only after the plan are planned as unknown. A folder that is not known may have
// other content, so it replaces.
func TestUnknownValues(t *testing.T) {
	inTerraform(t, func(t *testing.T, c *core) {
		planned := c.plan(config{"deployment_id": tftypes.UnknownValue, "source": tftypes.UnknownValue, "description": tftypes.UnknownValue})
		require.Empty(t, planned.texts)
		assert.False(t, c.attributes(planned.planned)["content_digest"].IsKnown())

		require.Empty(t, c.run(c.config(nil)))
		planned = c.plan(c.config(config{"source": tftypes.UnknownValue}))
		require.Empty(t, planned.texts)
		assert.Len(t, planned.replaces, 1)
	})
}

// The provider's settings are checked before anything is planned. The environment is the default.
func TestConfigure(t *testing.T) {
	for _, variable := range []string{"ASTRO_ORGANIZATION_ID", "ASTRO_API_TOKEN", "ASTRO_API_URL"} {
		t.Setenv(variable, "")
	}
	inTerraform(t, func(t *testing.T, c *core) {
		complete := config{"organization_id": c.deployment.OrganizationID, "token": astrotest.Token, "base_url": c.astro.URL}
		for _, row := range []struct {
			setting string
			value   any
			text    string
		}{
			{"organization_id", nil, `AttributeName\("organization_id"\) .* is missing.*ASTRO_ORGANIZATION_ID`},
			{"token", nil, "token.*ASTRO_API_TOKEN"},
			{"token", "", "token"},
			{"token", tftypes.UnknownValue, `AttributeName\("token"\) token is not known`},
			{"base_url", "http://example.com", "baseURL"},
		} {
			settings := config{}
			for name, value := range complete {
				settings[name] = value
			}
			settings[row.setting] = row.value
			texts := c.configure(settings)
			require.Len(t, texts, 1, row.text)
			assert.Regexp(t, "(?s)^ERROR .*"+row.text, texts[0])
		}
		t.Setenv("ASTRO_ORGANIZATION_ID", c.deployment.OrganizationID)
		t.Setenv("ASTRO_API_TOKEN", astrotest.Token)
		t.Setenv("ASTRO_API_URL", c.astro.URL)
		require.Empty(t, c.configure(nil))
		require.Empty(t, c.run(c.config(nil)))
	})
}
