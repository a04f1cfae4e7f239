// Command replicate brings Deployments to the DAGs of another one, for example a standby for disaster
// recovery. It takes the folder that the DAGs were deployed from, since the service does not return
// them, checks it against what the Deployment -from has, and deploys it to each Deployment of -to that
// does not have it:
//
//	ASTRO_API_TOKEN=… replicate -live -organization ID -from ID -to ID,ID -dags ./dags
//
// A deploy by this program, or by another one with deploys.OnlyIfChanged, records its content in its
// description. If the newest deploy of -from with DAGs records another content than the folder's, does not
// exist or cannot be read, nothing is deployed, unless -force is given. If it records none, such as a deploy
// by the vendor's CLI, there is a warning, and the folder is deployed.
//
// Without -live it replicates between Deployments of a simulator in this process, and nothing reaches the
// network.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/astro-finalize/astro-finalize-go/deploys"
	"github.com/astro-finalize/astro-finalize-go/examples/internal/command"
	"github.com/astro-finalize/astro-finalize-go/tarball"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

func main() { command.Main(run) }

// settings are the values of the flags.
type settings struct {
	live         bool
	organization string
	from         string
	to           []string
	dags         string
	ignore       []string
	force        bool
	apiVersion   string
	baseURL      string
	timeout      time.Duration
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	s, err := parse(args, stdout)
	if err != nil {
		return command.Report("replicate", err, stderr)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, s.timeout, fmt.Errorf("-timeout %s has passed", s.timeout))
	defer cancel()
	results := &command.Results{To: stdout}
	if s.live {
		err = replicateLive(ctx, s, results, stderr)
	} else {
		err = simulate(ctx, s, results, stderr)
	}
	err = worded(err, s)
	if several := (*deploys.MultiError)(nil); !errors.As(err, &several) { // each of them is printed already
		_ = command.Report("replicate", err, stderr)
	}
	return results.Code(command.DeployCode(err), "replicate", "every Deployment has the DAGs", stderr)
}

// worded names the flags of this program in an error about the command line.
func worded(err error, s settings) error {
	switch several, invalid := (*deploys.MultiError)(nil), (*wrapper.ValidationError)(nil); {
	case errors.As(err, &several):
		return err
	case errors.Is(err, tarball.ErrEmpty):
		return command.UsageErrorf("-dags %s has no DAG, and would delete those of each Deployment; check it, and -ignore", s.dags)
	case errors.As(err, &invalid) && invalid.Field == "deploymentId":
		return command.UsageErrorf("an ID in -from or -to %s (got %q)", invalid.Rule, invalid.Value)
	}
	return err
}

func parse(args []string, stdout io.Writer) (s settings, err error) {
	flags := flag.NewFlagSet("replicate", flag.ContinueOnError)
	flags.BoolVar(&s.live, "live", false, "replicate between real Deployments, with the token from ASTRO_API_TOKEN")
	flags.StringVar(&s.organization, "organization", "", "`ID` of the Organization (default $ASTRO_ORGANIZATION_ID)")
	flags.StringVar(&s.from, "from", "", "`ID` of the Deployment that has the DAGs")
	flags.Func("to", "`IDs` of the Deployments that get them, separated by commas; repeatable", func(ids string) error {
		for id := range strings.SplitSeq(ids, ",") {
			s.to = append(s.to, strings.TrimSpace(id))
		}
		return nil
	})
	flags.StringVar(&s.dags, "dags", "", "`folder` that the DAGs were deployed from")
	flags.Func("ignore", "`pattern` of files to exclude, as in the deploy to -from, in the syntax of .gitignore; repeatable", func(pattern string) error {
		s.ignore = append(s.ignore, pattern)
		return nil
	})
	flags.BoolVar(&s.force, "force", false, "deploy the folder even if -from has other DAGs, or none, or cannot be read")
	flags.StringVar(&s.apiVersion, "api-version", "", "`version` of the API, v1beta1 or v1 (default: v1beta1, then v1 once v1beta1 is gone)")
	flags.StringVar(&s.baseURL, "base-url", "", "`URL` of the API, without the version's path (default $ASTRO_API_URL, or "+wrapper.DefaultBaseURL+")")
	flags.DurationVar(&s.timeout, "timeout", time.Hour, "give up after this `duration`")
	if err := command.Parse(flags, help, args, stdout); err != nil {
		return s, err
	}
	switch {
	case !s.live && (s.from != "" || len(s.to) > 0 || s.organization != "" || s.baseURL != ""):
		return s, command.UsageErrorf("-organization, -from, -to and -base-url are for real Deployments; add -live, or remove them to run the simulation")
	case s.live && (s.from == "" || len(s.to) == 0 || s.dags == ""):
		return s, command.UsageErrorf("-live needs -from, -to and -dags")
	case s.timeout <= 0:
		return s, command.UsageErrorf("-timeout must be positive, such as 1h")
	}
	for i, id := range s.to {
		switch {
		case id == "":
			return s, command.UsageErrorf("-to has an empty ID; remove a comma, or set the variable")
		case id == s.from || slices.Contains(s.to[:i], id):
			return s, command.UsageErrorf("Deployment %s is named twice in -from and -to", id)
		}
	}
	if !s.live {
		return s, command.CheckSimulation()
	}
	return s, nil
}

var help = command.Help{
	Does: `replicate deploys a folder of DAGs to Deployments that do not have it, if it is what the Deployment -from has.
Without -live it does so on a simulator in this process.`,
	Codes: `  0  every Deployment has the DAGs
  1  at least one Deployment failed and is unchanged; or nothing was deployed
  2  wrong command line, environment or folder: nothing was sent
  3  at least one Deployment may have changed: its deploy is FAILED, or its outcome is unknown
  4  done as with 0, but the results could not be written to standard output
`,
	Examples: `  replicate                                                  a simulation
  replicate -live -from ID -to ID,ID -dags ./dags            with ASTRO_API_TOKEN and ASTRO_ORGANIZATION_ID in the environment
`,
}
