// Package command has what the example programs share: how they start, how they report errors,
// the options of their clients and their exit codes.
package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/signal"
	"syscall"

	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// Exit codes.
const (
	OK     = 0
	Failed = 1
	Usage  = 2 // the command line is wrong; nothing was sent
)

// Main exits with the code that run returns. Its context ends on an interrupt or SIGTERM.
func Main(run func(ctx context.Context, args []string, stdout, stderr io.Writer) int) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

type usageError struct{ error }

// UsageErrorf returns an error about the command line.
func UsageErrorf(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

var errPrinted = errors.New("package flag printed this error")

// Parse parses the flags, which must be ContinueOnError. Its errors are for Report.
func Parse(flags *flag.FlagSet, args []string, stderr io.Writer) error {
	flags.SetOutput(stderr)
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("%w: %w", errPrinted, err)
	}
	if flags.NArg() > 0 {
		return UsageErrorf("unexpected argument %q; use flags only", flags.Arg(0))
	}
	return nil
}

// Report prints the error of the program called name, if any, and returns the exit code.
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

// ClientOptions returns the options for the flags -api-version and -base-url. An empty one leaves
// the choice to the client, which reads ASTRO_API_URL.
func ClientOptions(apiVersion, baseURL string) (options []wrapper.Option) {
	if apiVersion != "" {
		options = append(options, wrapper.WithAPIVersion(wrapper.APIVersion(apiVersion)))
	}
	if baseURL != "" {
		options = append(options, wrapper.WithBaseURL(baseURL))
	}
	return options
}

// Host returns the host that the client sends its requests to.
func Host(client *wrapper.Client) string {
	server, err := url.Parse(client.API().Server)
	if err != nil {
		return client.API().Server
	}
	return server.Host
}
