// Package evidence decides whether a finalize took effect. It compares what was sent, how the
// attempts ended and what the deploy showed when it was read back. It does no I/O and holds no state.
package evidence

import (
	"fmt"
	"path"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// Sent is what a finalize sends, and what is known about its deploy.
type Sent struct {
	DeployID string
	DAGs     *string // the version of a DAG tarball
	Bundle   *string // the version of a bundle tarball
	Removes  bool    // whether it removes the bundle, by sending an empty version
	Replaces string  // the deploy whose bundle was at the mount path before; "" if unknown
}

// Finding is what one read of the deploy shows.
type Finding int8

const (
	Unread       Finding = iota // the read failed
	Forbidden                   // the read was refused, and another one would be, too
	Unchanged                   // INITIALIZED, without what was sent
	Finalized                   // DEPLOYED with what was sent
	Failed                      // FAILED
	Different                   // DEPLOYED with something other than what was sent
	Inconclusive                // anything else: it may still change, or a newer deploy replaced it
)

// Find classifies a deploy that was read back. It compares what was sent: neither the type that the
// deploy shows nor a field that it lacks proves anything.
func (s Sent) Find(deploy *api.Deploy) Finding {
	shown := s.matchIn(deploy)
	switch {
	case deploy.Status == api.DeployStatusFailed:
		return Failed
	case deploy.Status == api.DeployStatusDeployed && (shown == matches || s.isEmpty()):
		return Finalized
	case deploy.Status == api.DeployStatusInitialized && (shown != matches || s.Removes):
		return Unchanged
	case deploy.Status == api.DeployStatusDeployed && shown == differs && !s.IsTaken(deploy):
		return Different
	}
	return Inconclusive
}

// Contradiction says why the response to the finalize itself is not the success that its HTTP status
// claims, or returns "". A missing version is not a contradiction; a removal, however, must be shown.
// mayPass is true if the response shows the deploy as it was before, which a later read may correct.
func (s Sent) Contradiction(deploy *api.Deploy) (reason string, mayPass bool) {
	shown, initialized := s.matchIn(deploy), deploy.Status == api.DeployStatusInitialized
	switch {
	case deploy.Status == api.DeployStatusFailed:
		return "", false
	case !initialized && deploy.Status != api.DeployStatusDeployed:
		return fmt.Sprintf("the response shows an unknown deploy status, %.40q", string(deploy.Status)), false
	case s.Removes && !initialized && shown != matches:
		return "the response does not show that the bundle is gone", false
	case !s.Removes && shown == differs:
		return "the response shows a different tarball version", false
	case initialized && !s.isEmpty() && (shown != matches || s.Removes):
		return "the response shows the deploy as not finalized", true
	}
	return "", false
}

// IsPast reports whether the deploy is past INITIALIZED, no matter who finalized it or with what content.
func IsPast(deploy *api.Deploy) bool { return deploy.Status != api.DeployStatusInitialized }

// IsTaken reports whether another deploy's bundle is at the mount path, other than the one that was
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

// IsSamePath reports whether two mount paths are equal once they are cleaned.
func IsSamePath(a, b string) bool { return path.Clean("/"+a) == path.Clean("/"+b) }

// match is the result of comparing a deploy to what was sent.
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

// isEmpty reports whether the finalize sends no version, as for an image.
func (s Sent) isEmpty() bool { return s.DAGs == nil && s.Bundle == nil }

// matchIn compares the deploy to what was sent. If both versions were sent, one that matches is
// enough, because a deploy shows only one of them.
func (s Sent) matchIn(deploy *api.Deploy) match {
	if s.Removes {
		return s.removalMatch(deploy)
	}
	dags, bundle := compare(s.DAGs, deploy.DAGTarballVersion), s.bundleMatch(deploy)
	switch {
	case dags == matches || bundle == matches:
		return matches
	case dags == differs || bundle == differs:
		return differs
	}
	return notShown
}

func (s Sent) bundleMatch(deploy *api.Deploy) match {
	bundle := BundleAt(deploy)
	if bundle == nil || bundle.DeployID != "" && bundle.DeployID != s.DeployID {
		return notShown // another deploy's bundle says nothing about this deploy
	}
	if bundle.DesiredVersion != nil {
		return compare(s.Bundle, bundle.DesiredVersion)
	}
	return compare(s.Bundle, bundle.CurrentVersion)
}

// removalMatch treats a list without the bundle as proof, and a missing list as none.
func (s Sent) removalMatch(deploy *api.Deploy) match {
	switch {
	case deploy.Bundles == nil || deploy.BundleMountPath == nil:
		return notShown
	case BundleAt(deploy) == nil:
		return matches
	}
	return differs
}
