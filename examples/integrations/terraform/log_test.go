package terraform_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-log/tflogtest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Terraform's log has every attempt of a call, at its level. inTerraform checks that it has no secrets.
func TestLogOfTerraform(t *testing.T) {
	inTerraform(t, func(t *testing.T, c *core) {
		require.Empty(t, c.run(c.config(nil)))
		c.astro.RetireV1Beta1(410)
		require.Empty(t, c.refresh())
		lines, err := tflogtest.MultilineJSONDecode(&c.log)
		require.NoError(t, err)
		var levels []string
		for _, line := range lines {
			levels = append(levels, line["@level"].(string))
		}
		assert.Equal(t, []string{"debug", "debug", "debug", "debug", "debug", "warn"}, levels)
		assert.Equal(t, "PUT", lines[1]["method"])
		assert.EqualValues(t, 201, lines[1]["status"])
	})
}
