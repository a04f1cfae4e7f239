package wrapper

import (
	"net/http"
	"net/url"
	"path"
	"strings"
)

// The operationIds of openapi.yaml, and the upload to the storage.
const (
	opCreateDeploy   = "CreateDeploy"
	opFinalizeDeploy = "FinalizeDeploy"
	opGetDeploy      = "GetDeploy"
	opListDeploys    = "ListDeploys"
	opRollbackDeploy = "DeployRollback"
	opUpdateDeploy   = "UpdateDeploy"
	opUpload         = "Upload"
)

// permissions has the permission that each operation requires of the token.
var permissions = map[string]string{
	opCreateDeploy:   "deployment.deploys.create",
	opFinalizeDeploy: "deployment.deploys.update",
	opGetDeploy:      "deployment.deploys.get",
	opListDeploys:    "deployment.deploys.get",
	opRollbackDeploy: "deployment.deploys.update",
	opUpdateDeploy:   "deployment.deploys.update",
}

// idempotent returns a function that reports whether a request to the server may be carried out twice: reads,
// the finalize and the update. The vendor does not guarantee it for creates. Any operation added to the
// contract is treated like a create.
func idempotent(server *url.URL) func(*http.Request) bool {
	base := server.EscapedPath()
	return func(request *http.Request) bool {
		switch request.Method {
		case http.MethodGet:
			return true
		case http.MethodPost:
			// Below the base, the deploys of a Deployment are at /organizations/{id}/deployments/{id}/deploys. A proxy may
			// undo an escape, as that of the slash in p%2Frollback.
			deploy := strings.TrimSuffix(strings.TrimPrefix(request.URL.EscapedPath(), base), "/finalize")
			return strings.Count(deploy, "/") == 6 && path.Base(path.Dir(deploy)) == "deploys" && !strings.Contains(deploy, "%")
		}
		return false
	}
}
