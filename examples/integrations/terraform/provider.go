// Package terraform is a Terraform provider with one resource, astrodeploy_dags: the DAGs of a Deployment,
// deployed from a folder. Copy all of it, and rename what you like. The folder
// terraform-provider-astrodeploy has its main function.
//
//	provider "astrodeploy" {}
//
//	resource "astrodeploy_dags" "this" {
//	  deployment_id = "clmh57jtm000008lb58fe2wmv"
//	  source        = "${path.module}/dags"
//	  description   = "from Terraform"
//	}
//
// A plan packs the folder and compares its content with that of the deploy in the state. If it has changed,
// or the deploy is not DEPLOYED, the deploy is replaced by a new one. A changed description is updated in
// place. The resource shows its own deploy: if somebody else has deployed since, the plan is still empty. To
// deploy again nevertheless, run terraform apply -replace.
//
// If the folder changes between plan and apply, nothing is sent. Terraform then reports an inconsistent
// final plan as a bug of the provider; plan again.
//
// Destroying the resource sends nothing: the Deployment keeps its DAGs. The plan warns about that. For the
// same reason a replacement that fails leaves the DAGs as they were, and the next apply creates a deploy.
package terraform

import (
	"cmp"
	"context"
	"log/slog"
	"os"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// New returns the provider. The options precede those from its configuration. Its resources share one
// client, and with that the rate limits.
func New(options ...wrapper.Option) provider.Provider { return &astrodeploy{options} }

type astrodeploy struct{ options []wrapper.Option }

// connection is what the resources get from the provider.
type connection struct {
	client         *wrapper.Client
	organizationID string
}

func (*astrodeploy) Metadata(_ context.Context, _ provider.MetadataRequest, response *provider.MetadataResponse) {
	response.TypeName = "astrodeploy"
}

func (*astrodeploy) Schema(_ context.Context, _ provider.SchemaRequest, response *provider.SchemaResponse) {
	response.Schema = schema.Schema{Attributes: map[string]schema.Attribute{
		"organization_id": schema.StringAttribute{Optional: true, Description: "ID of the Organization. The default is the environment variable ASTRO_ORGANIZATION_ID."},
		"token":           schema.StringAttribute{Optional: true, Sensitive: true, Description: "API token. The default is the environment variable ASTRO_API_TOKEN."},
		"base_url":        schema.StringAttribute{Optional: true, Description: "URL of the API. The default is the environment variable ASTRO_API_URL, or that of Astro."},
	}}
}

type providerModel struct {
	OrganizationID types.String `tfsdk:"organization_id"`
	Token          types.String `tfsdk:"token"`
	BaseURL        types.String `tfsdk:"base_url"`
}

func (p *astrodeploy) Configure(ctx context.Context, request provider.ConfigureRequest, response *provider.ConfigureResponse) {
	var config providerModel
	response.Diagnostics.Append(request.Config.Get(ctx, &config)...)
	organizationID := cmp.Or(config.OrganizationID.ValueString(), os.Getenv("ASTRO_ORGANIZATION_ID"))
	if organizationID == "" {
		response.Diagnostics.AddAttributeError(path.Root("organization_id"), "The Organization is missing", "Set organization_id, or the environment variable ASTRO_ORGANIZATION_ID.")
	}
	options := append([]wrapper.Option{wrapper.WithUserAgent("terraform-provider-astrodeploy/0.1"), wrapper.WithLogger(slog.New(logHandler{}))}, p.options...)
	for _, setting := range []struct {
		attribute string
		value     types.String
		option    func(string) wrapper.Option
	}{
		{"organization_id", config.OrganizationID, nil},
		{"token", config.Token, wrapper.WithToken},
		{"base_url", config.BaseURL, wrapper.WithBaseURL},
	} {
		if setting.value.IsUnknown() { // as "" it would mean the environment variable
			response.Diagnostics.Append(diag.NewAttributeErrorDiagnostic(path.Root(setting.attribute), setting.attribute+" is not known before the apply", "Set it to a value that is known when the plan is made, or apply what it depends on first with -target."))
		} else if !setting.value.IsNull() && setting.option != nil {
			options = append(options, setting.option(setting.value.ValueString()))
		}
	}
	if response.Diagnostics.HasError() {
		return
	}
	client, err := wrapper.NewClient(options...)
	response.Diagnostics.Append(Diagnostics(err)...)
	response.ResourceData = connection{client, organizationID}
}

func (*astrodeploy) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{func() resource.Resource { return &dags{} }}
}

func (*astrodeploy) DataSources(context.Context) []func() datasource.DataSource { return nil }
