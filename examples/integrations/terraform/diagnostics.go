package terraform

import (
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// attributes maps the field names of the library and the service to attributes of the resource.
// Other fields, such as the token, belong to the provider.
var attributes = map[string]string{
	"deploymentId":      "deployment_id",
	"deployId":          "id",
	"description":       "description",
	"dagTarballVersion": "dag_tarball_version",
	"source":            source,
	"tarball":           source,
}

// source is the attribute that names the folder to deploy.
const source = "source"

// Diagnostics describes an error of package wrapper, deploys or tarball, and what the user of
// Terraform can do. They are errors, except for a deploy of [Keep]: that is a warning, since Terraform
// taints what a create with an error returns, and replaces it without a look at it.
func Diagnostics(err error) diag.Diagnostics {
	if err == nil {
		return nil
	}
	var diagnostics diag.Diagnostics
	attribute, summary, advice := explain(err)
	detail := err.Error()
	if advice != "" {
		detail += "\n\n" + advice
	}
	if Keep(err) != "" {
		diagnostics.AddWarning(summary, detail)
		return diagnostics
	}
	add(&diagnostics, attribute, summary, detail)

	var refused *wrapper.APIError
	if errors.As(err, &refused) {
		for _, field := range refused.FieldErrors {
			add(&diagnostics, attributes[field.Field], "Astro refused "+field.Field, field.Message)
		}
	}
	return diagnostics
}

func add(diagnostics *diag.Diagnostics, attribute, summary, detail string) {
	if attribute == "" {
		diagnostics.AddError(summary, detail)
		return
	}
	diagnostics.AddAttributeError(path.Root(attribute), summary, detail)
}

// Keep returns the ID of a deploy that may run although the call failed, or "". Set it in the
// state before you return; otherwise Terraform forgets the deploy and creates another.
func Keep(err error) (deployID string) {
	var unknown *wrapper.OutcomeUnknownError
	var waiting *wrapper.WaitError
	switch {
	case errors.As(err, &unknown):
		return unknown.DeployID
	case errors.As(err, &waiting):
		return waiting.DeployID
	}
	return ""
}
