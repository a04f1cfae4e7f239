package simulator

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/astro-finalize/astro-finalize-go/examples/internal/command"
)

func TestSettingsOfShells(t *testing.T) {
	for _, row := range []struct{ value, sh, powershell, cmd string }{
		{"http://127.0.0.1:1/x", "export N=http://127.0.0.1:1/x", `$env:N = "http://127.0.0.1:1/x"`, `set "N=http://127.0.0.1:1/x"`},
		{"http://[::1]:1", "export N='http://[::1]:1'", `$env:N = "http://[::1]:1"`, `set "N=http://[::1]:1"`},
		{"/it's $a `b`", `export N='/it'\''s $a ` + "`b`'", "$env:N = \"/it's `$a ``b``\"", "set \"N=/it's $a `b`\""},
	} {
		v := variable{"N", row.value}
		assert.Equal(t, row.sh, shell("sh").setting(v))
		assert.Equal(t, row.powershell, shell("powershell").setting(v))
		assert.Equal(t, row.cmd, shell("cmd").setting(v))
	}
}

func TestShellFlag(t *testing.T) {
	for flag, row := range map[string]struct{ prefix, hint string }{
		"-shell=sh":         {"export ", "  curl -d FinalizeDeploy=500 $SIMULATOR_FAULTS_URL\n"},
		"-shell=powershell": {"$env:", "  curl.exe -d FinalizeDeploy=500 $env:SIMULATOR_FAULTS_URL\n"},
		"-shell=cmd":        {`set "`, "  curl -d FinalizeDeploy=500 %SIMULATOR_FAULTS_URL%\n"},
	} {
		ctx, interrupt := context.WithCancel(t.Context())
		var stderr bytes.Buffer
		stdout := &onWrite{act: interrupt}
		assert.Equal(t, command.OK, Run(ctx, []string{"-addr", "127.0.0.1:0", flag}, stdout, &stderr))
		lines := strings.Split(strings.TrimSuffix(stdout.text.String(), "\n"), "\n")
		assert.Len(t, lines, 5)
		for _, line := range lines {
			assert.True(t, strings.HasPrefix(line, row.prefix), line)
		}
		assert.Contains(t, stderr.String(), row.hint)
		assert.Contains(t, stderr.String(), "  "+row.prefix, "for the vendor's CLI")
	}
}

// onWrite acts after something was written.
type onWrite struct {
	text bytes.Buffer
	act  func()
}

func (w *onWrite) Write(from []byte) (int, error) {
	defer w.act()
	return w.text.Write(from)
}

// Without the variables on standard output the simulator is of no use.
func TestClosedOutput(t *testing.T) {
	read, write := io.Pipe()
	_ = read.Close()
	var stderr bytes.Buffer
	assert.Equal(t, command.Failed, Run(t.Context(), []string{"-addr", "127.0.0.1:0"}, write, &stderr))
	assert.Contains(t, stderr.String(), "deploy: cannot write the variables to standard output: ")
}
