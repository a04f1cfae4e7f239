package wrapper

import (
	"net/http"
	"path"
	"strings"
)

// Names of the operations, as in openapi.yaml; Upload is the storage's.
const (
	opCreateDeploy   = "CreateDeploy"
	opFinalizeDeploy = "FinalizeDeploy"
	opGetDeploy      = "GetDeploy"
	opListDeploys    = "ListDeploys"
	opUpload         = "Upload"
)

// permissions are what a token's role needs for each operation. A role that may create deploys
// need not have that for finalizing them.
var permissions = map[string]string{
	opCreateDeploy:   "deployment.deploys.create",
	opFinalizeDeploy: "deployment.deploys.update",
	opGetDeploy:      "deployment.deploys.get",
	opListDeploys:    "deployment.deploys.get",
}

// isIdempotent reports whether a request may be carried out twice: a read and, of those that
// change something, the finalize alone. The vendor guarantees nothing of the kind for requests
// that create, and whatever the contract gains counts as one.
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
