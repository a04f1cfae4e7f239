package command_test

import (
	"context"
	"io"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/astro-finalize/astro-finalize-go/examples/internal/command"
)

func TestMain(m *testing.M) {
	if os.Getenv("PANICS") != "" {
		command.Main(func(context.Context, []string, io.Writer, io.Writer) int { panic("lost") })
	}
	os.Exit(m.Run())
}

// Go's own exit code of a panic would say that nothing was sent.
func TestPanic(t *testing.T) {
	program := exec.CommandContext(t.Context(), os.Args[0])
	program.Env = append(os.Environ(), "PANICS=1")
	output, _ := program.CombinedOutput()
	assert.Equal(t, command.Unknown, program.ProcessState.ExitCode())
	assert.Contains(t, string(output), "panic: lost\n")
	assert.Contains(t, string(output), "main_test.go:")
}
