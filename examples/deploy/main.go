// Command deploy deploys a folder of DAGs, or a bundle such as a dbt project, to an Astro
// Deployment: it packs the folder, creates a deploy, uploads the tarball, finalizes the deploy
// and waits until it is DEPLOYED.
//
// Without -live it deploys to a simulator in this process, and nothing reaches the network;
// without -dags and -bundle it deploys a small folder of DAGs that comes with the program. With
// -live it deploys to a real Deployment:
//
//	ASTRO_API_TOKEN=… deploy -live -organization ID -deployment ID -dags ./dags
//
// Exit codes:
//
//	0  the deploy is DEPLOYED
//	1  the deploy failed; the Deployment is unchanged
//	2  the command line is wrong, or the folder cannot be packed; nothing was sent
//	3  the Deployment may have changed: the deploy is FAILED, or its outcome is unknown
package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"time"

	"github.com/astro-finalize/astro-finalize-go/examples/internal/command"
	"github.com/astro-finalize/astro-finalize-go/tarball"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// exitUnknown extends the codes of package command.
const exitUnknown = 3

func main() { command.Main(run) }

// settings are the values of the flags.
type settings struct {
	live         bool
	organization string
	deployment   string
	dags         string
	bundle       string
	mountPath    string
	bundleType   string
	ignore       []string
	allowEmpty   bool
	description  string
	apiVersion   string
	baseURL      string
	timeout      time.Duration
	json         bool
}

func parse(args []string, stderr io.Writer) (s settings, err error) {
	flags := flag.NewFlagSet("deploy", flag.ContinueOnError)
	flags.BoolVar(&s.live, "live", false, "deploy to a real Deployment, with the token from ASTRO_API_TOKEN")
	flags.StringVar(&s.organization, "organization", "", "`ID` of the Organization (default $ASTRO_ORGANIZATION_ID)")
	flags.StringVar(&s.deployment, "deployment", "", "`ID` of the Deployment (default $ASTRO_DEPLOYMENT_ID)")
	flags.StringVar(&s.dags, "dags", "", "`folder` of DAGs to deploy; the Deployment then has these DAGs and no others")
	flags.StringVar(&s.bundle, "bundle", "", "`folder` of a bundle to deploy, instead of -dags")
	flags.StringVar(&s.mountPath, "mount-path", "", "`path` where to mount the bundle, such as /usr/local/airflow/dbt/shop")
	flags.StringVar(&s.bundleType, "bundle-type", "dbt", "`type` of the bundle")
	flags.Func("ignore", "`pattern` of files to exclude, in the syntax of .gitignore; repeatable", func(pattern string) error {
		s.ignore = append(s.ignore, pattern)
		return nil
	})
	flags.BoolVar(&s.allowEmpty, "allow-empty", false, "deploy a folder without a DAG, which deletes every DAG")
	flags.StringVar(&s.description, "description", "", "description of the deploy, as `text`")
	flags.StringVar(&s.apiVersion, "api-version", "", "`version` of the API, v1beta1 or v1 (default: v1beta1, then v1 once v1beta1 is gone)")
	flags.StringVar(&s.baseURL, "base-url", "", "`URL` of the API, without the version's path (default $ASTRO_API_URL, or "+wrapper.DefaultBaseURL+")")
	flags.DurationVar(&s.timeout, "timeout", 30*time.Minute, "give up after this `duration`")
	flags.BoolVar(&s.json, "json", false, "print the result as JSON")
	if err := command.Parse(flags, args, stderr); err != nil {
		return s, err
	}
	switch {
	case s.dags != "" && s.bundle != "":
		return s, command.UsageErrorf("-dags and -bundle are separate deploys; give one of them")
	case s.bundle == "" && s.mountPath != "":
		return s, command.UsageErrorf("-mount-path is for a bundle; add -bundle")
	case s.bundle != "" && s.mountPath == "":
		return s, command.UsageErrorf("-bundle needs -mount-path, where to mount the bundle, such as /usr/local/airflow/dbt/shop")
	case s.live && s.dags == "" && s.bundle == "":
		return s, command.UsageErrorf("-live needs -dags or -bundle with the folder to deploy")
	case s.timeout <= 0:
		return s, command.UsageErrorf("-timeout must be positive, such as 30m")
	}
	return s, nil
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	s, err := parse(args, stderr)
	if err != nil {
		return command.Report("deploy", err, stderr)
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	out := newOutput(s.json, stdout, stderr)
	result, err := deploy(ctx, s, out)
	out.end(result, err)
	return exitCode(err)
}

func exitCode(err error) int {
	var invalid *wrapper.ValidationError
	var unpackable *tarball.Error
	var waiting *wrapper.WaitError
	var failed *wrapper.DeployFailedError
	switch {
	case err == nil:
		return command.OK
	case errors.Is(err, wrapper.ErrOutcomeUnknown), errors.As(err, &waiting), errors.As(err, &failed):
		return exitUnknown
	case errors.As(err, &invalid), errors.As(err, &unpackable):
		return command.Usage
	default:
		return command.Failed
	}
}
