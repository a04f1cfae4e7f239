package wrapper

import (
	"context"
	"net/http"
	"path"
	"strings"

	"github.com/astro-finalize/astro-finalize-go/internal/transport"
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

// decoding is the call of a request that is not looked up: a read, or one that creates.
type decoding[T any] func(body []byte) (T, error)

func (d decoding[T]) Accept(response *transport.Response) (T, error) { return d(response.Body) }

func (decoding[T]) Reconcile(context.Context, transport.Outcome, transport.Outcome) (none T, found bool) {
	return none, false
}

// do makes a request that was built, and returns what decode makes of its response.
func do[T any](ctx context.Context, c *Client, operation string, request *http.Request, err error, decode decoding[T]) (none T, _ error) {
	if err != nil {
		return none, err
	}
	result := transport.Do(c.chain, request.WithContext(ctx), decode)
	if !result.OK {
		return none, c.failure(operation, result.End)
	}
	return result.Accepted, nil
}
