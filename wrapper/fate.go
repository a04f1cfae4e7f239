package wrapper

import (
	"context"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// fate is what a call of Finalize knows of what became of the deploy.
type fate struct {
	target    Target
	content   Content
	deploy    *api.Deploy // as the service describes it after it was finalized
	mayYet    bool        // an attempt may take effect yet
	inDoubt   bool        // one may have or may yet, and the last look-up did not tell
	seen      *api.Deploy // what the last look-up that succeeded showed
	lookUpErr error       // why it could not be looked up the last time
}

// keep keeps the deploy, if the body of an answer to its finalize is that.
func (f *fate) keep(body []byte) error {
	deploy, err := readDeploy(body, f.target)
	if err == nil {
		err = f.content.contradiction(deploy)
	}
	if err == nil {
		f.deploy = deploy
	}
	return err
}

// lookUp looks the deploy up, and reports whether that tells for good what became of it.
func (f *fate) lookUp(ctx context.Context, client *Client) bool {
	deploy, err := client.GetDeploy(ctx, f.target)
	f.lookUpErr = err
	if err != nil {
		return false
	}
	f.seen = deploy
	switch {
	case deploy.Status == api.DeployStatusFailed, f.content.isShownBy(deploy):
		f.deploy = deploy
		return true
	case deploy.Status == api.DeployStatusInitialized && !f.content.isNamedBy(deploy):
		f.inDoubt = f.mayYet
	}
	return false
}

// settle is asked after an attempt that ended so. It reports whether that ends the call: what
// was asked for is known, and nothing must be repeated.
func (c *call) settle(ctx context.Context, end outcome) bool {
	if c == nil || c.kept {
		return false // the answer says it all
	}
	f, mayYet := c.fate, end == pending || end == underWay
	c.mayHave = c.mayHave || mayYet || end == lost || end == unclear
	if f == nil {
		return false
	}
	f.mayYet = f.mayYet || mayYet
	if end != withheld { // which leaves it at what is known
		f.inDoubt = c.mayHave
	}
	if f.inDoubt && c.client.looksUp {
		c.kept = f.lookUp(ctx, c.client)
	}
	return c.kept
}
