package astrotest_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
)

// The fault applies to one deploy: its status changes, its Deployment does not, and the next is DEPLOYED.
func TestFailedDeploy(t *testing.T) {
	for name, options := range map[string][]astrotest.Option{
		"at once":       nil,
		"after one GET": {astrotest.WithDeployedAfter(1)},
	} {
		t.Run(name, func(t *testing.T) {
			server := astrotest.New(t, options...)
			deployment := server.AddDeployment(astrotest.Deployment{DAGDeploys: true})
			version := server.AddTarball(nil)
			finalize := func() api.Deploy {
				id := server.AddDeploy(api.Deploy{DeploymentID: deployment.ID, Type: api.DeployTypeDAGOnly}).ID
				path := deploysPath("/v1", deployment) + "/" + id
				status, _ := send(t, server, http.MethodPost, path+"/finalize", `{"dagTarballVersion":"`+version+`"}`)
				assert.Equal(t, 200, status)
				if options != nil {
					deploy, _ := server.Deploy(id)
					assert.Equal(t, api.DeployStatusInitialized, deploy.Status)
					send(t, server, http.MethodGet, path, "")
				}
				deploy, _ := server.Deploy(id)
				return deploy
			}
			server.Inject(astrotest.FailedDeploy())
			failed := finalize()
			assert.Equal(t, api.DeployStatusFailed, failed.Status)
			assert.Nil(t, failed.DAGTarballVersion)
			now, _ := server.Deployment(deployment.ID)
			assert.Empty(t, now.DAGTarballVersion)
			assert.Equal(t, 1, server.Commits(failed.ID))
			assert.Equal(t, api.DeployStatusDeployed, finalize().Status)
		})
	}
}
