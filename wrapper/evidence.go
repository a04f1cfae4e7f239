package wrapper

import (
	"errors"
	"fmt"
	"path"
	"slices"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// finding is what a deploy shows of a version that was sent.
type finding int8

const (
	nothing finding = iota
	same
	another
)

func compare(sent, seen *string) finding {
	switch {
	case sent == nil || seen == nil:
		return nothing
	case *sent == *seen:
		return same
	}
	return another
}

// dagsIn returns what the deploy shows of the DAG version. What one shows that carries no DAGs
// is the Deployment's.
func (c Content) dagsIn(deploy *api.Deploy) finding {
	if deploy.Type == api.DeployTypeImageOnly || deploy.Type == api.DeployTypeBundle {
		return nothing
	}
	return compare(c.request.DAGTarballVersion, deploy.DAGTarballVersion)
}

// bundleIn returns what the deploy shows of the bundle version: the Deployment's entry at the
// deploy's mount path has it, or there is none after a removal.
func (c Content) bundleIn(deploy *api.Deploy) finding {
	if c.request.BundleTarballVersion == nil || deploy.BundleMountPath == nil || !mayCarryBundle(deploy) {
		return nothing
	}
	at := slices.IndexFunc(deploy.Bundles, func(bundle api.Bundle) bool {
		return path.Clean(bundle.MountPath) == path.Clean(*deploy.BundleMountPath)
	})
	removes := c.kind == contentRemoves
	switch {
	case at < 0 && removes:
		return same
	case at < 0:
		return nothing
	}
	mounted := deploy.Bundles[at]
	version := mounted.DesiredVersion
	if version == nil && !removes { // one that is removed may be mounted for a while
		version = mounted.CurrentVersion
	}
	seen := compare(c.request.BundleTarballVersion, version)
	if seen == same && mounted.DeployID != "" && mounted.DeployID != deploy.ID {
		return nothing // another deploy brought it
	}
	return seen
}

func carriesDAGs(deploy *api.Deploy) bool {
	return deploy.IsDAGDeployEnabled && (deploy.Type == api.DeployTypeImageAndDAG || deploy.Type == api.DeployTypeDAGOnly)
}

// mayCarryBundle reports a deploy of type BUNDLE, or of one that is not known here.
func mayCarryBundle(deploy *api.Deploy) bool {
	return deploy.Type == api.DeployTypeBundle || !deploy.Type.Valid()
}

// isShownBy reports whether a deploy, as it was looked up, is evidence that it was finalized
// with this content. The package documentation says what counts.
func (c Content) isShownBy(deploy *api.Deploy) bool {
	deployed := deploy.Status == api.DeployStatusDeployed
	removes := c.kind == contentRemoves
	switch {
	case deploy.Status == api.DeployStatusInitialized, removes && !deployed:
		return false
	case carriesDAGs(deploy):
		return c.dagsIn(deploy) == same
	case deploy.Type == api.DeployTypeBundle:
		return c.bundleIn(deploy) == same
	case deploy.Type.Valid():
		return deployed && !removes // there is no version to compare
	default:
		return deployed && (c.request.DAGTarballVersion == nil || c.dagsIn(deploy) == same) && (c.request.BundleTarballVersion == nil || c.bundleIn(deploy) == same)
	}
}

// isNamedBy reports whether a deploy shows a version that was sent, whatever its status.
func (c Content) isNamedBy(deploy *api.Deploy) bool {
	return c.dagsIn(deploy) == same || c.bundleIn(deploy) == same && c.kind != contentRemoves
}

// contradiction reports that the answer to the finalize shows something else than what was
// asked for. What the answer does not show is no contradiction, unless it shows the deploy as
// it was before.
func (c Content) contradiction(deploy *api.Deploy) error {
	sends := c.request != (api.FinalizeDeployRequest{})
	switch {
	case deploy.Status == api.DeployStatusFailed:
		return nil // and that is all that there is to say
	case c.dagsIn(deploy) == another:
		return errors.New("the answer shows another DAG tarball version" + quoted(*deploy.DAGTarballVersion))
	case c.bundleIn(deploy) == another:
		return errors.New("the answer shows another bundle tarball version")
	case c.kind == contentRemoves && !mayCarryBundle(deploy):
		return fmt.Errorf("the answer is about a deploy of type %s, which removes no bundle", deploy.Type)
	case deploy.Status == api.DeployStatusInitialized && (carriesDAGs(deploy) || sends && mayCarryBundle(deploy)) && !c.isNamedBy(deploy):
		return errNotFinalized
	}
	return nil
}

// errNotFinalized is the one contradiction that time may mend.
var errNotFinalized = errors.New("the answer shows the deploy as not finalized")
