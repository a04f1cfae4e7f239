package deploys

import (
	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// Option configures a deploy. An option is for every kind of deploy unless its documentation says otherwise.
type Option func(*plan) error

// WithDescription sets the description of the deploy, with at most 500 characters. Unless [OnlyIfChanged] is
// used, too, it must not end with a content digest as recorded by that option: it could be that of other content.
func WithDescription(description string) Option {
	return func(p *plan) error {
		p.request.Description = &description
		return nil
	}
}

// WithGit sets the commit that the deploy is built from. [wrapper.Client.CheckCreate] lists the
// fields that each API version needs.
func WithGit(git api.DeployGit) Option {
	return func(p *plan) error {
		p.request.Git = &git
		return nil
	}
}

// WithProgress reports the progress of the upload to one Deployment; see [wrapper.WithProgress].
func WithProgress(progress func(sent, total int64)) Option {
	return func(p *plan) error {
		switch {
		case progress == nil:
			return &wrapper.ValidationError{Field: "progress", Rule: "must not be nil"}
		case p.isForAll:
			return &wrapper.ValidationError{Field: "options", Rule: "must not contain WithProgress, which is for one Deployment; use WithOutcome"}
		}
		p.progress = []wrapper.UploadOption{wrapper.WithProgress(progress)}
		return nil
	}
}
