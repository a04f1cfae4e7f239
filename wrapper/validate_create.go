package wrapper

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// maxDescription is how many characters a description may have.
const maxDescription = 500

// checkCreate reports the first rule that a call to create a deploy breaks. A type that is not
// known here is the service's to judge.
func (c *Client) checkCreate(ctx context.Context, in Deployment, request api.CreateDeployRequest) error {
	if err := cmp.Or(c.check(), checkContext(ctx), in.check()); err != nil {
		return err
	}
	if request.Type == "" {
		return &ValidationError{Field: "type", Rule: "must not be empty: it says what the deploy changes, such as DAG_ONLY"}
	}
	if request.Type == api.DeployTypeBundle {
		if err := cmp.Or(checkMountPath(valueOf(request.BundleMountPath)), checkBundleType(valueOf(request.BundleType))); err != nil {
			return err
		}
	}
	return cmp.Or(checkDescription(valueOf(request.Description)), checkGit(c.version, request.Git))
}

func valueOf(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

// checkMountPath accepts the path of a folder below the root that can be meant in one way
// only. Which of them the service takes is not documented.
func checkMountPath(mountPath string) error {
	const field = "bundleMountPath"
	switch {
	case mountPath == "":
		return &ValidationError{Field: field, Rule: "must not be empty: it says where the bundle is mounted, such as /usr/local/airflow/dbt/my-project"}
	case !strings.HasPrefix(mountPath, "/") || path.Clean(mountPath) != mountPath || mountPath == "/" || !isPrintable(mountPath):
		return &ValidationError{Field: field, Value: shown(mountPath), Rule: "must be an absolute path without ., .. and a slash at its end, such as /usr/local/airflow/dbt/my-project"}
	}
	return nil
}

func checkBundleType(bundleType string) error {
	switch {
	case bundleType == "":
		return &ValidationError{Field: "bundleType", Rule: "must not be empty: it says what kind of bundle it is, such as dbt"}
	case !isPrintable(bundleType) || strings.TrimSpace(bundleType) != bundleType:
		return &ValidationError{Field: "bundleType", Value: shown(bundleType), Rule: "must be printable ASCII without white space around it, such as dbt"}
	}
	return nil
}

func checkDescription(description string) error {
	if length := utf8.RuneCountInString(description); length > maxDescription {
		return &ValidationError{Field: "description", Rule: fmt.Sprintf("must have at most %d characters; this one has %d", maxDescription, length)}
	}
	if !utf8.ValidString(description) {
		return &ValidationError{Field: "description", Rule: "must be valid UTF-8, or JSON would change it"}
	}
	return nil
}

// checkGit refuses what v1beta1 would drop without a word, and a commit that lacks what the
// contract requires.
func checkGit(version APIVersion, git *api.DeployGit) error {
	switch {
	case git == nil:
		return nil
	case version == V1Beta1:
		return &ValidationError{Field: "git", Rule: "is not part of v1beta1, which would drop it; use WithAPIVersion(V1), or leave it out"}
	case git.Provider == "":
		return &ValidationError{Field: "git.provider", Rule: "must not be empty: it is GITHUB or GENERIC"}
	case git.CommitSHA == "":
		return &ValidationError{Field: "git.commitSha", Rule: "must not be empty: it names the commit"}
	case git.Provider == api.GitProviderGitHub && (valueOf(git.Account) == "" || valueOf(git.Repo) == ""):
		return &ValidationError{Field: "git.account", Rule: "and git.repo must be given for the provider GITHUB; for another there is GENERIC, with git.remoteUrl"}
	case git.Provider == api.GitProviderGeneric && valueOf(git.RemoteURL) == "":
		return &ValidationError{Field: "git.remoteUrl", Rule: "must be given for the provider GENERIC"}
	}
	return nil
}
