package wrapper

import (
	"cmp"
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
	if err := cmp.Or(c.check(), checkContext(ctx), target.check()); err != nil {
		return nil, err
	}
	schedule, same := retry.Polls(c.pollInterval), 0
	waiting := &WaitError{DeployID: target.DeployID}
	for {
		deploy, err := c.GetDeploy(ctx, target)
		waiting.LookErr = err
		switch {
		case err == nil && deploy.Status == api.DeployStatusDeployed:
			return deploy, nil
		case err == nil && deploy.Status == api.DeployStatusFailed:
			return nil, &DeployFailedError{Deploy: deploy}
		case err == nil:
			if same++; waiting.Deploy == nil || waiting.Deploy.Status != deploy.Status {
				same = 1
			}
			if waiting.Deploy = deploy; same == 20 && !deploy.Status.Valid() {
				waiting.Err = fmt.Errorf("twenty polls in a row showed the status %.40q, which this library does not know; check the deploy in the Astro UI", deploy.Status)
				return nil, waiting
			}
		case ctx.Err() == nil && !mayPass(err):
			waiting.Err, waiting.LookErr = err, nil
			return nil, waiting
		}
		if waiting.Err = retry.Sleep(ctx, schedule.NextBackOff()); waiting.Err != nil {
			return nil, waiting
		}
	}
}

// mayPass reports whether another look may do better.
func mayPass(err error) bool {
	answered, unanswered, distrusted := (*APIError)(nil), (*TransportError)(nil), (*tls.CertificateVerificationError)(nil)
	if !errors.As(err, &answered) {
		// What kept the look from being sent, such as a token source, ends calls.
		return errors.As(err, &unanswered) && unanswered.Attempts > 0 && !errors.As(err, &distrusted)
	}
	status := answered.StatusCode
	return retry.Retryable(status) || status < 400 || status >= 500
}
