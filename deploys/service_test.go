package deploys_test

import (
	"bytes"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// newService returns a fake service with one Deployment, and a client that retries and polls at once.
func newService(t *testing.T, options ...wrapper.Option) (*astrotest.Server, *wrapper.Client, wrapper.Deployment) {
	t.Helper()
	server := astrotest.NewServer()
	t.Cleanup(server.Close)
	client, err := wrapper.NewClient(append([]wrapper.Option{
		wrapper.WithBaseURL(server.URL), wrapper.WithToken(astrotest.Token),
		wrapper.WithRetry(wrapper.Retry{Backoff: wrapper.ConstantBackoff(0)}), wrapper.WithPollInterval(time.Millisecond),
		wrapper.WithLimiter(http.MethodPost, nil), wrapper.WithLimiter(http.MethodGet, nil),
	}, options...)...)
	require.NoError(t, err)
	return server, client, deploymentOn(server)
}

func deploymentOn(server *astrotest.Server) wrapper.Deployment {
	added := server.AddDeployment(astrotest.Deployment{DAGDeploys: true})
	return wrapper.Deployment{OrganizationID: added.OrganizationID, DeploymentID: added.ID}
}

// gzipped returns content that starts like a gzipped tarball.
func gzipped(size int) []byte {
	content := bytes.Repeat([]byte("0123456789abcdef"), size/16+1)[:size]
	copy(content, "\x1f\x8b")
	return content
}

// showing is a fault that shows the deploy with a status.
func showing(status string) astrotest.Fault {
	return astrotest.EditDeploy(func(deploy map[string]any) { deploy["status"] = status })
}

func second[T any](_ T, err error) error { return err }

func ptr[T any](value T) *T { return &value }
