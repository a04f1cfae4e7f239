package terraform

import (
	"context"
	"errors"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/deploys"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// createTimeout limits a deploy, including the wait until it is DEPLOYED. Terraform has no limit.
const createTimeout = 30 * time.Minute

// dags is the resource astrodeploy_dags.
type dags struct{ connection }

// dagsModel is its plan and its state, which contain no secrets.
type dagsModel struct {
	ID                types.String `tfsdk:"id"`
	DeploymentID      types.String `tfsdk:"deployment_id"`
	Source            types.String `tfsdk:"source"`
	Description       types.String `tfsdk:"description"`
	ContentDigest     types.String `tfsdk:"content_digest"`
	DAGTarballVersion types.String `tfsdk:"dag_tarball_version"`
	Status            types.String `tfsdk:"status"`
}

func (*dags) Metadata(_ context.Context, request resource.MetadataRequest, response *resource.MetadataResponse) {
	response.TypeName = request.ProviderTypeName + "_dags"
}

func (*dags) Schema(_ context.Context, _ resource.SchemaRequest, response *resource.SchemaResponse) {
	computed := func(description string) schema.Attribute {
		return schema.StringAttribute{Computed: true, Description: description, PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()}}
	}
	response.Schema = schema.Schema{
		Description: "The DAGs of a Deployment. Each change of the folder replaces all of them by a new deploy. Destroying the resource leaves them as they are.",
		Attributes: map[string]schema.Attribute{
			"deployment_id":       schema.StringAttribute{Required: true, Description: "ID of the Deployment, with DAG deploys enabled.", PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplace()}},
			"source":              schema.StringAttribute{Required: true, Description: "Path of the folder with the DAGs."},
			"description":         schema.StringAttribute{Optional: true, Description: "Description of the deploy, with at most 500 characters."},
			"id":                  computed("ID of the deploy."),
			"content_digest":      computed("Digest of the folder's content."),
			"dag_tarball_version": computed("Version of the deployed tarball, also known as the Bundle Version in the Astro UI."),
			"status":              computed("Status of the deploy. One that is not DEPLOYED is replaced."),
		},
	}
}

func (r *dags) Configure(_ context.Context, request resource.ConfigureRequest, _ *resource.ConfigureResponse) {
	if request.ProviderData != nil { // nil while Terraform validates
		r.connection = request.ProviderData.(connection)
	}
}

// Create deploys the folder. A deploy that may run is in the state even if the call failed; see [Keep].
func (r *dags) Create(ctx context.Context, request resource.CreateRequest, response *resource.CreateResponse) {
	var plan dagsModel
	response.Diagnostics.Append(request.Plan.Get(ctx, &plan)...)
	if response.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, createTimeout)
	defer cancel()
	var options []deploys.Option
	if !plan.Description.IsNull() {
		options = append(options, deploys.WithDescription(plan.Description.ValueString()))
	}
	folder := &plannedFolder{path: plan.Source.ValueString(), digest: plan.ContentDigest.ValueString()}
	result, err := deploys.DAGs(ctx, r.client, r.deployment(plan), folder, options...)
	response.Diagnostics.Append(Diagnostics(err)...)
	if failed := (*deploys.Error)(nil); errors.As(err, &failed) && Keep(err) != "" {
		result = &failed.Result
	}
	if result == nil {
		return
	}
	plan.ID = types.StringValue(result.DeployID)
	plan.ContentDigest = types.StringValue(result.ContentDigest)
	plan.DAGTarballVersion = types.StringValue(result.TarballVersion)
	plan.Status = types.StringValue(string(result.Status))
	response.Diagnostics.Append(response.State.Set(ctx, &plan)...)
}

// Read reads the deploy. One that the service no longer knows is removed from the state, and created again
// by the next apply.
func (r *dags) Read(ctx context.Context, request resource.ReadRequest, response *resource.ReadResponse) {
	var state dagsModel
	response.Diagnostics.Append(request.State.Get(ctx, &state)...)
	if response.Diagnostics.HasError() {
		return
	}
	deploy, err := r.client.GetDeploy(ctx, r.target(state))
	if refused := (*wrapper.APIError)(nil); errors.Is(err, wrapper.ErrNotFound) && errors.As(err, &refused) && refused.RequestID != "" {
		response.State.RemoveResource(ctx) // any other 404 is not the service's own, and proves nothing
		return
	}
	if err != nil {
		response.Diagnostics.Append(Diagnostics(err)...)
		return
	}
	if now := types.StringPointerValue(deploy.Description); now.ValueString() != state.Description.ValueString() { // no description and an empty one are the same
		state.Description = now
	}
	if version := types.StringPointerValue(deploy.DAGTarballVersion); !version.IsNull() && !version.Equal(state.DAGTarballVersion) {
		state.DAGTarballVersion, state.ContentDigest = version, types.StringNull() // somebody else's tarball
	}
	state.Status = types.StringValue(string(deploy.Status))
	response.Diagnostics.Append(response.State.Set(ctx, &state)...)
}

// Update changes the description. Another path to the same content changes only the state.
func (r *dags) Update(ctx context.Context, request resource.UpdateRequest, response *resource.UpdateResponse) {
	var plan, state dagsModel
	response.Diagnostics.Append(request.Plan.Get(ctx, &plan)...)
	response.Diagnostics.Append(request.State.Get(ctx, &state)...)
	if response.Diagnostics.HasError() {
		return
	}
	if description := plan.Description.ValueString(); description != state.Description.ValueString() {
		_, err := r.client.UpdateDeploy(ctx, r.target(state), api.UpdateDeployRequest{Description: &description})
		response.Diagnostics.Append(Diagnostics(err)...)
		if err != nil {
			return
		}
	}
	response.Diagnostics.Append(response.State.Set(ctx, &plan)...)
}

// Delete sends nothing: a deploy cannot be deleted, and the DAGs may be needed. A replacement calls it, too,
// so the warning is in ModifyPlan, which sees the destruction alone.
func (*dags) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {}

func (r *dags) deployment(of dagsModel) wrapper.Deployment {
	return wrapper.Deployment{OrganizationID: r.organizationID, DeploymentID: of.DeploymentID.ValueString()}
}

func (r *dags) target(of dagsModel) wrapper.Target {
	return wrapper.Target{OrganizationID: r.organizationID, DeploymentID: of.DeploymentID.ValueString(), DeployID: of.ID.ValueString(), Type: api.DeployTypeDAGOnly}
}
