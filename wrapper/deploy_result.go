package wrapper

import (
	"encoding/json"
	"time"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// DeployResult is what a deploy came to. Its JSON holds no secret.
type DeployResult struct {
	OrganizationID string           `json:"organizationId"`
	DeploymentID   string           `json:"deploymentId"`
	DeployID       string           `json:"deployId,omitempty"`
	Type           api.DeployType   `json:"type"`
	Status         api.DeployStatus `json:"status,omitempty"`
	TarballVersion string           `json:"tarballVersion,omitempty"` // as it was stored; "" if there is no tarball
	Files          int              `json:"files,omitempty"`          // in the tarball, if its source tells
	Bytes          int64            `json:"bytes,omitempty"`          // of the tarball
	MD5            string           `json:"md5,omitempty"`            // of the tarball, in hexadecimal
	Timings        DeployTimings    `json:"timings"`

	Deploy *api.Deploy `json:"-"` // as the service described it last; its JSON has the upload URLs
}

// show takes over what the service says of the deploy; nil leaves it at what is known.
func (r *DeployResult) show(deploy *api.Deploy) {
	if deploy != nil {
		r.Deploy, r.DeployID, r.Status = deploy, deploy.ID, deploy.Status
	}
}

// DeployTimings are what the stages of a deploy took; 0 for one that was not come to.
type DeployTimings struct {
	Pack, Create, Upload, Finalize, Wait, Total time.Duration
}

// MarshalJSON implements [json.Marshaler]: packSeconds, createSeconds, uploadSeconds,
// finalizeSeconds, waitSeconds and totalSeconds, to the millisecond.
func (t DeployTimings) MarshalJSON() ([]byte, error) {
	seconds := func(d time.Duration) float64 { return d.Round(time.Millisecond).Seconds() }
	return json.Marshal(struct {
		Pack     float64 `json:"packSeconds"`
		Create   float64 `json:"createSeconds"`
		Upload   float64 `json:"uploadSeconds"`
		Finalize float64 `json:"finalizeSeconds"`
		Wait     float64 `json:"waitSeconds"`
		Total    float64 `json:"totalSeconds"`
	}{seconds(t.Pack), seconds(t.Create), seconds(t.Upload), seconds(t.Finalize), seconds(t.Wait), seconds(t.Total)})
}
