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

// permissions are what the role of a token needs for each operation.
var permissions = map[string]string{
	opCreateDeploy:   "deployment.deploys.create",
	opFinalizeDeploy: "deployment.deploys.update",
	opGetDeploy:      "deployment.deploys.get",
	opListDeploys:    "deployment.deploys.get",
}

// isIdempotent reports whether a request may be carried out twice: reads and the finalize. The vendor
// does not guarantee it for requests that create, and any operation added to the contract counts as one.
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
