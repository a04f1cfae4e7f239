package wrapper

import (
	"context"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// settle is asked after an attempt that did not bring the deploy. If this one or one before it
// may have taken effect, it looks the deploy up, and reports whether that ends the call: the
// deploy is finalized, and nothing must be repeated.
func (c *call) settle(ctx context.Context, end outcome) bool {
	if !c.isFinalize() || c.deploy != nil {
		return false // the answer says it all
	}
	c.mayYet = c.mayYet || end == pending || end == underWay
	c.mayHave = c.mayHave || c.mayYet || end == lost || end == unclear
	if end != withheld { // which leaves it at what is known
		c.inDoubt = c.mayHave
	}
	if !c.inDoubt || !c.client.looksUp {
		return false
	}
	deploy, err := c.client.GetDeploy(ctx, c.target)
	c.lookUpErr = err
	if err != nil {
		return false
	}
	c.seen = deploy
	switch {
	case deploy.Status == api.DeployStatusFailed, c.content.isShownBy(deploy):
		c.deploy = deploy
		return true
	case deploy.Status == api.DeployStatusInitialized && !c.content.isNamedBy(deploy):
		c.inDoubt = c.mayYet
	}
	return false
}
