package astrotest

import (
	"fmt"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// refusalOfGit returns why this version of the API would reject git, or "". v1 accepts a provider
// that the contract does not list.
func (v apiVersion) refusalOfGit(git *api.DeployGit) string {
	if git == nil {
		return ""
	}
	type field struct {
		name  string
		value *string
	}
	account, repo, remoteURL := field{"account", git.Account}, field{"repo", git.Repo}, field{"remoteUrl", git.RemoteURL}
	provider := string(git.Provider)
	required := []field{{"provider", &provider}, {"commitSha", &git.CommitSHA}}
	var empty []field
	switch {
	case !v.isV1:
		required = append(required, account, repo, field{"branch", git.Branch}, field{"commitUrl", git.CommitURL})
	case git.Provider == api.GitProviderGitHub:
		required, empty = append(required, account, repo), []field{remoteURL}
	case git.Provider == api.GitProviderGeneric:
		required, empty = append(required, remoteURL), []field{account, repo}
	}
	for _, field := range required {
		if isEmpty(field.value) {
			return fmt.Sprintf("git.%s is required", field.name)
		}
	}
	for _, field := range empty {
		if !isEmpty(field.value) {
			return fmt.Sprintf("git.%s must be empty for the provider %s", field.name, git.Provider)
		}
	}
	if !v.isV1 && git.Provider != api.GitProviderGitHub {
		return fmt.Sprintf("git.provider must be GITHUB, and is %q", git.Provider)
	}
	return ""
}
