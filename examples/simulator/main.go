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
	"flag"
	"io"
	"net"
	"net/netip"
	"time"

	"github.com/astro-finalize/astro-finalize-go/examples/internal/command"
)

func main() { command.Main(run) }

// settings is what the flags say.
type settings struct {
	addr               string
	rateLimit          int
	dagDeploys         bool
	uploadURLsValidFor time.Duration
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	s, err := parse(args, stderr)
	if err == nil {
		err = serve(ctx, s, stdout, stderr)
	}
	return command.Report("simulator", err, stderr)
}

func parse(args []string, stderr io.Writer) (s settings, err error) {
	flags := flag.NewFlagSet("simulator", flag.ContinueOnError)
	flags.StringVar(&s.addr, "addr", "127.0.0.1:8888", "loopback `address` to listen on; port 0 takes one that is free")
	flags.IntVar(&s.rateLimit, "rate-limit", 0, "how many POST requests a second are answered; 0 is no limit")
	flags.BoolVar(&s.dagDeploys, "dag-deploys", true, "whether the Deployment has DAG deploys enabled")
	flags.DurationVar(&s.uploadURLsValidFor, "upload-urls-valid-for", time.Hour, "how long an upload URL can be used; 0 has it expired from the start")
	if err := command.Parse(flags, args, stderr); err != nil {
		return s, err
	}
	return s, usage(s)
}

// usage reports flags that the simulator cannot follow.
func usage(s settings) error {
	if s.rateLimit < 0 {
		return command.UsageErrorf("-rate-limit is %d; it must be at least 0", s.rateLimit)
	}
	host, _, err := net.SplitHostPort(s.addr)
	if err != nil {
		return command.UsageErrorf("-addr must be a host and a port: %w", err)
	}
	ip, err := netip.ParseAddr(host)
	if host != "localhost" && (err != nil || !ip.IsLoopback()) {
		return command.UsageErrorf("-addr %s is not on loopback; use 127.0.0.1, since whoever reaches the simulator can use it", s.addr)
	}
	return nil
}
