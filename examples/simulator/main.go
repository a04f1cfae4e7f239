// Command simulator serves a fake of the Astro API on loopback until it is interrupted, so that
// a deploy can be tried without an account: by curl, by a script, by a program in any language.
//
//	go run ./examples/simulator
//
// It prints the environment variables to paste into another shell, and then a line about each
// request on standard error. Standard output has the variables alone, for eval.
//
// It exits with 0 when it is interrupted, with 1 if it cannot serve, and with 2 if it was
// called wrongly.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/signal"
	"syscall"
	"time"
)

const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// settings is what the flags say.
type settings struct {
	addr               string
	rateLimit          int
	dagDeploys         bool
	uploadURLsValidFor time.Duration
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var s settings
	flags := flag.NewFlagSet("simulator", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&s.addr, "addr", "127.0.0.1:8888", "loopback `address` to listen on; port 0 takes one that is free")
	flags.IntVar(&s.rateLimit, "rate-limit", 0, "how many POST requests a second are answered; 0 is no limit")
	flags.BoolVar(&s.dagDeploys, "dag-deploys", true, "whether the Deployment has DAG deploys enabled")
	flags.DurationVar(&s.uploadURLsValidFor, "upload-urls-valid-for", time.Hour, "how long an upload URL can be used; 0 has it expired from the start")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return exitOK
	} else if err != nil {
		return exitUsage
	}
	if err := usage(s, flags); err != nil {
		_, _ = fmt.Fprintf(stderr, "simulator: %v\nRun with -h for the flags.\n", err)
		return exitUsage
	}
	if err := serve(ctx, s, stdout, stderr); err != nil {
		_, _ = fmt.Fprintf(stderr, "simulator: %v\n", err)
		return exitFailed
	}
	return exitOK
}

// usage reports flags that the simulator cannot follow.
func usage(s settings, flags *flag.FlagSet) error {
	switch {
	case flags.NArg() > 0:
		return fmt.Errorf("there is no argument %q; everything is given by flags", flags.Arg(0))
	case s.rateLimit < 0:
		return fmt.Errorf("-rate-limit is %d; it must be at least 0", s.rateLimit)
	}
	host, _, err := net.SplitHostPort(s.addr)
	if err != nil {
		return fmt.Errorf("-addr must be a host and a port: %w", err)
	}
	ip, err := netip.ParseAddr(host)
	if host != "localhost" && (err != nil || !ip.IsLoopback()) {
		return fmt.Errorf("-addr %s is not on loopback; use 127.0.0.1, since whoever reaches the simulator can use it", s.addr)
	}
	return nil
}
