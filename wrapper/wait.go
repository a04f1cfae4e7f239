package wrapper

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/internal/retry"
)

// Wait polls a deploy until it is DEPLOYED, and returns it. A deploy that is FAILED is a
// [*DeployFailedError]. Finalize the deploy first: only the context limits the wait. The token needs
// the permission deployment.deploys.get.
//
// The first poll is immediate, the next follows after about 1 s, and each later wait is 1.5 times as long,
// up to 15 s ([WithPollInterval]). Lost responses, 408, 429, 5xx and unreadable responses are skipped.
// Wait ends with a [*WaitError] when the context ends, after an error that another poll would not change,
// such as a 401 or one of the token source, and after twenty polls in a row that show the same unknown
// status (failed polls do not count).
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
				return ended(fmt.Errorf("twenty polls in a row showed the unknown status %.40q; check the deploy in the Astro UI", c.shown(deploy).Status), nil)
			}
		case ctx.Err() == nil && !mayPass(err):
			return ended(err, nil)
		}
		if why := retry.Sleep(ctx, schedule.NextBackOff()); why != nil {
			return ended(c.redactor(nil).Error(why), err)
		}
	}
}

// mayPass reports whether another poll may succeed.
func mayPass(err error) bool {
	refused, noResponse, distrusted := (*APIError)(nil), (*TransportError)(nil), (*tls.CertificateVerificationError)(nil)
	if !errors.As(err, &refused) {
		// What kept the poll from being sent, such as a token source, is final.
		return errors.As(err, &noResponse) && noResponse.Attempts > 0 && !errors.As(err, &distrusted)
	}
	status := refused.StatusCode
	return retry.Retryable(status) || status < 400 || status >= 500
}
