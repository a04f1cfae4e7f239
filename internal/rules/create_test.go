package rules

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/astro-finalize/astro-finalize-go/api"
)

func TestCreate(t *testing.T) {
	text := func(text string) *string { return &text }
	gitHub := api.DeployGit{Provider: api.GitProviderGitHub, CommitSHA: "5b1ee0d", Account: text("acme"), Repo: text("dags")}
	generic := api.DeployGit{Provider: api.GitProviderGeneric, CommitSHA: "5b1ee0d", RemoteURL: text("https://git.example/dags")}
	withRemote, inBeta := gitHub, gitHub
	withRemote.RemoteURL = generic.RemoteURL
	inBeta.Branch, inBeta.CommitURL = text("main"), text("https://github.com/acme/dags/commit/5b1ee0d")
	of := func(git api.DeployGit) api.CreateDeployRequest {
		return api.CreateDeployRequest{Type: api.DeployTypeDAGOnly, Git: &git}
	}
	for name, row := range map[string]struct {
		request      api.CreateDeployRequest
		v1, beta     string // the field; "" if valid
		rule, inBeta string
	}{
		"no type":            {api.CreateDeployRequest{}, "type", "type", "must not be empty", "must not be empty"},
		"an unknown type":    {api.CreateDeployRequest{Type: "SOMETHING_NEW"}, "", "", "", ""},
		"a bundle":           {api.CreateDeployRequest{Type: api.DeployTypeBundle, BundleMountPath: text("/a"), BundleType: text("dbt")}, "", "", "", ""},
		"no mount path":      {api.CreateDeployRequest{Type: api.DeployTypeBundle, BundleType: text("dbt")}, "bundleMountPath", "bundleMountPath", "where the bundle is mounted", "where"},
		"no bundle type":     {api.CreateDeployRequest{Type: api.DeployTypeBundle, BundleMountPath: text("/a")}, "bundleType", "bundleType", "the kind of bundle", "kind"},
		"a long description": {api.CreateDeployRequest{Type: "T", Description: text(strings.Repeat("é", 501))}, "description", "description", "at most 500", "at most 500"},
		"GITHUB":             {of(gitHub), "", "git.branch", "", "is required for the provider GITHUB in v1beta1; or use WithAPIVersion(V1)"},
		"GITHUB, all fields": {of(inBeta), "", "", "", ""},
		"GITHUB, remote":     {of(withRemote), "git.remoteUrl", "git.remoteUrl", "must not be set for the provider GITHUB", "must not be set"},
		"GENERIC":            {of(generic), "", "git.provider", "", "use WithAPIVersion(V1)"},
		"no commit":          {of(api.DeployGit{Provider: "SOMETHING_NEW"}), "git.commitSha", "git.provider", "hash of the commit", "must be GITHUB"},
		"no provider":        {of(api.DeployGit{}), "git.provider", "git.provider", "GITHUB or GENERIC", "GITHUB or GENERIC"},
	} {
		broken, inBeta := Create(false, row.request), Create(true, row.request)
		assert.Equal(t, row.v1, broken.Field, name)
		assert.Contains(t, broken.Rule, row.rule, name)
		assert.Equal(t, row.beta, inBeta.Field, name)
		assert.Contains(t, inBeta.Rule, row.inBeta, name)
	}
}

// An update needs a description, which may be empty. No error shows it.
func TestUpdate(t *testing.T) {
	empty, fits, long := "", strings.Repeat("é", 500), strings.Repeat("é", 501)
	for rule, description := range map[string]*string{
		"must be set: an update changes nothing else":        nil,
		"must have at most 500 characters; this one has 501": &long,
	} {
		assert.Equal(t, Broken{Field: "description", Rule: rule}, Update(api.UpdateDeployRequest{Description: description}))
	}
	for _, description := range []*string{&empty, &fits} {
		assert.Zero(t, Update(api.UpdateDeployRequest{Description: description}))
	}
	assert.Zero(t, Description(nil), "a rollback needs none")
}
