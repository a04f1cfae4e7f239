package deploys

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/internal/blob"
	"github.com/astro-finalize/astro-finalize-go/internal/evidence"
	"github.com/astro-finalize/astro-finalize-go/internal/redact"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// deploying is one deploy as it passes through the stages.
type deploying struct {
	client Client
	to     wrapper.Deployment
	plan   plan

	stage    Stage // that was reached
	packed   io.ReadSeekCloser
	deploy   *api.Deploy // from the last response
	tarball  *blob.Tarball
	mayExist bool // a deploy may have been created, even if its ID is unknown
	result   Result
}

func newDeploying(client Client, to wrapper.Deployment, p plan) *deploying {
	return &deploying{client: client, to: to, plan: p, result: Result{
		OrganizationID: to.OrganizationID, DeploymentID: to.DeploymentID, Type: p.request.Type,
	}}
}

func (d *deploying) pack(ctx context.Context) error {
	if d.plan.uploadURL == nil {
		return nil
	}
	packed, err := d.plan.source.Open(ctx, d.plan.prefix)
	if err != nil {
		return err
	}
	d.packed = packed
	d.tarball, err = blob.Measure(ctx, packed)
	if broken := (*blob.InvalidError)(nil); errors.As(err, &broken) {
		return &wrapper.ValidationError{Field: "tarball", Value: broken.Value, Rule: broken.Rule}
	} else if err != nil {
		return &wrapper.TransportError{Operation: "Upload", Err: redact.Error(err)}
	}
	if counted, isCounted := packed.(interface{ Files() int }); isCounted {
		d.result.Files = counted.Files()
	}
	if digested, isDigested := packed.(interface{ ContentDigest() string }); isDigested {
		d.result.ContentDigest = digested.ContentDigest()
	}
	d.result.Bytes, d.result.MD5 = d.tarball.Size, hex.EncodeToString(d.tarball.MD5())
	if d.plan.onlyIfChanged {
		return checkDigest(d.result.ContentDigest)
	}
	return nil
}

func (d *deploying) close() {
	if d.packed != nil {
		_ = d.packed.Close()
	}
}

func (d *deploying) create(ctx context.Context) error {
	d.mayExist = true // also if the client panics
	deploy, err := d.client.CreateDeploy(ctx, d.to, d.request())
	d.mayExist = err == nil || mayHaveTakenEffect(err)
	d.record(deploy, err)
	switch {
	case err != nil:
		return err
	case deploy == nil:
		return errNoResult
	case deploy.Status == api.DeployStatusFailed:
		return &wrapper.DeployFailedError{Deploy: redact.Copy(nil, deploy)}
	case d.plan.removes() && !mountsAt(deploy, d.plan.request.BundleMountPath):
		return errors.New("the created deploy does not have the requested mount path, so the bundle is not removed")
	case d.plan.uploadURL != nil && d.uploadURL() == nil:
		return errNoUploadURL
	case d.plan.isImage:
		return d.checkImage()
	}
	return nil
}

// mountsAt reports whether a deploy has the requested mount path. A removal applies to the deploy's own
// mount path.
func mountsAt(deploy *api.Deploy, requested *string) bool {
	return deploy.BundleMountPath != nil && requested != nil && evidence.IsSamePath(*deploy.BundleMountPath, *requested)
}

// mayHaveTakenEffect reports whether the request that failed with err may have taken effect. It returns
// true for unknown errors, such as those of other clients.
func mayHaveTakenEffect(err error) bool {
	invalid, failed, refused := (*wrapper.ValidationError)(nil), (*wrapper.TransportError)(nil), (*wrapper.APIError)(nil)
	switch {
	case errors.As(err, &invalid):
		return false
	case errors.As(err, &failed):
		return failed.MayHaveTakenEffect
	case errors.As(err, &refused):
		return refused.MayHaveTakenEffect
	}
	return true
}

// errNoResult is for a [Client] that returns neither a result nor an error.
var errNoResult = errors.New("the client returned neither a result nor an error")

// errNoUploadURL is found only after a deploy was created: nothing else shows that DAG deploys are off.
var errNoUploadURL = errors.New("the deploy has no upload URL, so DAG deploys seem to be disabled on the Deployment: enable them in its settings, or deploy the DAGs in an image (Image with WithDAGsInImage)")

func (d *deploying) uploadURL() *api.Secret {
	address := d.plan.uploadURL(d.deploy)
	if address == nil || address.Reveal() == "" {
		return nil
	}
	return address
}

func (d *deploying) upload(ctx context.Context) (err error) {
	if d.plan.uploadURL == nil {
		return nil
	}
	d.result.TarballVersion, err = d.client.Upload(ctx, d.uploadURL(), d.tarball, d.plan.progress...)
	if err == nil && d.result.TarballVersion == "" {
		return errNoResult
	}
	return afterCreate(err)
}

func (d *deploying) finalize(ctx context.Context) error {
	deploy, err := d.client.Finalize(ctx, d.target(), d.plan.content(d.result.TarballVersion))
	d.record(deploy, err)
	if err == nil && deploy == nil {
		return errNoResult
	}
	return afterCreate(err)
}

// afterCreate hides a ValidationError, which promises that nothing was sent: a deploy was created.
func afterCreate(err error) error {
	invalid := (*wrapper.ValidationError)(nil)
	switch {
	case !errors.As(err, &invalid):
		return err
	case invalid.Field == "uploadUrl":
		return fmt.Errorf("the deploy's %v", err)
	}
	return errors.New(err.Error())
}

// wait does nothing if the deploy is already DEPLOYED.
func (d *deploying) wait(ctx context.Context) error {
	if d.result.Status == api.DeployStatusDeployed {
		return nil
	}
	deploy, err := d.client.Wait(ctx, d.target())
	d.record(deploy, err)
	if err == nil && (deploy == nil || deploy.Status != api.DeployStatusDeployed) {
		return errNoResult
	}
	return err
}

// record stores the deploy that a stage or its error returned.
func (d *deploying) record(deploy *api.Deploy, err error) {
	if failed := (*wrapper.DeployFailedError)(nil); errors.As(err, &failed) {
		deploy = failed.Deploy
	}
	if deploy != nil {
		d.deploy, d.result.DeployID, d.result.Status = deploy, deploy.ID, deploy.Status
	}
}

// shown returns the result without secrets.
func (d *deploying) shown() Result {
	if d.deploy != nil {
		d.result.Deploy = redact.Copy(nil, d.deploy)
		d.result.DeployID, d.result.Status = d.result.Deploy.ID, d.result.Deploy.Status
	}
	return d.result
}

func (d *deploying) target() wrapper.Target {
	target := wrapper.TargetOf(d.to.OrganizationID, d.deploy)
	target.DeploymentID = d.to.DeploymentID // the response may lack it
	target.Type = d.plan.request.Type       // the response may show a different type
	return target
}
