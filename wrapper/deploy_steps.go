package wrapper

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// deploying is one call of DeployDAGs and its like on its way through the stages.
type deploying struct {
	client   *Client
	to       Deployment
	plan     plan
	settings uploadSettings

	packed   io.Closer
	tarball  *measured
	mayExist bool // a deploy, be it known which or not
	result   DeployResult
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
	if d.tarball, err = measure(ctx, packed); err != nil {
		return err
	}
	if counted, isCounted := packed.(interface{ Files() int }); isCounted {
		d.result.Files = counted.Files()
	}
	d.result.Bytes, d.result.MD5 = d.tarball.size, hex.EncodeToString(d.tarball.md5)
	return nil
}

func (d *deploying) close() {
	if d.packed != nil {
		_ = d.packed.Close()
	}
}

func (d *deploying) create(ctx context.Context) error {
	deploy, mayExist, err := d.client.create(ctx, d.to, d.plan.request)
	d.mayExist = mayExist
	if err != nil {
		return err
	}
	d.result.show(deploy)
	switch {
	case deploy.Status == api.DeployStatusFailed:
		return &DeployFailedError{Deploy: deploy}
	case d.plan.uploadURL != nil && d.uploadURL() == nil:
		return errNoUploadURL
	}
	return nil
}

// errNoUploadURL says what can be known of the Deployment only by creating a deploy.
var errNoUploadURL = errors.New("the deploy has no upload URL, so DAG deploys seem to be off on the Deployment: enable them in its settings, or deploy an image")

func (d *deploying) uploadURL() *api.Secret {
	address := d.plan.uploadURL(d.result.Deploy)
	if address == nil || address.Reveal() == "" {
		return nil
	}
	return address
}

func (d *deploying) upload(ctx context.Context) error {
	if d.plan.uploadURL == nil {
		return nil
	}
	address, err := parseUploadURL(d.uploadURL())
	if err != nil {
		return fmt.Errorf("the deploy's %v", err) // not of the type that says that nothing was sent
	}
	d.result.TarballVersion, err = d.client.put(ctx, address, d.tarball, d.settings)
	return err
}

func (d *deploying) finalize(ctx context.Context) error {
	deploy, err := d.client.Finalize(ctx, d.target(), d.plan.content(d.result.TarballVersion))
	d.show(deploy, err)
	if invalid := (*ValidationError)(nil); errors.As(err, &invalid) {
		err = errors.New(err.Error()) // the type would say that nothing was sent
	}
	return err
}

// wait does nothing for a deploy that is DEPLOYED already.
func (d *deploying) wait(ctx context.Context) error {
	if d.result.Status == api.DeployStatusDeployed {
		return nil
	}
	deploy, err := d.client.Wait(ctx, d.target())
	d.show(deploy, err)
	return err
}

// show takes over the deploy that a stage returned, be it as part of its error.
func (d *deploying) show(deploy *api.Deploy, err error) {
	if failed := (*DeployFailedError)(nil); errors.As(err, &failed) {
		deploy = failed.Deploy
	}
	d.result.show(deploy)
}

func (d *deploying) target() Target {
	target := TargetOf(d.to.OrganizationID, d.result.Deploy)
	target.DeploymentID = d.to.DeploymentID // which an answer may lack
	target.Type = d.plan.request.Type       // which an answer may call by another name
	return target
}
