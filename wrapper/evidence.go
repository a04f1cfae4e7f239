package wrapper

import (
	"errors"
	"fmt"
	"path"
	"slices"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/internal/decode"
	"github.com/astro-finalize/astro-finalize-go/internal/transport"
)

// finding is what a deploy shows of a version that was sent.
type finding int8

const (
	notShown finding = iota
	matches
	differs
)

func compare(sent, seen *string) finding {
	switch {
	case sent == nil || seen == nil:
		return notShown
	case *sent == *seen:
		return matches
	}
	return differs
}

// dagsIn returns what the deploy shows of the DAG version. What one shows that carries no DAGs
// is the Deployment's.
func (c Content) dagsIn(deploy *api.Deploy) finding {
	if deploy.Type == api.DeployTypeImageOnly || deploy.Type == api.DeployTypeBundle {
		return notShown
	}
	return compare(c.request.DAGTarballVersion, deploy.DAGTarballVersion)
}

// bundleIn returns what the deploy shows of the bundle version: the Deployment's entry at the
// deploy's mount path has it, or there is none after a removal.
func (c Content) bundleIn(deploy *api.Deploy) finding {
	if c.request.BundleTarballVersion == nil || deploy.BundleMountPath == nil || !mayCarryBundle(deploy) {
		return notShown
	}
	at := slices.IndexFunc(deploy.Bundles, func(bundle api.Bundle) bool {
		return path.Clean(bundle.MountPath) == path.Clean(*deploy.BundleMountPath)
	})
	removes := c.kind == contentRemoves
	switch {
	case at < 0 && removes:
		return matches
	case at < 0:
		return notShown
	}
	mounted := deploy.Bundles[at]
	version := mounted.DesiredVersion
	if version == nil && !removes { // one that is removed may be mounted for a while
		version = mounted.CurrentVersion
	}
	seen := compare(c.request.BundleTarballVersion, version)
	if seen == matches && mounted.DeployID != "" && mounted.DeployID != deploy.ID {
		return notShown // another deploy brought it
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

// confirmedBy reports whether a deploy, as it was looked up, is evidence that it was finalized
// with this content. [Client.Finalize] says what counts.
func (c Content) confirmedBy(deploy *api.Deploy) bool {
	deployed := deploy.Status == api.DeployStatusDeployed
	removes := c.kind == contentRemoves
	switch {
	case deploy.Status == api.DeployStatusInitialized, removes && !deployed:
		return false
	case carriesDAGs(deploy):
		return c.dagsIn(deploy) == matches
	case deploy.Type == api.DeployTypeBundle:
		return c.bundleIn(deploy) == matches
	case deploy.Type.Valid():
		return deployed && !removes // there is no version to compare
	default:
		return deployed && (c.request.DAGTarballVersion == nil || c.dagsIn(deploy) == matches) && (c.request.BundleTarballVersion == nil || c.bundleIn(deploy) == matches)
	}
}

// versionAppearsIn reports whether a deploy shows a version that was sent, whatever its status.
func (c Content) versionAppearsIn(deploy *api.Deploy) bool {
	return c.dagsIn(deploy) == matches || c.bundleIn(deploy) == matches && c.kind != contentRemoves
}

// contradiction reports that the response to the finalize shows something else than what was
// asked for. What the response does not show is no contradiction, unless it shows the deploy as
// it was before.
func (c Content) contradiction(deploy *api.Deploy) error {
	sends := c.request != (api.FinalizeDeployRequest{})
	switch {
	case deploy.Status == api.DeployStatusFailed:
		return nil // and that is all that there is to say
	case c.dagsIn(deploy) == differs:
		return errors.New("the answer shows another DAG tarball version" + decode.Quoted(*deploy.DAGTarballVersion))
	case c.bundleIn(deploy) == differs:
		return errors.New("the answer shows another bundle tarball version")
	case c.kind == contentRemoves && !mayCarryBundle(deploy):
		return fmt.Errorf("the answer is about a deploy of type %s, which removes no bundle", deploy.Type)
	case deploy.Status == api.DeployStatusInitialized && (carriesDAGs(deploy) || sends && mayCarryBundle(deploy)) && !c.versionAppearsIn(deploy):
		return errNotFinalized
	}
	return nil
}

// errNotFinalized is the one contradiction that time may resolve.
const errNotFinalized = transport.NotYet("the answer shows the deploy as not finalized")
