// Package command is what the example programs share: how they start, what they say when they
// are called wrongly, and the codes that they exit with.
package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// Exit codes.
const (
	OK     = 0
	Failed = 1
	Usage  = 2 // called wrongly; nothing was sent
)

// Main exits with the code that run returns. Its context ends on an interrupt or SIGTERM.
func Main(run func(ctx context.Context, args []string, stdout, stderr io.Writer) int) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

type usageError struct{ error }

// UsageErrorf returns an error that says how the program was called wrongly, and what to do.
func UsageErrorf(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

var errPrinted = errors.New("package flag printed this error")

// Parse reads the flags, which must be ContinueOnError. Its errors are for Report.
func Parse(flags *flag.FlagSet, args []string, stderr io.Writer) error {
	flags.SetOutput(stderr)
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("%w: %w", errPrinted, err)
	}
	if flags.NArg() > 0 {
		return UsageErrorf("there is no argument %q; everything is given by flags", flags.Arg(0))
	}
	return nil
}

// Report prints the error that the program called name ends with, if any, and returns its code.
func Report(name string, err error, stderr io.Writer) int {
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return OK
	case errors.Is(err, errPrinted):
		return Usage
	}
	_, _ = fmt.Fprintf(stderr, "%s: %v\n", name, err)
	if errors.As(err, new(usageError)) {
		_, _ = fmt.Fprintln(stderr, "Run with -h for the flags.")
		return Usage
	}
	return Failed
}
