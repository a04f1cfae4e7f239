package simulator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/astro-finalize/astro-finalize-go/examples/internal/command"
)

// runCommand runs a command with the variables in its environment, and returns its exit code.
//
// It outlives SIGINT and SIGHUP, which a terminal also sends to the command, and passes on SIGTERM.
// The same signal once more kills the command.
func runCommand(ctx context.Context, args []string, variables []variable, stdout, stderr io.Writer) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, command.EndSignals()...)
	defer signal.Stop(signals)
	child := exec.Command(args[0], args[1:]...)
	child.Stdin, child.Stdout, child.Stderr = os.Stdin, stdout, stderr
	child.Env = os.Environ()
	for _, v := range variables {
		child.Env = append(child.Env, v.name+"="+v.value)
	}
	if err := child.Start(); err != nil {
		_, _ = fmt.Fprintf(stderr, "deploy: cannot start %s: %v; a script needs a first line such as #!/bin/sh, and chmod +x\n", command.OneLine(args[0]), err)
		if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
			return notFound, nil
		}
		return notExecutable, nil
	}
	exited := make(chan struct{})
	go func() {
		_ = child.Wait() // its error is in ProcessState, unless it is about copying the output
		close(exited)
	}()
	for seen := map[os.Signal]bool{}; ; {
		select {
		case <-exited:
			return exitCode(child.ProcessState), nil
		case received := <-signals:
			switch {
			case seen[received]:
				_ = child.Process.Kill()
			case received == syscall.SIGTERM:
				terminate(child.Process)
			}
			seen[received] = true
		}
	}
}

// The exit codes of sh for a command that cannot be started.
const (
	notExecutable = 126
	notFound      = 127
)

// terminate ends a process, on Windows without a chance to clean up.
func terminate(process *os.Process) {
	if err := process.Signal(syscall.SIGTERM); err != nil {
		_ = process.Kill()
	}
}

// exitCode returns the exit code of a process, as a shell shows it.
func exitCode(state *os.ProcessState) int {
	if code := state.ExitCode(); code >= 0 {
		return code
	}
	return 128 + signalOf(state)
}
