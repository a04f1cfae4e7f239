// Command simulator serves a fake of the Astro API on loopback until it is interrupted. Scripts
// and programs in any language can deploy to it without an account.
//
//	go run ./examples/simulator
//
// It prints environment variables for another shell to standard output, as export commands that
// can be pasted or redirected to a file, and one line for each request to standard error.
//
// The vendor's CLI, astro, can deploy to it without anything in between: DAGs, bundles and, with
// docker, images, though the simulator does not check that an image was pushed. Version 1.45 was
// tried. Besides ASTRO_API_TOKEN, the CLI needs:
//
//   - ASTRO_DOMAIN=localhost, so that it uses its setting local.core as the address. The default of
//     the setting is http://localhost:8888, the simulator's default too. For another port, run
//     astro config set -g local.core $ASTRO_API_URL.
//   - ASTRO_HOME, an empty folder for its configuration. Otherwise the CLI writes the token to your own.
//
// It exits with 0 when it is interrupted, with 1 if it cannot serve, and with 2 if the command
// line is wrong.
package main

import (
	"context"
	"flag"
	"io"
	"net"
	"net/netip"
	"regexp"
	"time"

	"github.com/astro-finalize/astro-finalize-go/examples/internal/command"
)

func main() { command.Main(run) }

// settings is what the flags say.
type settings struct {
	addr               string
	token              string // "" for one in the form of a JWT
	deployments        int
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
	flags.StringVar(&s.addr, "addr", "127.0.0.1:8888", "loopback `address` to listen on; port 0 selects a free one")
	flags.StringVar(&s.token, "token", "", "`token` to accept; the default is made up, in the form of a JWT, which the vendor's CLI demands")
	flags.IntVar(&s.deployments, "deployments", 1, "`number` of Deployments, 1 to 90")
	flags.IntVar(&s.rateLimit, "rate-limit", 0, "maximum number of POST requests a second; 0 means no limit")
	flags.BoolVar(&s.dagDeploys, "dag-deploys", true, "whether the Deployment has DAG deploys enabled")
	flags.DurationVar(&s.uploadURLsValidFor, "upload-urls-valid-for", time.Hour, "how long an upload URL is valid; 0 means it expires at once")
	if err := command.Parse(flags, command.Help{}, args, stderr); err != nil {
		return s, err
	}
	return s, usage(s)
}

// safeToken matches the tokens that no shell interprets.
var safeToken = regexp.MustCompile(`^[\w.+/=-]*$`)

// usage reports flags with values that the simulator cannot use.
func usage(s settings) error {
	if s.deployments < 1 || s.deployments > 90 {
		return command.UsageErrorf("-deployments is %d, but must be 1 to 90", s.deployments)
	}
	if s.rateLimit < 0 {
		return command.UsageErrorf("-rate-limit is %d, but must be at least 0", s.rateLimit)
	}
	if !safeToken.MatchString(s.token) {
		return command.UsageErrorf("-token has characters that a shell may interpret; use letters, digits and . _ - + / = only")
	}
	host, _, err := net.SplitHostPort(s.addr)
	if err != nil {
		return command.UsageErrorf("-addr must be a host and a port: %w", err)
	}
	ip, err := netip.ParseAddr(host)
	if host != "localhost" && (err != nil || !ip.IsLoopback()) {
		return command.UsageErrorf("-addr %s is not on loopback; use 127.0.0.1, since anyone who can reach the simulator can use it", s.addr)
	}
	return nil
}
