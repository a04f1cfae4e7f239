//go:build unix

package command

import (
	"os"
	"os/signal"
	"syscall"
)

// moreEnds are further signals that end a program. SIGQUIT would end it with Go's exit code 2.
var moreEnds = []os.Signal{syscall.SIGQUIT}

// heedBrokenPipes makes a write to a closed standard output or error return an error, as any other write to a
// pipe, instead of ending the process. Programs that this one starts are not affected.
func heedBrokenPipes() { signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) }
