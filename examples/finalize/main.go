// Command finalize shows how to finalize deploys on Astro.
//
// Without -live it starts a fake of the service in this process and finalizes one deploy of
// each type there; nothing reaches the network. With -live it finalizes one real deploy:
//
//	ASTRO_API_TOKEN=… finalize -live -organization ID -deployment ID -deploy ID -dags VERSION
//
// It exits with 0 on success, with 1 if the finalize failed, and with 2 if the command line is
// wrong, in which case nothing was sent.
package main

import (
	"context"
	"errors"
	"flag"
	"io"

	"github.com/astro-finalize/astro-finalize-go/examples/internal/command"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

func main() { command.Main(run) }

// settings are the values of the flags.
type settings struct {
	live         bool
	organization string
	deployment   string
	deploy       string
	dags         string
	bundle       string
	imageOnly    bool
	removeBundle bool
	apiVersion   string
	baseURL      string
	given        map[string]bool // names of the flags that were set
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	s, err := parse(args, stderr)
	if err == nil && s.live {
		err = finalizeOne(ctx, s, stdout, stderr)
	} else if err == nil {
		err = simulate(ctx, stdout)
	}
	if errors.As(err, new(*wrapper.ValidationError)) {
		err = command.UsageErrorf("%w", err)
	}
	return command.Report("finalize", err, stderr)
}

func parse(args []string, stderr io.Writer) (s settings, err error) {
	flags := flag.NewFlagSet("finalize", flag.ContinueOnError)
	flags.BoolVar(&s.live, "live", false, "finalize a real deploy, with the token from ASTRO_API_TOKEN")
	flags.StringVar(&s.organization, "organization", "", "`ID` of the Organization (default $ASTRO_ORGANIZATION_ID)")
	flags.StringVar(&s.deployment, "deployment", "", "`ID` of the Deployment (default $ASTRO_DEPLOYMENT_ID)")
	flags.StringVar(&s.deploy, "deploy", "", "`ID` of the deploy")
	flags.StringVar(&s.dags, "dags", "", "the deploy carries DAGs: `version` of their tarball")
	flags.StringVar(&s.bundle, "bundle", "", "the deploy carries a bundle: `version` of its tarball")
	flags.BoolVar(&s.imageOnly, "image-only", false, "the deploy carries no tarball")
	flags.BoolVar(&s.removeBundle, "remove-bundle", false, "the deploy removes its bundle from the Deployment")
	flags.StringVar(&s.apiVersion, "api-version", "", "`version` of the API, v1beta1 or v1 (default: v1beta1, then v1 once v1beta1 is gone)")
	flags.StringVar(&s.baseURL, "base-url", "", "`URL` of the API, without the version's path (default $ASTRO_API_URL, or "+wrapper.DefaultBaseURL+")")
	if err := command.Parse(flags, args, stderr); err != nil {
		return s, err
	}
	s.given = map[string]bool{}
	flags.Visit(func(f *flag.Flag) { s.given[f.Name] = true })
	return s, usage(s)
}

// usage reports flags that cannot be combined.
func usage(s settings) error {
	switch {
	case !s.live && len(s.given) > 0:
		return command.UsageErrorf("these flags are for a real deploy; add -live to finalize it, or remove them to run the simulation")
	case s.live && s.deploy == "":
		return command.UsageErrorf("-live needs -deploy with the deploy's ID")
	}
	contents := 0
	for _, set := range []bool{s.given["dags"], s.given["bundle"], s.imageOnly, s.removeBundle} {
		if set {
			contents++
		}
	}
	if s.live && contents != 1 {
		return command.UsageErrorf("-live needs one of -dags, -bundle, -image-only and -remove-bundle")
	}
	return nil
}
