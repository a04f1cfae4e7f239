package command

import (
	"context"
	"os"
	"os/signal"
	"slices"
	"syscall"
)

// notify returns a context that ends on an interrupt, SIGTERM or SIGHUP, unless the process was started with
// the signal ignored, as nohup does.
func notify(parent context.Context) (ctx context.Context, stop context.CancelFunc) {
	heedBrokenPipes()
	return signal.NotifyContext(parent, EndSignals()...)
}

// EndSignals returns the signals that end a program, without those that it was started with ignored.
func EndSignals() []os.Signal {
	return slices.DeleteFunc(append([]os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP}, moreEnds...), signal.Ignored)
}
