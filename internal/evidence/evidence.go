// Package evidence decides what became of a finalize: from what was sent, from how the attempts
// ended, and from what the deploy showed when it was read back. It does no I/O and holds no state.
package evidence

import (
	"fmt"
	"path"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// Sent is what a finalize sends, and what is known of its deploy.
type Sent struct {
	DeployID string
	DAGs     *string // the version of a DAG tarball
	Bundle   *string // the version of a bundle tarball
	Removes  bool    // the bundle, for which nothing but an empty version is sent
	Replaces string  // the deploy whose bundle was at the mount path before; "" if that is not known
}

// Finding is what one look at the deploy shows.
type Finding int8

const (
	Unread    Finding = iota // the look was lost
	Forbidden                // the look was refused, and would be again
	Unchanged                // INITIALIZED, without what was sent
	Finalized                // DEPLOYED with what was sent
	Failed                   // FAILED
	Another                  // DEPLOYED with something else than was sent
	Other                    // anything else: that may change, or something newer is there
)

// Find classifies a deploy that was read back. What counts is what was sent; neither the type that
// is shown nor what is missing proves anything.
func (s Sent) Find(deploy *api.Deploy) Finding {
	shown := s.shownBy(deploy)
	switch {
	case deploy.Status == api.DeployStatusFailed:
		return Failed
	case deploy.Status == api.DeployStatusDeployed && (shown == matches || s.isEmpty()):
		return Finalized
	case deploy.Status == api.DeployStatusInitialized && (shown != matches || s.Removes):
		return Unchanged
	case deploy.Status == api.DeployStatusDeployed && shown == differs && !s.IsTaken(deploy):
		return Another
	}
	return Other
}

// Contradiction says why the response to the finalize itself is not the success that its status
// claims, or "". A version that it leaves out is no contradiction; of a removal it must be evidence.
// One that mayPass is of a deploy that is shown as it was before.
func (s Sent) Contradiction(deploy *api.Deploy) (reason string, mayPass bool) {
	shown, initialized := s.shownBy(deploy), deploy.Status == api.DeployStatusInitialized
	switch {
	case deploy.Status == api.DeployStatusFailed:
		return "", false // and that is all that there is to say
	case !initialized && deploy.Status != api.DeployStatusDeployed:
		return fmt.Sprintf("the response shows a status that is not known here, %.40q", string(deploy.Status)), false
	case s.Removes && !initialized && shown != matches:
		return "the response does not show that the bundle is gone", false
	case !s.Removes && shown == differs:
		return "the response shows another tarball version", false
	case initialized && !s.isEmpty() && (shown != matches || s.Removes):
		return "the response shows the deploy as not finalized", true
	}
	return "", false
}

// IsPast reports a deploy that was finalized, whoever did that and with whatever.
func IsPast(deploy *api.Deploy) bool { return deploy.Status != api.DeployStatusInitialized }

// IsTaken reports that another deploy's bundle is at the mount path, and not the one that was
// there before.
func (s Sent) IsTaken(deploy *api.Deploy) bool {
	if s.Bundle == nil {
		return false
	}
	bundle := BundleAt(deploy)
	return bundle != nil && bundle.DeployID != "" && bundle.DeployID != s.DeployID && bundle.DeployID != s.Replaces
}

// BundleAt returns the bundle at the mount path of the deploy, or nil.
func BundleAt(deploy *api.Deploy) *api.Bundle {
	if deploy.BundleMountPath == nil {
		return nil
	}
	for i := range deploy.Bundles {
		if IsSamePath(deploy.Bundles[i].MountPath, *deploy.BundleMountPath) {
			return &deploy.Bundles[i]
		}
	}
	return nil
}

// IsSamePath reports whether two mount paths are one, however they are spelled.
func IsSamePath(a, b string) bool { return path.Clean("/"+a) == path.Clean("/"+b) }

// match is what a deploy shows of a version that was sent.
type match int8

const (
	notShown match = iota
	matches
	differs
)

func compare(sent, seen *string) match {
	switch {
	case sent == nil || seen == nil:
		return notShown
	case *sent == *seen:
		return matches
	}
	return differs
}

// isEmpty reports a finalize that has no version to show, such as an image's.
func (s Sent) isEmpty() bool { return s.DAGs == nil && s.Bundle == nil }

// shownBy returns what the deploy shows of what was sent. Where both versions were, one that
// matches is enough: a deploy carries one of them.
func (s Sent) shownBy(deploy *api.Deploy) match {
	if s.Removes {
		return s.removalShownBy(deploy)
	}
	dags, bundle := compare(s.DAGs, deploy.DAGTarballVersion), s.bundleShownBy(deploy)
	switch {
	case dags == matches || bundle == matches:
		return matches
	case dags == differs || bundle == differs:
		return differs
	}
	return notShown
}

func (s Sent) bundleShownBy(deploy *api.Deploy) match {
	bundle := BundleAt(deploy)
	if bundle == nil || bundle.DeployID != "" && bundle.DeployID != s.DeployID {
		return notShown // what another deploy mounted says nothing of this one
	}
	if bundle.DesiredVersion != nil {
		return compare(s.Bundle, bundle.DesiredVersion)
	}
	return compare(s.Bundle, bundle.CurrentVersion)
}

// removalShownBy takes a list without the bundle for evidence, and no list for none.
func (s Sent) removalShownBy(deploy *api.Deploy) match {
	switch {
	case deploy.Bundles == nil || deploy.BundleMountPath == nil:
		return notShown
	case BundleAt(deploy) == nil:
		return matches
	}
	return differs
}
