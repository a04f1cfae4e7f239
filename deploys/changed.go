package deploys

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/internal/evidence"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// OnlyIfChanged makes [DAGs], [Bundle], [DAGsToAll] and [BundleToAll] deploy only if the Deployment does not
// already have the content of the source. If it does, [Result].Unchanged is set, and Result.DeployID is the
// deploy that brought the content.
//
// The record is in the description of each deploy, where the Astro UI shows it: this option adds the content
// digest at the end, such as "[content v1:…]". So a description may have at most 420 characters. After a
// deploy without this option, or once somebody has replaced the description, the content is deployed again.
//
// Nothing has changed if the newest deploy records the same digest, is DEPLOYED and is not a rollback, and if
// every other deploy was created and last changed in an earlier second. For DAGs, all deploys count except
// those of bundles. For a bundle, those at its mount path and all rollbacks count, and the Deployment must
// list the newest one's bundle there, with the same type. In any doubt, the content is deployed.
//
// All deploys of the Deployment are read, 100 with each request; if that fails, nothing is deployed. When one
// was last changed is its updatedAt. Two changes are not seen: one that somebody makes at the same time, or so
// recently that the service does not show it yet, and a deploy that somebody finalizes again with another
// tarball.
//
// The source must report a content digest, as those of tarball.Dir and tarball.FS do, and the client must
// have the method ListDeploys of [*wrapper.Client].
func OnlyIfChanged() Option {
	return func(p *plan) error {
		p.onlyIfChanged = true
		return nil
	}
}

// lister is the method of [*wrapper.Client] that OnlyIfChanged needs.
type lister interface {
	ListDeploys(ctx context.Context, in wrapper.Deployment) iter.Seq2[*api.Deploy, error]
}

const (
	maxDescription = 420 // leaves room for the record in the 500 characters that the service allows
	maxDigest      = 67  // "v1:" and 64 digits
)

var (
	digestPattern = regexp.MustCompile(fmt.Sprintf(`^[\w:.+/=-]{1,%d}$`, maxDigest))
	recordPattern = regexp.MustCompile(fmt.Sprintf(`(?:^|\s)\[content ([\w:.+/=-]{1,%d})\]\s*$`, maxDigest))
)

// RecordedDigest returns the content digest that [OnlyIfChanged] recorded in the description of a deploy, or
// "" if there is none. It does not tell whether the Deployment still has that content.
func RecordedDigest(deploy *api.Deploy) string {
	if deploy == nil || deploy.Description == nil {
		return ""
	}
	if record := recordPattern.FindStringSubmatch(*deploy.Description); record != nil {
		return record[1]
	}
	return ""
}

func (p *plan) checkOnlyIfChanged(client Client) error {
	_, canList := client.(lister)
	description := p.request.Description
	switch {
	case !p.onlyIfChanged && RecordedDigest(&api.Deploy{Description: description}) != "": // of other content, if it was copied
		return &wrapper.ValidationError{Field: "description", Rule: "must not end with a content digest, such as [content v1:...], which OnlyIfChanged adds: remove it"}
	case !p.onlyIfChanged:
		return nil
	case p.isImage || p.source == nil:
		return &wrapper.ValidationError{Field: "options", Rule: "must not contain OnlyIfChanged, which is for DAGs and bundles: an image and a removal have no content digest"}
	case !canList:
		return &wrapper.ValidationError{Field: "client", Rule: "must have the method ListDeploys of *wrapper.Client for OnlyIfChanged"}
	case description != nil && utf8.RuneCountInString(*description) > maxDescription:
		return &wrapper.ValidationError{Field: "description", Rule: fmt.Sprintf("must have at most %d characters with OnlyIfChanged, which adds the content digest", maxDescription)}
	}
	return nil
}

func checkDigest(digest string) error {
	if digestPattern.MatchString(digest) {
		return nil
	}
	return &wrapper.ValidationError{Field: "source", Rule: fmt.Sprintf("must report a content digest for OnlyIfChanged, as tarball.Dir and tarball.FS do: 1 to %d letters, digits and :.+/=_-", maxDigest)}
}

// request returns the request that creates the deploy, with the record of its content.
func (d *deploying) request() api.CreateDeployRequest {
	request := d.plan.request
	if d.plan.onlyIfChanged {
		description := *cmp.Or(request.Description, new(string)) + " [content " + d.result.ContentDigest + "]"
		description = strings.TrimSpace(description)
		request.Description = &description
	}
	return request
}

// compare ends the deploy if the Deployment already has the content.
func (d *deploying) compare(ctx context.Context) error {
	if !d.plan.onlyIfChanged {
		return nil
	}
	var deploys []*api.Deploy
	for deploy, err := range d.client.(lister).ListDeploys(ctx, d.to) {
		if err != nil {
			return err
		}
		if deploy != nil && d.plan.competesWith(deploy) {
			deploys = append(deploys, deploy)
		}
	}
	if last := lastOf(deploys); last != nil && RecordedDigest(last) == d.result.ContentDigest {
		if version := d.plan.versionOf(last); version != "" {
			d.result.Unchanged, d.result.TarballVersion, d.deploy = true, version, last
		}
	}
	return nil
}

// competesWith reports whether a deploy may replace what the plan deploys. Whether a rollback replaces bundles
// is not documented.
func (p *plan) competesWith(deploy *api.Deploy) bool {
	if p.request.Type == api.DeployTypeBundle {
		return mountsAt(deploy, p.request.BundleMountPath) || deploy.RollbackFromID != nil
	}
	return *cmp.Or(deploy.BundleMountPath, new(string)) == ""
}

// lastOf returns the deploy that took effect last, or nil if the times that the deploys show, which may be
// in whole seconds, leave that open.
func lastOf(deploys []*api.Deploy) (last *api.Deploy) {
	for _, deploy := range deploys {
		if last == nil || deploy.CreatedAt.After(last.CreatedAt) {
			last = deploy
		}
	}
	for _, deploy := range deploys {
		if deploy != last && !lastChange(deploy).Before(last.CreatedAt.Truncate(time.Second)) {
			return nil
		}
	}
	return last
}

// lastChange returns when a deploy may have changed its Deployment the last time. Only a rollback does so
// when it is created; any other deploy does when it is finalized, which sets updatedAt.
func lastChange(deploy *api.Deploy) time.Time {
	switch {
	case deploy.CreatedAt.IsZero():
	case deploy.UpdatedAt != nil && deploy.UpdatedAt.After(deploy.CreatedAt):
		return *deploy.UpdatedAt
	case deploy.UpdatedAt != nil, deploy.RollbackFromID != nil, deploy.Status == api.DeployStatusInitialized:
		return deploy.CreatedAt
	}
	return time.Unix(1<<40, 0) // unknown, so possibly later than any other
}

// versionOf returns the tarball version that a deploy shows to be live, or "".
func (p *plan) versionOf(deploy *api.Deploy) string {
	if deploy.Status != api.DeployStatusDeployed || deploy.RollbackFromID != nil || !deploy.IsDAGDeployEnabled {
		return ""
	}
	version := deploy.DAGTarballVersion
	if p.request.Type == api.DeployTypeBundle {
		bundle := evidence.BundleAt(deploy)
		if bundle == nil || bundle.DeployID != deploy.ID || bundle.BundleType != *p.request.BundleType || bundle.CurrentVersion == nil {
			return ""
		}
		if version = bundle.CurrentVersion; bundle.DesiredVersion == nil || *bundle.DesiredVersion != *version {
			return ""
		}
	}
	return *cmp.Or(version, new(string))
}
