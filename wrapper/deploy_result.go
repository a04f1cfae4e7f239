package wrapper

import (
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
	Bytes          int64            `json:"bytes,omitempty"`          // of the tarball
	MD5            string           `json:"md5,omitempty"`            // of the tarball, in hexadecimal
	Timings        Timings          `json:"timings"`

	Deploy *api.Deploy `json:"-"` // as the service described it last; its JSON has the upload URLs
}

// Timings are what the stages of a deploy took, in seconds, to the millisecond; 0 for one that
// was not come to.
type Timings struct {
	Pack     float64 `json:"packSeconds"`
	Create   float64 `json:"createSeconds"`
	Upload   float64 `json:"uploadSeconds"`
	Finalize float64 `json:"finalizeSeconds"`
	Wait     float64 `json:"waitSeconds"`
	Total    float64 `json:"totalSeconds"`
}

func newResult(to Deployment, deployType api.DeployType) Result {
	return Result{OrganizationID: to.OrganizationID, DeploymentID: to.DeploymentID, Type: deployType}
}

// show takes over what the service says of the deploy; nil leaves it at what is known.
func (r *Result) show(deploy *api.Deploy) {
	if deploy == nil {
		return
	}
	r.Deploy, r.DeployID, r.Status = deploy, deploy.ID, deploy.Status
}

func secondsSince(started time.Time) float64 {
	return time.Since(started).Round(time.Millisecond).Seconds()
}
