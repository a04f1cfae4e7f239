package wrapper

import (
	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/internal/evidence"
)

// Content is what a deploy carries. Make one with [ImageOnly], [DAGTarball],
// [BundleTarball], [RemoveBundle] or [Request]; the zero Content is refused.
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

// ImageOnly is for a deploy without a tarball: of type IMAGE_ONLY, or of type IMAGE_AND_DAG
// where DAG deploys are off. The request's body is {}.
func ImageOnly() Content { return Request(api.FinalizeDeployRequest{}) }

// DAGTarball is for a deploy of type IMAGE_AND_DAG or DAG_ONLY. The version is what the
// upload to the deploy's DAGsUploadURL returned in its header x-ms-version-id, byte for
// byte.
func DAGTarball(version string) Content {
	return Content{api.FinalizeDeployRequest{DAGTarballVersion: &version}, contentDeploys}
}

// BundleTarball is for a deploy of type BUNDLE. The version is what the upload to the
// deploy's BundleUploadURL returned in its header x-ms-version-id, byte for byte.
func BundleTarball(version string) Content {
	return Content{api.FinalizeDeployRequest{BundleTarballVersion: &version}, contentDeploys}
}

// RemoveBundle is for a deploy of type BUNDLE to whose URL nothing was uploaded: it removes
// the bundle at the deploy's mount path from the Deployment. It is the only Content that
// sends an empty version. The service does this for the vendor's own CLI; its reference
// does not mention it. A target that is known to be of another type is refused.
func RemoveBundle() Content {
	var empty string
	return Content{api.FinalizeDeployRequest{BundleTarballVersion: &empty}, contentRemoves}
}

// Request is for callers that hold the generated request already. It is sent as it is, with
// both versions if it has both, and held to the same rules as the others (see
// [CheckFinalize]); it cannot remove a bundle.
func Request(request api.FinalizeDeployRequest) Content {
	// A copy of its own: what is checked must be what is sent.
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

// sentTo is what a finalize of the target with this content sends.
func (c Content) sentTo(target Target) evidence.Sent {
	return evidence.Sent{
		DeployID: target.DeployID,
		DAGs:     c.request.DAGTarballVersion,
		Bundle:   c.request.BundleTarballVersion,
		Removes:  c.kind == contentRemoves,
		Replaces: target.Replaces,
	}
}
