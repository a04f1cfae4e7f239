package wrapper

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/internal/retry"
)

// Wait reads a deploy until it is DEPLOYED, and returns it; one that is FAILED is a
// [*DeployFailedError]. It is for a deploy that was finalized: one that was not is waited for
// until the context ends, which is all that bounds it. The token needs the permission
// deployment.deploys.get.
//
// The first poll is at once, the next after about 1 s, then 1.5 times as long each, up to 15 s,
// unless [WithPollInterval] says otherwise. Lost responses, 408, 429, 5xx and responses that cannot
// be read are passed over; what another poll would not change, such as 401 or a token source that
// fails, ends it, like the context, as a [*WaitError]. So do twenty polls in a row that show one
// status that is not known here; polls that fail neither count nor start the count anew.
func (c *Client) Wait(ctx context.Context, target Target) (*api.Deploy, error) {
	if err := c.ready(ctx, target.check()); err != nil {
		return nil, err
	}
	schedule, last, same := retry.Polls(c.pollInterval), (*api.Deploy)(nil), 0
	for {
		deploy, err := c.GetDeploy(ctx, target)
		ended := func(why, pollErr error) (*api.Deploy, error) {
			return nil, &WaitError{DeployID: c.redactor(nil).Line(target.DeployID), Deploy: c.shown(last), PollErr: pollErr, Err: why}
		}
		switch {
		case err == nil && deploy.Status == api.DeployStatusDeployed:
			return deploy, nil
		case err == nil && deploy.Status == api.DeployStatusFailed:
			return nil, &DeployFailedError{Deploy: c.shown(deploy)}
		case err == nil:
			if same++; last == nil || last.Status != deploy.Status {
				same = 1
			}
			if last = deploy; same == 20 && !deploy.Status.Valid() {
				return ended(fmt.Errorf("twenty polls in a row showed the status %.40q, which this library does not know; check the deploy in the Astro UI", c.shown(deploy).Status), nil)
			}
		case ctx.Err() == nil && !mayPass(err):
			return ended(err, nil)
		}
		if why := retry.Sleep(ctx, schedule.NextBackOff()); why != nil {
			return ended(c.redactor(nil).Error(why), err)
		}
	}
}

// mayPass reports whether another look may do better.
func mayPass(err error) bool {
	answered, noResponse, distrusted := (*APIError)(nil), (*TransportError)(nil), (*tls.CertificateVerificationError)(nil)
	if !errors.As(err, &answered) {
		// What kept the look from being sent, such as a token source, ends calls.
		return errors.As(err, &noResponse) && noResponse.Attempts > 0 && !errors.As(err, &distrusted)
	}
	status := answered.StatusCode
	return retry.Retryable(status) || status < 400 || status >= 500
}
