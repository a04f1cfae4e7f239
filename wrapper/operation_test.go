package wrapper

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Only reads, the finalize and the update are known to be idempotent, whatever the IDs are.
func TestOnlyReadsAndUpdatesAreIdempotent(t *testing.T) {
	const base = "/deploys/v1"
	const deploy = base + "/organizations/o/deployments/d/deploys/p"
	isIdempotent := idempotent(&url.URL{Path: base})
	for _, row := range []struct {
		method, path string
		want         bool
	}{
		{http.MethodPost, deploy + "/finalize", true},
		{http.MethodGet, deploy, true},
		{http.MethodPost, deploy, true},
		{http.MethodPost, base + "/organizations/o/deployments/d/deploys", false},
		{http.MethodPost, deploy + "/rollback", false},
		{http.MethodPost, deploy + "%2Frollback", false},
		{http.MethodPost, deploy + "/finalize/x", false},
		{http.MethodPost, base + "/finalize/x", false},
		{http.MethodPost, base + "/organizations/o/deployments/deploys/deploys", false},
		{http.MethodPost, base + "/organizations/deployments/deployments/deploys/deploys", false},
		{http.MethodPost, base + "/organizations/organizations/deployments/deployments/deploys/deploys/rollback", false},
		{http.MethodPost, base + "/organizations/o/deployments/d%2Fdeploys/deploys", false},
		{http.MethodPost, base + "/organizations/o/deployments/d/hibernation-override", false},
		{http.MethodPost, base + "/organizations/o/deployments/d/bundles/b", false},
		{http.MethodPost, "/organizations/o/deployments/d/deploys", false},
		{http.MethodDelete, deploy, false},
		{http.MethodPatch, deploy, false},
	} {
		request, err := http.NewRequestWithContext(t.Context(), row.method, "https://api.example"+row.path, nil)
		require.NoError(t, err)
		assert.Equal(t, row.want, isIdempotent(request), "%s %s", row.method, row.path)
	}
}
