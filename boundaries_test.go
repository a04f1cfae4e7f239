package astrofinalize_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// walls lists which of our packages each package may import outside its tests. Imports go downward
// only.
var walls = map[string][]string{
	"api":                {},
	"tarball":            {},
	"internal/check":     {},
	"internal/memory":    {},
	"internal/pinned":    {},
	"internal/redact":    {},
	"internal/retry":     {},
	"internal/decode":    {"api", "internal/check"},
	"internal/evidence":  {"api"},
	"internal/rules":     {"api", "internal/check"},
	"internal/ratelimit": {"internal/retry"},
	"internal/transport": {"internal/ratelimit", "internal/redact", "internal/retry"},
	"internal/hint":      {"internal/check", "internal/transport"},
	"internal/blob":      {"internal/check", "internal/redact", "internal/retry", "internal/transport"},
	"wrapper":            {"api", "internal/blob", "internal/check", "internal/decode", "internal/evidence", "internal/hint", "internal/ratelimit", "internal/redact", "internal/retry", "internal/rules", "internal/transport"},
	"deploys":            {"api", "internal/blob", "internal/check", "internal/evidence", "internal/redact", "internal/retry", "wrapper"},
	"internal/chaostest": {"astrotest", "wrapper"}, // imported by tests only
}

func TestImportsGoDownwardOnly(t *testing.T) {
	const module = "github.com/astro-finalize/astro-finalize-go/"
	listed, err := exec.CommandContext(t.Context(), "go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...").Output()
	require.NoError(t, err)
	seen := map[string]bool{}
	for line := range strings.Lines(strings.ReplaceAll(string(listed), module, "./")) {
		imports := strings.Fields(line)
		name := strings.TrimPrefix(imports[0], "./")
		allowed, isListed := walls[name]
		seen[name] = true
		assert.True(t, isListed || !strings.HasPrefix(name, "internal/"), "%s is missing from walls", name)
		for _, imported := range imports[1:] {
			imported, isOurs := strings.CutPrefix(imported, "./")
			assert.True(t, !isOurs || !isListed || slices.Contains(allowed, imported), "%s must not import %s", name, imported)
			assert.NotEqual(t, "internal/chaostest", imported, "%s must not import it outside tests", name)
		}
	}
	for name := range walls {
		assert.True(t, seen[name], "walls lists %s, which does not exist", name)
	}
}
