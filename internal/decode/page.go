package decode

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// MaxPage is the maximum size of a page, with room for deploys with hundreds of bundles.
const MaxPage = 4 << 20

var errPageTooLong = errors.New("the response is longer than 4 MiB")

// Page decodes the page of a Deployment's deploys that starts at offset.
func Page(body []byte, deploymentID string, offset int) (*api.DeploysPaginated, error) {
	if len(body) > MaxPage {
		return nil, errPageTooLong
	}
	var decoded struct {
		Deploys    []json.RawMessage `json:"deploys"`
		Offset     *int              `json:"offset"`
		TotalCount *int              `json:"totalCount"`
	}
	err := json.Unmarshal(body, &decoded)
	if err == nil && !isPlain(body) {
		page := reflect.ValueOf(&decoded).Elem()
		page.SetZero()
		err = fill(page, body)
	}
	if err != nil {
		return nil, err
	}
	switch {
	case decoded.Deploys == nil || decoded.Offset == nil || decoded.TotalCount == nil:
		return nil, errors.New("the response contains no page of deploys")
	case *decoded.Offset != offset:
		return nil, fmt.Errorf("the response contains the page at offset %d, not %d", *decoded.Offset, offset)
	case len(decoded.Deploys) == 0 && offset < *decoded.TotalCount:
		return nil, fmt.Errorf("the page at offset %d of %d deploys is empty", offset, *decoded.TotalCount)
	}
	page := &api.DeploysPaginated{TotalCount: *decoded.TotalCount}
	for i, body := range decoded.Deploys {
		deploy, err := DeployIn(body, deploymentID)
		if err != nil {
			return nil, fmt.Errorf("deploy %d of the page: %w", i+1, err)
		}
		page.Deploys = append(page.Deploys, *deploy)
	}
	return page, nil
}
