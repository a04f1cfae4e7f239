package astrofinalize_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// go generate produces the same bytes in a workspace and beside a vendor folder.
func TestPromise8RegenerationWorksInWorkspacesAndBesideVendor(t *testing.T) {
	generated := []string{filepath.Join("api", "api.gen.go"), filepath.Join("astrotest", "internal", "server", "server.gen.go")}
	for name, layout := range map[string]struct {
		setup  [][2]string // directory and go command
		goWork string      // value of GOWORK
	}{
		"workspace":                           {[][2]string{{".", "work init ./app ./lib"}}, ""},
		"vendor folder":                       {[][2]string{{"lib", "mod vendor"}}, ""},
		"workspace and vendor, set by GOWORK": {[][2]string{{"lib", "mod vendor"}, {"app", "work init . ../lib"}}, filepath.Join("app", "go.work")},
	} {
		t.Run(name, func(t *testing.T) {
			home, goWork := t.TempDir(), ""
			run := func(dir, arguments string) {
				goCommand(t, filepath.Join(home, dir), arguments, "GOWORK="+goWork)
			}
			copyModule(t, filepath.Join(home, "lib"))
			require.NoError(t, os.Mkdir(filepath.Join(home, "app"), 0o700))
			require.NoError(t, os.WriteFile(filepath.Join(home, "app", "go.mod"), []byte("module app\n\ngo 1.25.0\n"), 0o600))
			for _, step := range layout.setup {
				run(step[0], step[1])
			}
			for _, file := range generated {
				require.NoError(t, os.Remove(filepath.Join(home, "lib", file)))
			}
			if layout.goWork != "" {
				goWork = filepath.Join(home, layout.goWork)
			}
			run("lib", "generate ./...")
			for _, file := range generated {
				want, err := os.ReadFile(file)
				require.NoError(t, err)
				got, err := os.ReadFile(filepath.Join(home, "lib", file))
				require.NoError(t, err)
				assert.True(t, string(want) == string(got), "%s differs", file)
			}
		})
	}
}
