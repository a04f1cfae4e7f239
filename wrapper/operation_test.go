package wrapper

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Only reads and the finalize are known to be idempotent.
func TestOnlyReadsAndFinalizeAreIdempotent(t *testing.T) {
	const deploy = "/v1/organizations/o/deployments/d/deploys/p"
	for _, row := range []struct {
		method, path string
		want         bool
	}{
		{http.MethodPost, deploy + "/finalize", true},
		{http.MethodGet, deploy, true},
		{http.MethodPost, "/v1/organizations/o/deployments/d/deploys", false},
		{http.MethodPost, deploy + "/rollback", false},
		{http.MethodPost, "/v1/finalize/x", false},
		{http.MethodPost, "/v1/organizations/o/deployments/d/deploys/finalize", false}, // the deploy's ID is "finalize"
		{http.MethodDelete, "/v1/organizations/o", false},
		{http.MethodPatch, "/v1/organizations/o", false},
	} {
		request, err := http.NewRequestWithContext(t.Context(), row.method, "https://api.example"+row.path, nil)
		require.NoError(t, err)
		assert.Equal(t, row.want, isIdempotent(request), "%s %s", row.method, row.path)
	}
}
