package deploys

import (
	"context"
	"fmt"
	"time"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// plan is what differs between the kinds of deploy, and what the options set.
type plan struct {
	request   api.CreateDeployRequest
	source    Source
	prefix    string
	uploadURL func(*api.Deploy) *api.Secret // nil if nothing is uploaded
	content   func(version string) wrapper.Content
	progress  []wrapper.UploadOption

	isImage       bool
	push          Push // of an image
	dagsInImage   bool
	onlyIfChanged bool
	isForAll      bool // to several Deployments
	outcome       func(Outcome)
}

// removes reports whether the plan removes a bundle.
func (p *plan) removes() bool { return p.request.Type == api.DeployTypeBundle && p.uploadURL == nil }

func run(ctx context.Context, client Client, to wrapper.Deployment, p plan, options []Option) (*Result, error) {
	if err := p.check(ctx, client, options, to); err != nil {
		return nil, err
	}
	d := newDeploying(client, to, p)
	defer d.close()
	return d.run(ctx, d.steps())
}

// check applies the options and validates the arguments.
func (p *plan) check(ctx context.Context, client Client, options []Option, to ...wrapper.Deployment) error {
	for _, option := range options {
		if option == nil {
			return &wrapper.ValidationError{Field: "options", Rule: "must not contain a nil Option"}
		}
		if err := option(p); err != nil {
			return err
		}
	}
	switch {
	case client == nil:
		return &wrapper.ValidationError{Field: "client", Rule: "must not be nil; create one with wrapper.NewClient"}
	case ctx == nil:
		return &wrapper.ValidationError{Field: "ctx", Rule: "must not be nil; pass context.Background() if there is none"}
	}
	for i, one := range to {
		if err := client.CheckCreate(one, p.request); err != nil && p.isForAll {
			return fmt.Errorf("to[%d]: %w", i, err)
		} else if err != nil {
			return err
		}
	}
	switch {
	case p.isImage && p.push == nil:
		return &wrapper.ValidationError{Field: "push", Rule: "must not be nil; pass a function that pushes the image"}
	case p.uploadURL != nil && p.source == nil:
		return &wrapper.ValidationError{Field: "source", Rule: "must not be nil; for a folder, use tarball.Dir"}
	}
	return p.checkOnlyIfChanged(client)
}

// step is a stage of a deploy.
type step struct {
	stage Stage
	do    func(context.Context) error
	took  *time.Duration
}

func (d *deploying) steps() []step {
	timings := &d.result.Timings
	return []step{
		{StagePack, d.pack, &timings.Pack},
		{StageCompare, d.compare, &timings.Compare},
		{StageCreate, d.create, &timings.Create},
		{StageUpload, d.upload, &timings.Upload},
		{StagePush, d.push, &timings.Push},
		{StageFinalize, d.finalize, &timings.Finalize},
		{StageWait, d.wait, &timings.Wait},
	}
}

// run takes the steps until one fails, or until the content turns out to be unchanged.
func (d *deploying) run(ctx context.Context, steps []step) (*Result, error) {
	started := time.Now()
	for _, step := range steps {
		d.stage = step.stage
		begun := time.Now()
		err := step.do(ctx)
		*step.took, d.result.Timings.Total = time.Since(begun), time.Since(started)
		if err != nil {
			return nil, d.failed(err)
		}
		if d.result.Unchanged {
			break
		}
	}
	result := d.shown()
	return &result, nil
}

// failed returns the error of the stage that was reached.
func (d *deploying) failed(err error) *Error {
	return &Error{Stage: d.stage, Result: d.shown(), Err: err, MayExist: d.mayExist}
}
