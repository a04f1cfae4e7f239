package deploys

import (
	"fmt"
	"time"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// Result is what a deploy came to. Its JSON holds no secret.
type Result struct {
	OrganizationID string           `json:"organizationId"`
	DeploymentID   string           `json:"deploymentId"`
	DeployID       string           `json:"deployId,omitempty"`
	Type           api.DeployType   `json:"type"`
	Status         api.DeployStatus `json:"status,omitempty"`
	TarballVersion string           `json:"tarballVersion,omitempty"` // as it was stored; "" if there is no tarball
	Files          int              `json:"files,omitempty"`          // in the tarball, if its source tells
	Bytes          int64            `json:"bytes,omitempty"`          // of the tarball
	MD5            string           `json:"md5,omitempty"`            // of the tarball, in hexadecimal
	ContentDigest  string           `json:"contentDigest,omitempty"`  // of what is in the tarball, if its source tells; unlike MD5, the same whenever it was packed
	Timings        Timings          `json:"timings"`

	Deploy *api.Deploy `json:"-"` // as the service described it last, without its upload URLs
}

// Timings are what the stages of a deploy took; 0 for one that was not reached.
type Timings struct {
	Pack, Create, Upload, Finalize, Wait, Total time.Duration
}

// MarshalJSON implements [encoding/json.Marshaler] with the time of each stage, and the total, in
// seconds to the millisecond.
func (t Timings) MarshalJSON() ([]byte, error) {
	return fmt.Appendf(nil, `{"packSeconds":%.3f,"createSeconds":%.3f,"uploadSeconds":%.3f,"finalizeSeconds":%.3f,"waitSeconds":%.3f,"totalSeconds":%.3f}`,
		t.Pack.Seconds(), t.Create.Seconds(), t.Upload.Seconds(), t.Finalize.Seconds(), t.Wait.Seconds(), t.Total.Seconds()), nil
}
