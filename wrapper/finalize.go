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

// Finalize commits a deploy: the Deployment takes over what was pushed or uploaded for it. The
// token needs the permission deployment.deploys.update. FAILED is a [*DeployFailedError].
//
// After an attempt that may have taken effect, and once before 400, 409, 422 or 429 is final, the
// deploy is read back, 3 s apart:
//   - DEPLOYED with what was sent is success: the version on the deploy, or on its own entry at its
//     mount path; for a removal, a list of bundles without that path.
//   - INITIALIZED twice has another attempt follow, three times is the last one's error; FAILED
//     counts after three. Neither is final while an attempt may be in flight: it had no response,
//     or 202, 408, 502, 503, 504, 520, 522 or 524.
//   - Anything else is an [*OutcomeUnknownError]; after a refusal, another version is that refusal.
//     No attempt follows once it was seen past INITIALIZED, or with another bundle than that of
//     [Target].Replaces.
//
// A finalize before this call with the same content counts, even if rolled back. By default it
// takes up to 10 requests and 3 minutes, limiter and token source aside: attempts begin within 90 s
// and take up to 30 s, then look-ups of up to 5 s follow for up to 60 s.
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

// What one finalize may take. Each attempt beyond the default brings room of its own.
const (
	maxRequests   = 10               // look-ups included
	retryWindow   = 90 * time.Second // in which attempts begin
	lookUpWindow  = time.Minute      // in which look-ups follow an attempt
	lookUpTimeout = 5 * time.Second
	lookUpPause   = 3 * time.Second
)

// refusals are the statuses that a second delivery of a request is refused with, the first of
// which may have been carried out.
var refusals = []int{http.StatusBadRequest, http.StatusConflict, http.StatusUnprocessableEntity, http.StatusTooManyRequests}

// forbidden are the statuses of a look-up that another one would get, too.
var forbidden = []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound}

// finalization is one call of Finalize, and what it found out so far.
type finalization struct {
	client   *Client
	target   Target
	sent     evidence.Sent
	window   time.Duration // in which attempts begin
	requests int           // that may be made
	known    evidence.State

	seen   *api.Deploy    // by the last look-up that succeeded
	unread *transport.End // how the last look-up ended; nil if it succeeded
}

// Accept takes a 200 for success if it shows the deploy, and nothing else than was sent.
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

// note keeps what no attempt must follow.
func (f *finalization) note(deploy *api.Deploy) {
	f.known.Past = f.known.Past || evidence.IsPast(deploy)
	f.known.Taken = f.known.Taken || f.sent.IsTaken(deploy)
}

// Reconcile reads the deploy back, and waits before it does so for the last time: while a service
// asks for a long pause, somebody else may be at work.
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
	default: // given up, or ended by the context
		f.known.Doubt, next.Err = true, ctx.Err()
	}
	return next
}

// readBack reads the deploy back for as long as package evidence asks for it, which decides.
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

// failure is the error of a finalize that brought no deploy.
func (f *finalization) failure(end transport.End) error {
	end.Outcome.MayHaveTakenEffect = f.known.Doubt // which is what the look-ups left of it
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
