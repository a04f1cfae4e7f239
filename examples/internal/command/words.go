package command

import (
	"errors"
	"regexp"
	"strings"
	"unicode"

	"github.com/astro-finalize/astro-finalize-go/tarball"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// fields are what an operator calls the fields of a [wrapper.ValidationError] and of a [tarball.Error].
var fields = map[string]string{
	"organizationId":       "-organization or " + OrganizationVariable,
	"deploymentId":         "-deployment or " + DeploymentVariable,
	"deployId":             "-deploy",
	"token":                TokenVariable,
	"baseURL":              "-base-url",
	"apiVersion":           "-api-version",
	"dagTarballVersion":    "-dags-version",
	"bundleTarballVersion": "-bundle-version",
	"bundleMountPath":      "-mount-path",
	"bundleType":           "-bundle-type",
	"description":          "-description",
	"state.organizationId": "its Organization ID",
	"state.deploymentId":   "its Deployment ID",
	"state.deployId":       "its deploy ID",
	"state.tarballVersion": "its tarball version",
	"Ignore":               "-ignore",
}

// phrases replaces what the library says to Go programs.
var phrases = strings.NewReplacer(append(libraryPhrases,
	"context deadline exceeded: -timeout", "-timeout",
	" has passed: context deadline exceeded while", " has passed while",
	"context canceled", "interrupted",
	"CreateDeploy: ", "creating the deploy: ",
	"GetDeploy: ", "reading the deploy: ",
	"ListDeploys: ", "listing the deploys: ",
	"FinalizeDeploy: ", "finalizing the deploy: ",
	"Upload: ", "uploading: ",
)...)

// libraryPhrases are pairs whose first text is in a string of the library, which a test holds.
var libraryPhrases = []string{
	"set ASTRO_API_TOKEN or use WithToken or WithTokenSource", "set it to an API token",
	"; use strings.TrimSpace", "",
	"WithAPIVersion(V1)", "-api-version v1",
	"use WithAPIVersion", "use -api-version",
	"in an image (Image with WithDAGsInImage)", "in an image, with deploy create -image -dags-in-image",
	"v1beta1 (V1Beta1) or v1 (V1)", "v1beta1 or v1",
	"pass AllowEmpty() if", "add -allow-empty if",
	"with Ignore", "with -ignore",
	"; for an existing tarball, use File", "",
	`, or add the option Prefix("dags") if that is intended`, "",
	", or pass the option ModTime, which takes precedence", "",
	"OnlyIfChanged", "-only-if-changed",
	"check with GetDeploy", "check its status",
	"continue with Finalize", "go on with deploy finalize",
	"continue with Wait", "go on with deploy status -wait",
	"calling again creates", "deploying again creates",
	"pass DAGTarball with the version that the upload returned", "give -dags-version",
	"pass BundleTarball with the version that the upload returned", "give -bundle-version",
	"make the http.Client trust it", "add its certificate to those that the system trusts",
	"neither the http.Client nor a proxy modifies it", "no proxy modifies it",
	"whether the http.Client or a proxy modifies it", "whether a proxy modifies it",
	"the IDs in the call", "the IDs",
	"check the base URL", "check -base-url or " + URLVariable,
}

// Text returns the text of an error in the words of an operator, with flags and variables instead of the
// names of the library, in one line.
func Text(err error) string {
	text := err.Error()
	if rest, isPack := strings.CutPrefix(text, "pack: "); isPack {
		text = "packing: " + rest
	}
	if invalid := (*wrapper.ValidationError)(nil); errors.As(err, &invalid) {
		if invalid.Field == "state" { // what is wrong with its JSON is for programs
			text = strings.Replace(text, invalid.Error(), "the file is damaged, or not of this command", 1)
		}
		text = renamed(text, invalid.Error(), invalid.Field)
	}
	if unpackable := (*tarball.Error)(nil); errors.As(err, &unpackable) {
		text = renamed(text, unpackable.Error(), unpackable.Field)
	}
	return OneLine(phrases.Replace(ofFolder.ReplaceAllString(text, "use -dags $1")))
}

// OneLine replaces the control characters of a text, such as a file's name, so that it cannot look like more
// than one line.
func OneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '\uFFFD'
		}
		return r
	}, text)
}

// ofFolder matches what the library says about a project folder.
var ofFolder = regexp.MustCompile(`use Dir\(("[^"]*")\)`)

// renamed replaces the field that the text of an error starts with.
func renamed(text, ofError, field string) string {
	if name, known := fields[field]; known {
		return strings.Replace(text, ofError, name+strings.TrimPrefix(ofError, field), 1)
	}
	return text
}
