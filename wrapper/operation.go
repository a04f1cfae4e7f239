package wrapper

import (
	"net/http"
	"path"
	"strings"
)

// The operationIds of openapi.yaml, and the upload to the storage.
const (
	opCreateDeploy   = "CreateDeploy"
	opFinalizeDeploy = "FinalizeDeploy"
	opGetDeploy      = "GetDeploy"
	opListDeploys    = "ListDeploys"
	opUpload         = "Upload"
)

// permissions has the permission that each operation requires of the token.
var permissions = map[string]string{
	opCreateDeploy:   "deployment.deploys.create",
	opFinalizeDeploy: "deployment.deploys.update",
	opGetDeploy:      "deployment.deploys.get",
	opListDeploys:    "deployment.deploys.get",
}

// isIdempotent reports whether a request may be carried out twice: reads and the finalize. The vendor
// does not guarantee it for creates. Any operation added to the contract is treated like a create.
func isIdempotent(request *http.Request) bool {
	switch request.Method {
	case http.MethodGet:
		return true
	case http.MethodPost:
		deploy, isFinalize := strings.CutSuffix(request.URL.Path, "/finalize")
		return isFinalize && path.Base(path.Dir(deploy)) == "deploys"
	}
	return false
}
