package wrapper

import (
	"context"
	"errors"
	"iter"
	"net/http"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/internal/decode"
)

// pageSize is the number of deploys in a page. The service allows 1,000; a deploy takes about 3 KB.
const pageSize = 100

// ListDeploys iterates over the deploys of a Deployment in the service's order, reading 100 at a time.
// The token needs the permission deployment.deploys.get.
// An error comes last, with a nil deploy. No deploy is returned twice, even if a new one shifts the pages.
func (c *Client) ListDeploys(ctx context.Context, in Deployment) iter.Seq2[*api.Deploy, error] {
	return func(yield func(*api.Deploy, error) bool) {
		if err := c.ready(ctx, in.check()); err != nil {
			yield(nil, err)
			return
		}
		seen := map[string]bool{}
		for offset, more := 0, true; more; {
			page, err := c.listPage(ctx, in, offset)
			if err != nil {
				yield(nil, err)
				return
			}
			offset += len(page.Deploys)
			more = offset < page.TotalCount
			known := len(seen)
			for i := range page.Deploys {
				deploy := &page.Deploys[i]
				if !seen[deploy.ID] && !yield(deploy, nil) {
					return
				}
				seen[deploy.ID] = true
			}
			if more && len(seen) == known {
				yield(nil, &APIError{Operation: opListDeploys, StatusCode: http.StatusOK, Attempts: 1, Err: errors.New("every deploy on the page was already on an earlier page")})
				return
			}
		}
	}
}

func (c *Client) listPage(ctx context.Context, in Deployment, offset int) (*api.DeploysPaginated, error) {
	limit := pageSize
	built, err := api.NewListDeploysRequest(c.server, in.OrganizationID, in.DeploymentID, &api.ListDeploysParams{Offset: &offset, Limit: &limit})
	return do(ctx, c, opListDeploys, built, err, decode.MaxPage, func(body []byte) (*api.DeploysPaginated, error) {
		return decode.Page(body, in.DeploymentID, offset)
	})
}
