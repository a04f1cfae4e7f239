package wrapper

import (
	"cmp"
	"context"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/internal/decode"
	"github.com/astro-finalize/astro-finalize-go/internal/transport"
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
// on, the rules of [CheckFinalize] are checked first: nothing is sent that breaks them. The
// package documentation lists the errors.
//
// # What became of it
//
// A finalize whose response is lost (by 408, 5xx, a cut connection, a deadline, or a status
// below 400 without the deploy) may have taken effect. A response that shows another version
// than was sent, or the deploy as INITIALIZED without it, is as good as lost; an image has no
// version to show, so that a response about one is taken at its word, whatever its status. So
// the deploy is looked up, after this attempt and each one that follows, before anything is
// said or retried ([WithoutLookUp] turns that off). What Finalize makes of what it sees:
//
//   - It is finalized with the content asked for: success. Evidence of that is, for DAGs, a
//     deploy that is not INITIALIZED and shows the version that was sent; for a bundle, that
//     the deploy's entry at its mount path has that version as its desired one, or as its
//     current one if it shows no desired one; for the removal of a bundle, that the deploy is
//     DEPLOYED and no entry is at its mount path; for an image alone, that the deploy is
//     DEPLOYED. For a type that is not known here it must be DEPLOYED and show each version
//     that was sent.
//   - It is FAILED: [*DeployFailedError].
//   - It is INITIALIZED: the finalize is retried, as far as the package documentation's table
//     allows. If that brings no success its last error is returned, or [*OutcomeUnknownError]
//     if an attempt may still be in flight. That is one that ended without a whole response, by
//     a status that gateways send (408, 502, 503, 504, 520, 522, 524), by 202, or by a 200 that
//     shows the deploy as INITIALIZED.
//   - Anything else, another version for one, or no look-up succeeds: it is retried, as far
//     as the table allows, and ends as [*OutcomeUnknownError] if that brings no certainty.
//
// An attempt that was given up can still take effect later, over what was finalized
// meanwhile; nothing can call it back. What is made through [Client.API] is retried by the
// same table, and never looked up.
func (c *Client) Finalize(ctx context.Context, target Target, content Content) (*api.Deploy, error) {
	if err := cmp.Or(c.check(), checkContext(ctx), target.check(), content.check(target)); err != nil {
		return nil, err
	}
	request, err := api.NewFinalizeDeployRequest(c.server, target.OrganizationID, target.DeploymentID, target.DeployID, content.request)
	if err != nil {
		return nil, err
	}
	f := &finalization{client: c, target: target, content: content}
	result := transport.Do(ctx, c.chain, request, f)
	switch {
	case !result.OK:
		return nil, f.failure(result.End)
	case result.Accepted.Status == api.DeployStatusFailed:
		return nil, &DeployFailedError{Deploy: result.Accepted}
	}
	return result.Accepted, nil
}

// finalization is one call of Finalize, and what its look-ups found out.
type finalization struct {
	client  *Client
	target  Target
	content Content

	inDoubt bool        // an attempt may have taken effect, and the last look-up did not tell
	seen    *api.Deploy // by the last look-up that succeeded
	pollErr error       // of the last look-up
}

// Accept takes a 200 for success if it shows the deploy, and nothing else than was sent.
func (f *finalization) Accept(response *transport.Response) (*api.Deploy, error) {
	deploy, err := decode.Deploy(response.Body, f.target.DeploymentID, f.target.DeployID)
	if err != nil {
		return nil, err
	}
	return deploy, f.content.contradiction(deploy)
}

// Reconcile looks the deploy up where an attempt may have taken effect.
func (f *finalization) Reconcile(ctx context.Context, last, all transport.Outcome) (*api.Deploy, bool) {
	if !last.NotSent { // which leaves it at what is known
		f.inDoubt = all.MayHaveTakenEffect
	}
	if !f.inDoubt || !f.client.looksUp {
		return nil, false
	}
	deploy, err := f.client.GetDeploy(ctx, f.target)
	f.pollErr = err
	if err != nil {
		return nil, false
	}
	f.seen = deploy
	switch {
	case deploy.Status == api.DeployStatusFailed, f.content.confirmedBy(deploy):
		return deploy, true
	case deploy.Status == api.DeployStatusInitialized && !f.content.versionAppearsIn(deploy):
		f.inDoubt = all.MayStillTakeEffect
	}
	return nil, false
}

// failure is the error of a finalize that brought no deploy.
func (f *finalization) failure(end transport.End) error {
	end.Outcome.MayHaveTakenEffect = f.inDoubt // which is what the look-ups left of it
	err := failure(f.client.version, opFinalizeDeploy, end)
	if !f.inDoubt {
		return err
	}
	return &OutcomeUnknownError{DeployID: f.target.DeployID, Deploy: f.seen, LookUpErr: f.pollErr, Err: err}
}
