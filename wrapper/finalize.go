package wrapper

import (
	"cmp"
	"context"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// Finalize commits a deploy: from here on the Deployment takes over the code that was pushed
// or uploaded for it. The token needs the permission deployment.deploys.update.
//
// It returns the deploy as the service describes it after that, with the status DEPLOYED as
// a rule; the status FAILED is a [*DeployFailedError] that holds the deploy. Changes can
// take minutes to show in the Deployment. A timestamp that cannot be read is left zero,
// because the deploy is finalized all the same.
//
// IDs, versions and, where the target tells the deploy's type and whether DAG deploys are
// on, the rules of [CheckRequest] are checked first: nothing is sent that breaks them. The
// package documentation lists the errors.
//
// # What became of it
//
// A finalize whose answer is lost (by 408, 5xx, a cut connection, a deadline, or a status
// below 400 without the deploy) may have taken effect. An answer that shows another version
// than was sent, or the deploy as INITIALIZED without it, is as good as lost; an image has no
// version to show, so that an answer about one is taken at its word, whatever its status. So
// the deploy is looked up, after this attempt and each one that follows, before anything is
// said or repeated ([WithoutLookUp] turns that off). What Finalize makes of what it sees:
//
//   - It is finalized with the content asked for: success. Evidence of that is, for DAGs, a
//     deploy that is not INITIALIZED and shows the version that was sent; for a bundle, that
//     the deploy's entry at its mount path has that version as its desired one, or as its
//     current one if it shows no desired one; for the removal of a bundle, that the deploy is
//     DEPLOYED and no entry is at its mount path; for an image alone, that the deploy is
//     DEPLOYED. For a type that is not known here it must be DEPLOYED and show each version
//     that was sent.
//   - It is FAILED: [*DeployFailedError].
//   - It is INITIALIZED: the finalize is repeated, as far as the package documentation's table
//     allows. If that brings no success its last error is returned, or [*OutcomeUnknownError]
//     if an attempt may be under way yet. That is one that ended without a whole answer, by a
//     status that gateways send (408, 502, 503, 504, 520, 522, 524), by 202, or by a 200 that
//     shows the deploy as INITIALIZED.
//   - Anything else, another version for one, or no look-up succeeds: it is repeated, as far
//     as the table allows, and ends as [*OutcomeUnknownError] if that brings no certainty.
//
// An attempt that was given up can still take effect later, over what was finalized
// meanwhile; nothing can call it back. What is made through [Client.API] is repeated by the
// same table, and never looked up.
func (c *Client) Finalize(ctx context.Context, target Target, content Content) (*api.Deploy, error) {
	if err := cmp.Or(c.check(), checkContext(ctx), target.check(), content.check(target)); err != nil {
		return nil, err
	}
	f := &fate{target: target, content: content}
	call := c.newCall(opFinalizeDeploy, f.keep)
	call.fate = f
	if err := call.failure(call.generated.FinalizeDeploy(ctx, target.OrganizationID, target.DeploymentID, target.DeployID, content.request)); err != nil {
		return nil, err
	}
	if f.deploy.Status == api.DeployStatusFailed {
		return nil, &DeployFailedError{Deploy: f.deploy}
	}
	return f.deploy, nil
}
