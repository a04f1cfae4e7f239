package terraform

import (
	"context"
	"errors"
	"io"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/tarball"
)

// ModifyPlan packs the folder, and replaces the deploy if the content has changed or the deploy is not
// DEPLOYED. It sends nothing. Terraform calls it again during the apply, and refuses to continue if the
// digest differs.
func (r *dags) ModifyPlan(ctx context.Context, request resource.ModifyPlanRequest, response *resource.ModifyPlanResponse) {
	if request.Plan.Raw.IsNull() {
		response.Diagnostics.AddWarning("The Deployment keeps its DAGs", "Destroying the resource removes it from the state and sends nothing. To delete all DAGs, deploy an empty folder: deploys.DAGs with tarball.Dir(folder, tarball.AllowEmpty()).")
		return
	}
	var plan dagsModel
	response.Diagnostics.Append(request.Plan.Get(ctx, &plan)...)
	if response.Diagnostics.HasError() {
		return
	}
	if !plan.DeploymentID.IsUnknown() && !plan.Description.IsUnknown() {
		err := r.client.CheckCreate(r.deployment(plan), api.CreateDeployRequest{Type: api.DeployTypeDAGOnly, Description: plan.Description.ValueStringPointer()})
		response.Diagnostics.Append(Diagnostics(err)...)
	}
	digest := types.StringUnknown()
	if !plan.Source.IsUnknown() {
		packed, err := (&plannedFolder{path: plan.Source.ValueString()}).Open(ctx, "dags")
		if err != nil {
			response.Diagnostics.Append(Diagnostics(err)...)
			return
		}
		digest = types.StringValue(packed.(*tarball.Tarball).ContentDigest())
		_ = packed.Close()
	}
	change := func(attribute string, to types.String) {
		response.Diagnostics.Append(response.Plan.SetAttribute(ctx, path.Root(attribute), to)...)
		response.RequiresReplace.Append(path.Root(attribute)) // without a state, this has no effect
	}
	if !digest.Equal(plan.ContentDigest) {
		change("content_digest", digest)
	}
	if !plan.Status.IsUnknown() && plan.Status.ValueString() != string(api.DeployStatusDeployed) {
		change("status", types.StringUnknown())
	}
}

// plannedFolder is a deploys.Source for the folder of a plan.
type plannedFolder struct {
	path   string
	digest string // of the content that was planned; "" if that is not known
}

var errFolderChanged = errors.New("the folder has changed since the plan")

// Open packs the folder. Content other than the planned one is refused.
func (f *plannedFolder) Open(ctx context.Context, prefix string) (io.ReadSeekCloser, error) {
	packed, err := tarball.Dir(f.path).Pack(ctx, prefix)
	if err != nil {
		return nil, err
	}
	if f.digest != "" && packed.ContentDigest() != f.digest {
		_ = packed.Close()
		return nil, errFolderChanged
	}
	return packed, nil
}
