package astrofinalize_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// walls are the packages of ours that each package may import, in code that is not a test. Imports
// go downward only.
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
	"internal/ratelimit": {"internal/retry"},
	"internal/transport": {"internal/ratelimit", "internal/redact", "internal/retry"},
	"internal/blob":      {"internal/check", "internal/redact", "internal/retry", "internal/transport"},
	"wrapper":            {"api", "internal/blob", "internal/check", "internal/decode", "internal/evidence", "internal/ratelimit", "internal/redact", "internal/retry", "internal/transport"},
	"deploys":            {"api", "internal/blob", "internal/evidence", "internal/redact", "wrapper"},
	"internal/chaostest": {"astrotest", "wrapper"}, // which only tests import
}

func TestBoundaries(t *testing.T) {
	const module = "github.com/astro-finalize/astro-finalize-go/"
	listed, err := exec.CommandContext(t.Context(), "go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...").Output()
	require.NoError(t, err)
	seen := map[string]bool{}
	for line := range strings.Lines(strings.ReplaceAll(string(listed), module, "./")) {
		imports := strings.Fields(line)
		name := strings.TrimPrefix(imports[0], "./")
		allowed, isWalled := walls[name]
		seen[name] = true
		assert.True(t, isWalled || !strings.HasPrefix(name, "internal/"), "%s has no wall", name)
		for _, imported := range imports[1:] {
			imported, isOurs := strings.CutPrefix(imported, "./")
			assert.True(t, !isOurs || !isWalled || slices.Contains(allowed, imported), "%s must not import %s", name, imported)
			assert.NotEqual(t, "internal/chaostest", imported, "%s is no test", name)
		}
	}
	for name := range walls {
		assert.True(t, seen[name], "there is no package %s", name)
	}
}
