package wrapper

import (
	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/internal/evidence"
	"github.com/astro-finalize/astro-finalize-go/internal/rules"
)

// Content is what a deploy carries: [ImageOnly], [DAGTarball], [BundleTarball], [RemoveBundle] or
// [Request]. The zero Content is refused.
type Content struct {
	request api.FinalizeDeployRequest
	kind    contentKind
}

type contentKind int8

const (
	contentNone contentKind = iota
	contentDeploys
	contentRemoves
)

// ImageOnly is for a deploy without a tarball: IMAGE_ONLY, or IMAGE_AND_DAG with DAG deploys off. The
// request's body is {}.
func ImageOnly() Content { return Request(api.FinalizeDeployRequest{}) }

// DAGTarball is for a deploy of type IMAGE_AND_DAG or DAG_ONLY. The version is the header x-ms-version-id,
// byte for byte, of the response to the upload to DAGsUploadURL; [Client.Upload] returns it.
func DAGTarball(version string) Content {
	return Content{api.FinalizeDeployRequest{DAGTarballVersion: &version}, contentDeploys}
}

// BundleTarball is for a deploy of type BUNDLE. The version is the header x-ms-version-id, byte for byte,
// of the response to the upload to BundleUploadURL; [Client.Upload] returns it.
func BundleTarball(version string) Content {
	return Content{api.FinalizeDeployRequest{BundleTarballVersion: &version}, contentDeploys}
}

// RemoveBundle is for a deploy of type BUNDLE without an upload: it removes the bundle at the deploy's
// mount path from the Deployment. It is the only Content that sends an empty version. The vendor's own
// CLI relies on this, but the API's reference does not mention it. A target of another known type is refused.
//
// The API's reference documents another way, which this library does not have: DELETE of
// .../deployments/{deploymentId}/bundles/{bundleId} in v1.
func RemoveBundle() Content {
	var empty string
	return Content{api.FinalizeDeployRequest{BundleTarballVersion: &empty}, contentRemoves}
}

// Request is for callers that have a generated request. It is sent as it is, with both versions if it has
// both. The same rules apply ([CheckFinalize]), and it cannot remove a bundle.
func Request(request api.FinalizeDeployRequest) Content {
	// Copied, since the caller could change them between the checks and the request.
	request.DAGTarballVersion = clone(request.DAGTarballVersion)
	request.BundleTarballVersion = clone(request.BundleTarballVersion)
	return Content{request, contentDeploys}
}

func clone(version *string) *string {
	if version == nil {
		return nil
	}
	copied := *version
	return &copied
}

// sentTo returns what a finalize of the target with this content sends.
func (c Content) sentTo(target Target) evidence.Sent {
	return evidence.Sent{
		DeployID: target.DeployID,
		DAGs:     c.request.DAGTarballVersion,
		Bundle:   c.request.BundleTarballVersion,
		Removes:  c.kind == contentRemoves,
		Replaces: target.Replaces,
	}
}

// CheckFinalize returns a [*ValidationError] for the first rule that a request breaks for a deploy of the
// given type, without any I/O. [Client.Finalize] calls it; so can programs that send the request themselves:
//
//   - A version that is set must be printable, without the quotes, brackets, $, %, * and \ that scripts
//     leave behind. It must not be empty, since "" as bundleTarballVersion removes a bundle.
//   - With DAG deploys on, IMAGE_AND_DAG and DAG_ONLY need dagTarballVersion, and BUNDLE needs
//     bundleTarballVersion.
//
// The second rule is left to the service for any other type, and if the type ("") or DAG deploys are
// unknown. A version that the type does not need is sent, and the service decides about it.
func CheckFinalize(deployType api.DeployType, dagDeploys DAGDeploys, request api.FinalizeDeployRequest) error {
	return refused(rules.Finalize(deployType, dagDeploys == DAGDeploysOn, request))
}

// check returns what is wrong with the content for the target.
func (c Content) check(target Target) error {
	switch c.kind {
	case contentDeploys:
		return CheckFinalize(target.Type, target.DAGDeploys, c.request)
	case contentRemoves:
		return refused(rules.Remove(target.Type, target.DAGDeploys == DAGDeploysOn, c.request))
	default:
		return &ValidationError{Field: "content", Rule: "must be ImageOnly, DAGTarball, BundleTarball, RemoveBundle or Request"}
	}
}
