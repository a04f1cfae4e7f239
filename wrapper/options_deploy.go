package wrapper

import "github.com/astro-finalize/astro-finalize-go/api"

// DeployOption changes one thing about [Client.DeployDAGs], [Client.DeployBundle] or
// [Client.RemoveBundle]. An [UploadOption] is one.
type DeployOption interface {
	apply(*uploadSettings, *api.CreateDeployRequest) error
}

func (o UploadOption) apply(settings *uploadSettings, _ *api.CreateDeployRequest) error {
	if o == nil {
		return &ValidationError{Field: "options", Rule: "must not hold a nil UploadOption"}
	}
	return o(settings)
}

// requestOption is a DeployOption that changes the request to create the deploy.
type requestOption func(*api.CreateDeployRequest)

func (o requestOption) apply(_ *uploadSettings, request *api.CreateDeployRequest) error {
	o(request)
	return nil
}

// WithDescription sets what is written about the deploy, in at most 500 characters.
func WithDescription(description string) DeployOption {
	return requestOption(func(request *api.CreateDeployRequest) { request.Description = &description })
}

// WithGit names the commit that the deploy is made from. It takes [V1]: v1beta1 has no such
// field.
func WithGit(git api.DeployGit) DeployOption {
	return requestOption(func(request *api.CreateDeployRequest) { request.Git = &git })
}

func deploySettingsOf(options []DeployOption, request *api.CreateDeployRequest) (settings uploadSettings, err error) {
	for _, option := range options {
		if option == nil {
			return settings, &ValidationError{Field: "options", Rule: "must not hold a nil DeployOption"}
		}
		if err := option.apply(&settings, request); err != nil {
			return settings, err
		}
	}
	return settings, nil
}
