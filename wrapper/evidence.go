package wrapper

import (
	"errors"
	"fmt"
	"path"
	"slices"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// isShownBy reports whether a deploy, as it was looked up, is evidence that it was finalized
// with this content. The package documentation says what counts.
func (c Content) isShownBy(deploy *api.Deploy) bool {
	deployed := deploy.Status == api.DeployStatusDeployed
	dags, bundle := c.request.DAGTarballVersion, c.request.BundleTarballVersion
	switch {
	case deploy.Status == api.DeployStatusInitialized:
		return false
	case carriesDAGs(deploy):
		return isSame(dags, deploy.DAGTarballVersion)
	case deploy.Type == api.DeployTypeBundle:
		return isMounted(bundle, deploy)
	case deploy.Type.Valid():
		return deployed && c.kind != contentRemoves // there is no version to compare
	default:
		return deployed && (dags == nil || isSame(dags, deploy.DAGTarballVersion)) && (bundle == nil || isMounted(bundle, deploy))
	}
}

// contradiction reports that the answer to the finalize shows something else than what was
// asked for. What the answer does not show is no contradiction, unless it shows the deploy as
// it was before.
func (c Content) contradiction(deploy *api.Deploy) error {
	dags, bundle := c.request.DAGTarballVersion, c.request.BundleTarballVersion
	isBundle, isImage := deploy.Type == api.DeployTypeBundle, deploy.Type == api.DeployTypeImageOnly
	if shown := deploy.DAGTarballVersion; dags != nil && shown != nil && *dags != *shown && !isBundle && !isImage {
		return errors.New("the answer shows another DAG tarball version" + quoted(*shown))
	}
	if c.kind == contentRemoves && !isBundle && deploy.Type.Valid() {
		return fmt.Errorf("the answer is about a deploy of type %s, which removes no bundle", deploy.Type)
	}
	if mounted := mountedBy(deploy); bundle != nil && isBundle && mounted != nil && mounted.DesiredVersion != nil && *mounted.DesiredVersion != *bundle {
		return errors.New("the answer shows another bundle tarball version" + quoted(*mounted.DesiredVersion))
	}
	if deploy.Status == api.DeployStatusInitialized && (carriesDAGs(deploy) || isBundle) && !c.isNamedBy(deploy) {
		return errNotFinalized
	}
	return nil
}

// errNotFinalized is the one contradiction that time may mend.
var errNotFinalized = errors.New("the answer shows the deploy as not finalized")

// isNamedBy reports whether a deploy shows the version that was sent, whatever its status.
func (c Content) isNamedBy(deploy *api.Deploy) bool {
	if deploy.Type == api.DeployTypeBundle {
		bundle := c.request.BundleTarballVersion
		return bundle != nil && *bundle != "" && isMounted(bundle, deploy)
	}
	return isSame(c.request.DAGTarballVersion, deploy.DAGTarballVersion)
}

func carriesDAGs(deploy *api.Deploy) bool {
	return deploy.IsDAGDeployEnabled && (deploy.Type == api.DeployTypeImageAndDAG || deploy.Type == api.DeployTypeDAGOnly)
}

// isMounted reports whether the version is the one at the deploy's mount path, and the deploy's
// own; the empty version is if there is none.
func isMounted(version *string, deploy *api.Deploy) bool {
	mounted := mountedBy(deploy)
	switch {
	case version == nil || deploy.BundleMountPath == nil:
		return false
	case *version == "":
		return mounted == nil && deploy.Status == api.DeployStatusDeployed
	case mounted == nil || mounted.DeployID != "" && mounted.DeployID != deploy.ID:
		return false
	case mounted.DesiredVersion != nil:
		return isSame(version, mounted.DesiredVersion)
	}
	return isSame(version, mounted.CurrentVersion)
}

// mountedBy returns what is at the deploy's mount path, or nil.
func mountedBy(deploy *api.Deploy) *api.Bundle {
	if deploy.BundleMountPath == nil {
		return nil
	}
	at := slices.IndexFunc(deploy.Bundles, func(bundle api.Bundle) bool {
		return path.Clean(bundle.MountPath) == path.Clean(*deploy.BundleMountPath)
	})
	if at < 0 {
		return nil
	}
	return &deploy.Bundles[at]
}

func isSame(sent, shown *string) bool { return sent != nil && shown != nil && *sent == *shown }
