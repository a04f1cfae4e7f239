package decode

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// MaxPage is how long a page may be: room for deploys with hundreds of bundles.
const MaxPage = 4 << 20

var errPageTooLong = errors.New("the response is longer than 4 MiB")

// Page returns the page of a Deployment's deploys that begins at offset, if the body is that.
func Page(body []byte, deploymentID string, offset int) (*api.DeploysPaginated, error) {
	if len(body) > MaxPage {
		return nil, errPageTooLong
	}
	var read struct {
		Deploys    []json.RawMessage `json:"deploys"`
		Offset     *int              `json:"offset"`
		TotalCount *int              `json:"totalCount"`
	}
	err := json.Unmarshal(body, &read)
	if err == nil && !isPlain(body) {
		page := reflect.ValueOf(&read).Elem()
		page.SetZero()
		err = fill(page, body)
	}
	if err != nil {
		return nil, err
	}
	switch {
	case read.Deploys == nil || read.Offset == nil || read.TotalCount == nil:
		return nil, errors.New("the response holds no page of deploys")
	case *read.Offset != offset:
		return nil, fmt.Errorf("the response holds the page after %d deploys, not after %d", *read.Offset, offset)
	case len(read.Deploys) == 0 && offset < *read.TotalCount:
		return nil, fmt.Errorf("the page after %d of %d deploys is empty", offset, *read.TotalCount)
	}
	page := &api.DeploysPaginated{TotalCount: *read.TotalCount}
	for i, body := range read.Deploys {
		deploy, err := DeployIn(body, deploymentID)
		if err != nil {
			return nil, fmt.Errorf("deploy %d of the page: %w", i+1, err)
		}
		page.Deploys = append(page.Deploys, *deploy)
	}
	return page, nil
}
