package main_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The README's console blocks are run as they are printed. "…" stands for any text within a line.
func TestTranscript(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("the commands are for sh")
	}
	for _, tool := range []string{"sh", "jq"} {
		if _, err := exec.LookPath(tool); err != nil && os.Getenv("CI") == "" {
			t.Skip(err)
		}
	}
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	folder := t.TempDir()
	require.NoError(t, os.CopyFS(filepath.Join(folder, "dags"), os.DirFS("dags")))
	program, err := binary()
	require.NoError(t, err)
	codes := map[string]bool{}
	for _, block := range regexp.MustCompile("(?ms)^```(sh|console)\n(.*?)^```$").FindAllStringSubmatch(string(readme), -1) {
		if name := regexp.MustCompile(`^# ([\w-]+\.sh)\n`).FindStringSubmatch(block[2]); name != nil {
			require.NoError(t, os.WriteFile(filepath.Join(folder, name[1]), []byte(block[2]), 0o600))
		}
		if block[1] != "console" {
			continue
		}
		shown := shownIn(block[2])
		for i, got := range runAll(t, folder, filepath.Dir(program), shown) {
			assert.Regexp(t, shown[i].pattern(), got, "$ %s", shown[i].command)
			if shown[i].command == "echo $?" {
				codes[strings.TrimSpace(got)] = true
			}
		}
	}
	for _, code := range []string{"0", "1", "2", "3"} { // success, failure, wrong use, unknown
		assert.Contains(t, codes, code)
	}
}

// shown is a command in the README, and its output there.
type shown struct{ command, output string }

func shownIn(block string) (all []shown) {
	for _, part := range strings.Split("\n"+block, "\n$ ")[1:] {
		command, output, _ := strings.Cut(strings.TrimSuffix(part, "\n")+"\n", "\n")
		all = append(all, shown{command, output})
	}
	return all
}

func (s shown) pattern() string {
	return "^" + strings.ReplaceAll(regexp.QuoteMeta(s.output), "…", ".*") + "$"
}

// runAll runs the commands in one shell, and returns the output of each.
func runAll(t *testing.T, folder, programs string, all []shown) []string {
	const mark = "--- end of a command ---\n"
	var script strings.Builder
	for _, one := range all { // $? stays that of the command
		_, _ = fmt.Fprintf(&script, "%s\n(code=$?; printf %%s '%s'; exit $code)\n", one.command, mark)
	}
	command := exec.CommandContext(t.Context(), "sh", "-c", script.String())
	command.Dir = folder
	command.Env = environment(programs)
	output, _ := command.CombinedOutput() // the last command may fail
	outputs := strings.Split(string(output), mark)
	require.Len(t, outputs, len(all)+1, string(output))
	return outputs[:len(all)]
}
