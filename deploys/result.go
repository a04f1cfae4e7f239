package deploys

import (
	"fmt"
	"time"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// Result describes a deploy. Its JSON contains no secrets.
type Result struct {
	OrganizationID string           `json:"organizationId"`
	DeploymentID   string           `json:"deploymentId"`
	DeployID       string           `json:"deployId,omitempty"`
	Type           api.DeployType   `json:"type"`
	Status         api.DeployStatus `json:"status,omitempty"`
	Unchanged      bool             `json:"unchanged,omitempty"`      // nothing was deployed: the deploy already had the content; see OnlyIfChanged
	TarballVersion string           `json:"tarballVersion,omitempty"` // of the uploaded tarball; "" if there is none
	Files          int              `json:"files,omitempty"`          // number of files in the tarball, if the source reports it
	Bytes          int64            `json:"bytes,omitempty"`          // size of the tarball
	MD5            string           `json:"md5,omitempty"`            // of the tarball, in hexadecimal
	ContentDigest  string           `json:"contentDigest,omitempty"`  // of the tarball's content, if the source reports it; unlike MD5, it does not depend on when the content was packed
	Timings        Timings          `json:"timings"`

	Deploy *api.Deploy `json:"-"` // from the last response, without its upload URLs
}

// Timings are the durations of the stages. A stage that was not reached has 0. Total is the time from the first
// stage to the last; for several Deployments, without packing, which is done once for all.
type Timings struct {
	Pack, Compare, Create, Upload, Push, Finalize, Wait, Total time.Duration
}

// MarshalJSON implements [encoding/json.Marshaler]. It encodes durations as seconds with three decimals.
func (t Timings) MarshalJSON() ([]byte, error) {
	return fmt.Appendf(nil, `{"packSeconds":%.3f,"compareSeconds":%.3f,"createSeconds":%.3f,"uploadSeconds":%.3f,"pushSeconds":%.3f,"finalizeSeconds":%.3f,"waitSeconds":%.3f,"totalSeconds":%.3f}`,
		t.Pack.Seconds(), t.Compare.Seconds(), t.Create.Seconds(), t.Upload.Seconds(), t.Push.Seconds(), t.Finalize.Seconds(), t.Wait.Seconds(), t.Total.Seconds()), nil
}
