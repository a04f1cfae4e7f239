// Package simulator serves a fake of the Astro API on loopback to any program. It is the command
// simulate of examples/deploy, and the program examples/simulator.
package simulator

import (
	"cmp"
	"context"
	"flag"
	"io"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/astro-finalize/astro-finalize-go/examples/internal/command"
)

// settings is what the command line says.
type settings struct {
	addr               string
	token              string // "" for one in the form of a JWT
	deployments        int
	rateLimit          int
	dagDeploys         bool
	uploadURLsValidFor time.Duration
	lag                time.Duration
	deployedAfter      int
	http2              bool
	shell              shell
	verbose            bool
	faults             []*fault
	command            []string // to run, with its arguments; empty to serve until ctx ends
}

// logs reports whether standard error has a log and hints. A command has it for itself.
func (s settings) logs() bool { return len(s.command) == 0 || s.verbose }

// Run is the command simulate of examples/deploy. It serves until ctx ends, or while the command that args name
// runs, and returns the exit code.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	return run(ctx, "deploy simulate", args, stdout, stderr)
}

// Program is Run for the program examples/simulator.
func Program(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	return run(ctx, "simulator", args, stdout, stderr)
}

func run(ctx context.Context, name string, args []string, stdout, stderr io.Writer) (code int) {
	s, err := parse(name, args, stdout)
	if err == nil {
		code, err = serve(ctx, s, stdout, stderr)
	}
	if err != nil {
		return command.Report(name, err, stderr)
	}
	return code
}

func helpOf(name string) command.Help {
	return command.Help{
		Does: `Serves a fake of the Astro API on loopback and prints the variables for it.
With -- COMMAND, runs the command with these variables in its environment.`,
		Codes: `  0  it was interrupted
  1  it cannot serve
  2  wrong command line
  With a command: the command's own; 127 if it is not found, 126 if it cannot be
  executed, and 128 and the signal's number if a signal ended it.
`,
		Examples: strings.ReplaceAll(`  NAME -- ./deploy.sh
  NAME -fault FinalizeDeploy=503 -fault 'GetDeploy=hang*2' -- ./deploy.sh
  NAME > variables.sh

Faults:
  -fault OPERATION=FAULT or OPERATION=FAULT*TIMES, or while it runs:
  curl -d FinalizeDeploy=500 $SIMULATOR_FAULTS_URL
  OPERATION  `+strings.Join(apiOperations, ", ")+`,
             `+strings.Join(uploadOperations, ", ")+`
  FAULT      500 or another status; 429:20, a status with a Retry-After in
             seconds; hang; cut (without effect); cut-after-commit (with
             effect, without a response); slow:5s; FinalizeDeploy: FAILED;
             uploads: expired
  TIMES      a number, or always (default 1)
`, "NAME", name),
	}
}

func parse(name string, args []string, stdout io.Writer) (s settings, err error) {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.StringVar(&s.addr, "addr", "", "loopback `address` to listen on; port 0 selects a free one (default 127.0.0.1:8888, or with a command a free port)")
	flags.StringVar(&s.token, "token", "", "`token` to accept; the default is made up, in the form of a JWT, which the vendor's CLI demands")
	flags.IntVar(&s.deployments, "deployments", 1, "`number` of Deployments, 1 to 90")
	flags.IntVar(&s.rateLimit, "rate-limit", 0, "maximum `number` of POST requests a second; 0 means no limit")
	flags.BoolVar(&s.dagDeploys, "dag-deploys", true, "whether the Deployment has DAG deploys enabled")
	flags.DurationVar(&s.uploadURLsValidFor, "upload-urls-valid-for", time.Hour, "how long an upload URL is valid; 0 means it expires at once")
	flags.Func("fault", "make a request fail: `OPERATION=FAULT`, as below; repeatable", func(spec string) error {
		parsed, err := parseFault(spec)
		s.faults = append(s.faults, parsed)
		return err
	})
	flags.DurationVar(&s.lag, "lag", 0, "how long reads do not show a change")
	flags.IntVar(&s.deployedAfter, "deployed-after", 0, "`number` of reads that show a finalized deploy as INITIALIZED")
	flags.BoolVar(&s.http2, "http2", false, "use TLS and HTTP/2; SSL_CERT_FILE then names the certificate's file, which Go programs on macOS and Windows ignore")
	s.shell = defaultShell
	flags.Func("shell", "`syntax` of the variables on standard output: sh, powershell or cmd (default sh; on Windows powershell)", s.shell.set)
	flags.BoolVar(&s.verbose, "v", false, "log requests also while a command runs")
	if i := slices.Index(args, "--"); i >= 0 {
		s.command, args = args[i+1:], args[:i]
		if len(s.command) == 0 {
			err = command.UsageErrorf("no command after --")
		}
	}
	if err := cmp.Or(command.Parse(flags, helpOf(name), args, stdout), err); err != nil {
		return s, err
	}
	if s.addr == "" {
		s.addr = "127.0.0.1:8888"
		if len(s.command) > 0 {
			s.addr = "127.0.0.1:0"
		}
	}
	return s, usage(s)
}

// safeToken matches the tokens that no shell interprets.
var safeToken = regexp.MustCompile(`^[\w.+/=-]*$`)

// usage reports flags with values that the simulator cannot use.
func usage(s settings) error {
	switch {
	case s.deployments < 1 || s.deployments > 90:
		return command.UsageErrorf("-deployments is %d, but must be 1 to 90", s.deployments)
	case s.rateLimit < 0:
		return command.UsageErrorf("-rate-limit is %d, but must be at least 0", s.rateLimit)
	case s.lag < 0:
		return command.UsageErrorf("-lag is %v, but must be at least 0", s.lag)
	case s.deployedAfter < 0:
		return command.UsageErrorf("-deployed-after is %d, but must be at least 0", s.deployedAfter)
	case !safeToken.MatchString(s.token):
		return command.UsageErrorf("-token has characters that a shell may interpret; use letters, digits and . _ - + / = only")
	}
	host, port, err := net.SplitHostPort(s.addr)
	if err != nil {
		return command.UsageErrorf("-addr must be a host and a port: %w", err)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return command.UsageErrorf("-addr %s has no port from 0 to 65535", s.addr)
	}
	ip, err := netip.ParseAddr(host)
	if host != "localhost" && (err != nil || !ip.IsLoopback()) {
		return command.UsageErrorf("-addr %s is not on loopback; use 127.0.0.1, since anyone who can reach the simulator can use it", s.addr)
	}
	return nil
}
