package astrofinalize_test

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// offline is what the go command says where it cannot download a module.
var offline = regexp.MustCompile(`GOPROXY=off|Get "http\S+": .*(dial|proxyconnect)`)

// goCommand runs the go command in dir, for tests that need more modules than the library does. They are
// skipped with -short, and where the modules cannot be downloaded; but not in CI.
func goCommand(t *testing.T, dir, arguments string, env ...string) {
	t.Helper()
	inCI := os.Getenv("CI") != ""
	if testing.Short() && !inCI {
		t.Skip("slow: downloads modules")
	}
	command := exec.CommandContext(t.Context(), "go", strings.Fields(arguments)...)
	command.Dir, command.Env = dir, append(os.Environ(), env...)
	out, err := command.CombinedOutput()
	if err != nil && !inCI && offline.Match(out) {
		t.Skipf("go %s: modules cannot be downloaded: %s", arguments, out)
	}
	require.NoError(t, err, "go %s: %s", arguments, out)
}
