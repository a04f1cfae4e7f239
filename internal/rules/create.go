package rules

import (
	"cmp"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/internal/check"
)

// Create checks the request to create a deploy. isBeta is whether it goes to v1beta1.
func Create(isBeta bool, request api.CreateDeployRequest) Broken {
	if request.Type == "" {
		return Broken{Field: "type", Rule: "must not be empty: pass what the deploy changes, such as DAG_ONLY"}
	}
	if request.Type == api.DeployTypeBundle {
		mountPath, bundleType := valueOf(request.BundleMountPath), valueOf(request.BundleType)
		broken := cmp.Or(unless("bundleMountPath", mountPath, check.MountPath(mountPath)), unless("bundleType", bundleType, check.BundleType(bundleType)))
		if broken != (Broken{}) {
			return broken
		}
	}
	return cmp.Or(Description(request.Description), checkGit(isBeta, request.Git))
}

// Update checks the request to update a deploy, which has nothing but a description.
func Update(request api.UpdateDeployRequest) Broken {
	if request.Description == nil {
		return Broken{Field: "description", Rule: "must be set: an update changes nothing else"}
	}
	return Description(request.Description)
}

// Description checks the description of a deploy, which is optional.
func Description(description *string) Broken {
	return unless("description", "", check.Description(valueOf(description)))
}

func valueOf(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

// checkGit checks which fields a commit must have, and must not have, for its provider. An unknown provider
// is left to the service.
func checkGit(isBeta bool, git *api.DeployGit) Broken {
	switch {
	case git == nil:
		return Broken{}
	case git.Provider == "":
		return Broken{Field: "git.provider", Rule: "must not be empty: it is GITHUB or GENERIC"}
	case isBeta && git.Provider != api.GitProviderGitHub:
		return Broken{"git.provider", string(git.Provider), "must be GITHUB in v1beta1; for any other, use WithAPIVersion(V1)"}
	}
	isGitHub, isGeneric := git.Provider == api.GitProviderGitHub, git.Provider == api.GitProviderGeneric
	for _, field := range []struct {
		name, inVersion         string
		value                   *string
		isRequired, isForbidden bool
	}{
		{"git.account", "", git.Account, isGitHub, isGeneric},
		{"git.repo", "", git.Repo, isGitHub, isGeneric},
		{"git.remoteUrl", "", git.RemoteURL, isGeneric, isGitHub},
		{"git.branch", " in v1beta1; or use WithAPIVersion(V1)", git.Branch, isBeta, false},
		{"git.commitUrl", " in v1beta1; or use WithAPIVersion(V1)", git.CommitURL, isBeta, false},
	} {
		switch isGiven := valueOf(field.value) != ""; {
		case field.isRequired && !isGiven:
			return Broken{Field: field.name, Rule: "is required for the provider " + string(git.Provider) + field.inVersion}
		case field.isForbidden && isGiven:
			return Broken{Field: field.name, Rule: "must not be set for the provider " + string(git.Provider)}
		}
	}
	return unless("git.commitSha", git.CommitSHA, check.Commit(git.CommitSHA))
}
