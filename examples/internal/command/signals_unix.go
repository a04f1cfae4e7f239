//go:build unix

package command

import (
	"os"
	"os/signal"
	"syscall"
)

// heedBrokenPipes makes a write to a closed standard output or error return an error, as any other write to a
// pipe, instead of ending the process. Programs that this one starts are not affected.
func heedBrokenPipes() { signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) }
