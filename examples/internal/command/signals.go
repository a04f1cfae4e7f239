package command

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// notify returns a context that ends on an interrupt, SIGTERM or SIGHUP, unless the process was started with
// the signal ignored, as nohup does.
func notify(parent context.Context) (ctx context.Context, stop context.CancelFunc) {
	heedBrokenPipes()
	var ends []os.Signal
	for _, one := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(one) {
			ends = append(ends, one)
		}
	}
	return signal.NotifyContext(parent, ends...)
}
