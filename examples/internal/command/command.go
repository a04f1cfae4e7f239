// Package command has what the example programs share: how they start and end, their help, how they report
// errors, the options of their clients and their exit codes.
package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"runtime/debug"
	"strings"

	"github.com/astro-finalize/astro-finalize-go/tarball"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// Main exits with the code that run returns. Its context ends on an interrupt, SIGTERM or SIGHUP; another
// one then kills the process. A write to a closed pipe is an error, and does not end the process.
func Main(run func(ctx context.Context, args []string, stdout, stderr io.Writer) int) {
	ctx, stop := notify(context.Background())
	context.AfterFunc(ctx, stop)
	defer func() {
		if cause := recover(); cause != nil { // Go's own exit code, 2, would say that nothing was sent
			_, _ = fmt.Fprintf(os.Stderr, "panic: %v\n%s", cause, debug.Stack())
			os.Exit(Unknown)
		}
	}()
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	os.Exit(code)
}

// Help is what -h prints besides the flags.
type Help struct {
	Does     string // what the program does, in two lines
	Codes    string // its exit codes
	Examples string // command lines
}

type unwrittenError struct{ error }

type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// UsageErrorf returns an error about the command line.
func UsageErrorf(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// Parse parses the flags, which must be ContinueOnError. With -h it prints the help to stdout. Its errors are
// for Report.
func Parse(flags *flag.FlagSet, help Help, args []string, stdout io.Writer) error {
	flags.SetOutput(io.Discard)
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		if failed := help.print(flags, stdout); failed != nil {
			return unwrittenError{failed}
		}
		return err
	case err != nil:
		return UsageErrorf("%w", err)
	case flags.NArg() > 0:
		return UsageErrorf("unexpected argument %q; use flags only, after the command if there is one", flags.Arg(0))
	}
	return nil
}

func (h Help) print(flags *flag.FlagSet, stdout io.Writer) error {
	var text strings.Builder
	fmt.Fprintf(&text, "%s\n", h.Does)
	var defaults strings.Builder
	flags.SetOutput(&defaults)
	flags.PrintDefaults()
	if defaults.Len() > 0 {
		fmt.Fprintf(&text, "\nUsage: %s [flags]\n\nFlags:\n%s", flags.Name(), &defaults)
	}
	if h.Codes != "" {
		fmt.Fprintf(&text, "\nExit codes:\n%s", h.Codes)
	}
	if h.Examples != "" {
		fmt.Fprintf(&text, "\nExamples:\n%s", h.Examples)
	}
	_, err := io.WriteString(stdout, text.String())
	return err
}

// Report prints the error of the program called name in one line, if there is one, and returns the exit code.
func Report(name string, err error, stderr io.Writer) int {
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return OK
	}
	code, hint := DeployCode(err), ""
	if code == Usage && !errors.As(err, new(invalidError)) && !errors.As(err, new(*tarball.Error)) {
		hint = fmt.Sprintf("; run %q for the flags", name+" -h")
	}
	_, _ = fmt.Fprintf(stderr, "%s: %s%s\n", strings.Fields(name)[0], Text(err), hint)
	return code
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
