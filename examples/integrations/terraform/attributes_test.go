package terraform

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/stretchr/testify/assert"
)

// Terraform shows a diagnostic of an attribute that does not exist without its place in the configuration.
func TestAttributesExist(t *testing.T) {
	var response resource.SchemaResponse
	(&dags{}).Schema(t.Context(), resource.SchemaRequest{}, &response)
	for field, attribute := range attributes {
		assert.Contains(t, response.Schema.Attributes, attribute, field)
	}
}
