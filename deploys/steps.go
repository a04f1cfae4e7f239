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

// deploying is one deploy on its way through the stages.
type deploying struct {
	client Client
	to     wrapper.Deployment
	plan   plan

	packed   io.Closer
	deploy   *api.Deploy // as the service described it last
	tarball  *blob.Tarball
	mayExist bool // a deploy, whether it is known which or not
	result   Result
}

// pack comes before anything is created.
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
	return nil
}

func (d *deploying) close() {
	if d.packed != nil {
		_ = d.packed.Close()
	}
}

func (d *deploying) create(ctx context.Context) error {
	deploy, err := d.client.CreateDeploy(ctx, d.to, d.plan.request)
	d.mayExist = err == nil || mayHaveTakenEffect(err)
	d.show(deploy, err)
	switch {
	case err != nil:
		return err
	case deploy == nil:
		return errNothing
	case deploy.Status == api.DeployStatusFailed:
		return &wrapper.DeployFailedError{Deploy: redact.Copy(nil, deploy)}
	case d.plan.uploadURL == nil && !mountsAt(deploy, d.plan.request.BundleMountPath):
		return errors.New("the deploy that was created does not have the mount path asked for, so that nothing is removed")
	case d.plan.uploadURL != nil && d.uploadURL() == nil:
		return errNoUploadURL
	}
	return nil
}

// mountsAt reports whether a deploy is for the mount path that was asked for: what is removed is
// what the service has at the deploy's own.
func mountsAt(deploy *api.Deploy, asked *string) bool {
	return deploy.BundleMountPath != nil && asked != nil && evidence.IsSamePath(*deploy.BundleMountPath, *asked)
}

// mayHaveTakenEffect reports whether the request that ended so may have been carried out. Of the
// errors of other clients than ours it is not known, so that it may.
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

// errNothing is of a client that breaks its contract: nothing that it leaves out becomes a success.
var errNothing = errors.New("the client returned neither what was asked for nor an error")

// errNoUploadURL says what can be known of the Deployment only by creating a deploy.
var errNoUploadURL = errors.New("the deploy has no upload URL, so DAG deploys seem to be off on the Deployment: enable them in its settings, or deploy an image")

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
		return errNothing
	}
	return sent(err)
}

func (d *deploying) finalize(ctx context.Context) error {
	deploy, err := d.client.Finalize(ctx, d.target(), d.plan.content(d.result.TarballVersion))
	d.show(deploy, err)
	if err == nil && deploy == nil {
		return errNothing
	}
	return sent(err)
}

// sent is err, but not of the type that says that nothing was sent: something was.
func sent(err error) error {
	invalid := (*wrapper.ValidationError)(nil)
	switch {
	case !errors.As(err, &invalid):
		return err
	case invalid.Field == "uploadUrl":
		return fmt.Errorf("the deploy's %v", err)
	}
	return errors.New(err.Error())
}

// wait does nothing for a deploy that is DEPLOYED already.
func (d *deploying) wait(ctx context.Context) error {
	if d.result.Status == api.DeployStatusDeployed {
		return nil
	}
	deploy, err := d.client.Wait(ctx, d.target())
	d.show(deploy, err)
	if err == nil && (deploy == nil || deploy.Status != api.DeployStatusDeployed) {
		return errNothing
	}
	return err
}

// show takes over the deploy that a stage returned, or that its error has.
func (d *deploying) show(deploy *api.Deploy, err error) {
	if failed := (*wrapper.DeployFailedError)(nil); errors.As(err, &failed) {
		deploy = failed.Deploy
	}
	if deploy != nil {
		d.deploy, d.result.DeployID, d.result.Status = deploy, deploy.ID, deploy.Status
	}
}

// shown is the result as it may be shown.
func (d *deploying) shown() Result {
	if d.deploy != nil {
		d.result.Deploy = redact.Copy(nil, d.deploy)
		d.result.DeployID, d.result.Status = d.result.Deploy.ID, d.result.Deploy.Status
	}
	return d.result
}

func (d *deploying) target() wrapper.Target {
	target := wrapper.TargetOf(d.to.OrganizationID, d.deploy)
	target.DeploymentID = d.to.DeploymentID // which a response may lack
	target.Type = d.plan.request.Type       // which a response may call by another name
	return target
}
