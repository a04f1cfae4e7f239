package wrapper

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/internal/decode"
	"github.com/astro-finalize/astro-finalize-go/internal/evidence"
	"github.com/astro-finalize/astro-finalize-go/internal/retry"
	"github.com/astro-finalize/astro-finalize-go/internal/transport"
)

// Finalize makes live what was pushed or uploaded for a deploy. The token needs the permission
// deployment.deploys.update, and deployment.deploys.get for look-ups. A deploy that is FAILED is a
// [*DeployFailedError].
//
// After an attempt that may have taken effect, and once before a 400, 409, 422 or 429 is final, the
// deploy is read back, every 3 s:
//   - DEPLOYED with what was sent is success: the version is on the deploy, or on its own entry at its
//     mount path. For a removal, the list of bundles is there and lacks that path.
//   - INITIALIZED twice leads to another attempt, and three times to the last attempt's error. FAILED
//     counts after three times. Neither is final while an attempt may be in flight: one without a
//     response, or with 202, 408, 502, 503, 504, 520, 522 or 524.
//   - Anything else is an [*OutcomeUnknownError], except another version after a refusal, which is that
//     refusal.
//
// There is no other attempt once the deploy is past INITIALIZED, or the bundle at its mount path is from
// a deploy other than [Target].Replaces.
//
// An earlier finalize with the same content counts as success, even if it was rolled back. By default a
// call takes up to 10 requests and 3 minutes, besides the limiter and token source: attempts start
// within 90 s and take up to 30 s each, and look-ups of up to 5 s follow for up to 60 s.
func (c *Client) Finalize(ctx context.Context, target Target, content Content) (*api.Deploy, error) {
	if err := c.ready(ctx, cmp.Or(target.check(), content.check(target))); err != nil {
		return nil, err
	}
	request, err := api.NewFinalizeDeployRequest(c.server, target.OrganizationID, target.DeploymentID, target.DeployID, content.request)
	if err != nil {
		return nil, err
	}
	more := max(0, c.chain.Retry.MaxAttempts-retry.Default().MaxAttempts)
	f := &finalization{client: c, target: target, sent: content.sentTo(target), window: retryWindow + time.Duration(more)*(retryWindow/4)}
	f.requests = maxRequests + more*maxRequests/3
	result := transport.Do(ctx, c.chain, request, decode.MaxDeploy, f)
	switch {
	case !result.OK:
		return nil, f.failure(result.End)
	case result.Accepted.Status == api.DeployStatusFailed:
		return nil, &DeployFailedError{Deploy: c.shown(result.Accepted)}
	}
	return result.Accepted, nil
}

// The limits of one finalize. Each attempt beyond the default extends them.
const (
	maxRequests   = 10               // look-ups included
	retryWindow   = 90 * time.Second // for starting attempts
	lookUpWindow  = time.Minute      // for the look-ups after an attempt
	lookUpTimeout = 5 * time.Second
	lookUpPause   = 3 * time.Second
)

// refusals are the statuses with which the service may refuse a second delivery of a request that it
// has carried out.
var refusals = []int{http.StatusBadRequest, http.StatusConflict, http.StatusUnprocessableEntity, http.StatusTooManyRequests}

// forbidden are the statuses that another look-up would get, too.
var forbidden = []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound}

// finalization is one call of Finalize, and what is known so far.
type finalization struct {
	client   *Client
	target   Target
	sent     evidence.Sent
	window   time.Duration // for starting attempts
	requests int           // how many may be sent
	known    evidence.State

	seen   *api.Deploy    // by the last look-up that succeeded
	unread *transport.End // how the last look-up ended; nil if it succeeded
}

// Accept accepts a 200 that shows the deploy and does not contradict what was sent.
func (f *finalization) Accept(response *transport.Response) (*api.Deploy, error) {
	deploy, err := decode.Deploy(response.Body, f.target.DeploymentID, f.target.DeployID)
	if err != nil {
		return nil, err
	}
	reason, mayPass := f.sent.Contradiction(deploy)
	switch {
	case deploy.Status == api.DeployStatusFailed && f.known.InFlight:
		reason = "the response shows the deploy as FAILED, and an earlier attempt may still be in flight"
	case reason == "":
		return deploy, nil
	}
	f.note(deploy)
	if mayPass {
		return nil, transport.NotYet(reason)
	}
	return nil, errors.New(reason)
}

// note records what rules out another attempt.
func (f *finalization) note(deploy *api.Deploy) {
	f.known.Past = f.known.Past || evidence.IsPast(deploy)
	f.known.Taken = f.known.Taken || f.sent.IsTaken(deploy)
}

// Reconcile reads the deploy back. Before a retry that has to wait, it waits and reads it back again,
// since somebody else may have deployed meanwhile.
func (f *finalization) Reconcile(ctx context.Context, run *transport.Run, end transport.Attempted) (next transport.Decision[*api.Deploy]) {
	f.known.Doubt = f.known.Doubt || end.Outcome.MayHaveTakenEffect
	f.known.InFlight = f.known.InFlight || end.Outcome.MayStillTakeEffect
	f.known.Refused = f.known.Refused || end.Response != nil && slices.Contains(refusals, end.Response.StatusCode)
	if !f.client.looksUp {
		next.Retry = end.MayRetry && !f.known.Past && !f.known.Taken
		return next
	}
	started := time.Now()
	step := f.readBack(ctx, run, end)
	if left := end.Wait - time.Since(started); step == evidence.Retry && f.known.Doubt && left > lookUpPause {
		_ = retry.Sleep(ctx, left)
		end.Wait = 0
		step = f.readBack(ctx, run, end)
	}
	switch step {
	case evidence.Succeed, evidence.Report:
		next.Result, next.Found = f.seen, true
	case evidence.Retry:
		next.Retry = true
	case evidence.Fail:
		f.known.Doubt = false
	default: // unknown, or the context ended
		f.known.Doubt, next.Err = true, ctx.Err()
	}
	return next
}

// readBack reads the deploy back until package evidence decides on another step.
func (f *finalization) readBack(ctx context.Context, run *transport.Run, end transport.Attempted) evidence.Step {
	pause, started := cmp.Or(f.client.pollInterval, lookUpPause), time.Now()
	looking, cancel := context.WithTimeout(ctx, max(lookUpWindow, evidence.Agreeing*(pause+lookUpTimeout)))
	defer cancel()
	for f.known.Findings = nil; ; f.known.Findings = append(f.known.Findings, f.look(looking, run)) {
		f.known.Room = f.requests - run.Requests
		f.known.OutOfTime = time.Since(started)+pause+lookUpTimeout > lookUpWindow
		f.known.MayRetry = end.MayRetry && run.Elapsed()+end.Wait <= f.window
		step := f.known.Next()
		if step == evidence.ReadBack && len(f.known.Findings) > 0 {
			_ = retry.Sleep(looking, pause)
		}
		switch {
		case step != evidence.ReadBack:
			return step
		case ctx.Err() != nil:
			return evidence.GiveUp
		}
	}
}

// look reads the deploy back once.
func (f *finalization) look(ctx context.Context, run *transport.Run) evidence.Finding {
	request, err := api.NewGetDeployRequest(f.client.server, f.target.OrganizationID, f.target.DeploymentID, f.target.DeployID)
	if err != nil {
		f.unread = &transport.End{Err: err}
		return evidence.Unread
	}
	result := transport.Once(ctx, run, request, lookUpTimeout, decode.MaxDeploy, func(response *transport.Response) (*api.Deploy, error) {
		return decode.Deploy(response.Body, f.target.DeploymentID, f.target.DeployID)
	})
	if result.OK {
		f.seen, f.unread = result.Accepted, nil
		f.note(f.seen)
		return f.sent.Find(f.seen)
	}
	f.unread = &result.End
	if result.Response != nil && slices.Contains(forbidden, result.Response.StatusCode) {
		return evidence.Forbidden
	}
	return evidence.Unread
}

// failure returns the error of a finalize that did not succeed.
func (f *finalization) failure(end transport.End) error {
	end.Outcome.MayHaveTakenEffect = f.known.Doubt // look-ups included
	err := f.client.failure(opFinalizeDeploy, end)
	if !f.known.Doubt {
		return err
	}
	unknown := &OutcomeUnknownError{DeployID: f.client.redactor(nil).Line(f.target.DeployID), Deploy: f.client.shown(f.seen), Err: err}
	if f.unread != nil {
		unknown.LookUpErr = f.client.failure(opGetDeploy, *f.unread)
	}
	return unknown
}
