// Package terraform tells the user of a Terraform provider what became of a deploy, in the
// diagnostics of the plugin framework. Copy all of it, with the names of your attributes.
package terraform

import (
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// attributes are those of the resource, by what the library and the service call them. What
// is missing, such as the token, belongs to the provider.
var attributes = map[string]string{
	"organizationId":       "organization_id",
	"deploymentId":         "deployment_id",
	"deployId":             "id",
	"type":                 "type",
	"description":          "description",
	"dagTarballVersion":    "dag_tarball_version",
	"bundleTarballVersion": "bundle_tarball_version",
	"bundleMountPath":      "bundle_mount_path",
	"bundleType":           "bundle_type",
	"source":               source,
	"tarball":              source,
}

// source is the attribute that names the folder to deploy.
const source = "source"

// Diagnostics returns what an error of packages wrapper and tarball says, and what the user of
// Terraform can do about it. All of it is of severity error: after a warning Terraform would
// go on with what depends on the deploy.
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
	add(&diagnostics, attribute, summary, detail)

	var answer *wrapper.APIError
	if errors.As(err, &answer) {
		for _, field := range answer.FieldErrors {
			add(&diagnostics, attributes[field.Field], "The service refuses "+field.Field, field.Message)
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
// state before you return, or Terraform forgets the deploy and creates another.
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
