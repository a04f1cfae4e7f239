package wrapper

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"

	"github.com/astro-finalize/astro-finalize-go/api"
)

const (
	// pageSize is how many deploys a page has: the service allows 1,000, and takes some 3 KB
	// for each.
	pageSize = 100
	// maxPage is how long a page may be: room for deploys with hundreds of bundles.
	maxPage = 4 << 20
)

var errPageTooLong = errors.New("the answer is longer than 4 MiB")

// ListDeploys returns an iterator over the deploys of a Deployment, in the service's order,
// which reads a page of 100 at a time. The token needs the permission deployment.deploys.get.
//
// An error comes last, with a nil deploy. A deploy that moved to another page meanwhile,
// because one was created, is not returned twice.
func (c *Client) ListDeploys(ctx context.Context, in Deployment) iter.Seq2[*api.Deploy, error] {
	return func(yield func(*api.Deploy, error) bool) {
		if err := cmp.Or(c.check(), checkContext(ctx), in.check()); err != nil {
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
			more = len(page.Deploys) > 0 && offset < page.TotalCount
			known := len(seen)
			for i := range page.Deploys {
				deploy := &page.Deploys[i]
				if !seen[deploy.ID] && !yield(deploy, nil) {
					return
				}
				seen[deploy.ID] = true
			}
			if more && len(seen) == known {
				yield(nil, &APIError{Operation: opListDeploys, StatusCode: http.StatusOK, Attempts: 1, Err: errors.New("the answer holds no deploy that was not returned before")})
				return
			}
		}
	}
}

func (c *Client) listPage(ctx context.Context, in Deployment, offset int) (*api.DeploysPaginated, error) {
	var page *api.DeploysPaginated
	call := c.newCall(opListDeploys, func(body []byte) (err error) {
		page, err = readPage(body, in, offset)
		return err
	})
	limit := pageSize
	params := &api.ListDeploysParams{Offset: &offset, Limit: &limit}
	if err := call.failure(call.generated.ListDeploys(ctx, in.OrganizationID, in.DeploymentID, params)); err != nil {
		return nil, err
	}
	return page, nil
}

// readPage returns the page that begins after so many deploys of the Deployment, if the body is
// that.
func readPage(body []byte, in Deployment, offset int) (*api.DeploysPaginated, error) {
	if len(body) > maxPage {
		return nil, errPageTooLong
	}
	var read struct {
		Deploys    []json.RawMessage `json:"deploys"`
		Offset     *int              `json:"offset"`
		TotalCount *int              `json:"totalCount"`
	}
	if err := json.Unmarshal(body, &read); err != nil {
		return nil, err
	}
	switch {
	case read.Deploys == nil || read.Offset == nil || read.TotalCount == nil:
		return nil, errors.New("the answer holds no page of deploys")
	case *read.Offset != offset:
		return nil, fmt.Errorf("the answer holds the page after %d deploys, not after %d", *read.Offset, offset)
	}
	page := &api.DeploysPaginated{TotalCount: *read.TotalCount}
	for i, body := range read.Deploys {
		deploy, err := readDeployIn(body, in)
		if err != nil {
			return nil, fmt.Errorf("deploy %d of the page: %w", i+1, err)
		}
		page.Deploys = append(page.Deploys, *deploy)
	}
	return page, nil
}
