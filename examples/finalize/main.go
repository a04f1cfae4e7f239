// Command finalize shows what finalizing a deploy on Astro is.
//
// Without -live it starts a fake of the service in this process and finalizes one deploy of
// each type there; nothing reaches the network. With -live it finalizes one real deploy:
//
//	ASTRO_API_TOKEN=… finalize -live -organization ID -deployment ID -deploy ID -dags VERSION
//
// It exits with 0 if all went well, with 1 if finalizing failed, and with 2 if it was called
// wrongly, in which case nothing was sent.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/astro-finalize/astro-finalize-go/wrapper"
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
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var s settings
	flags := flag.NewFlagSet("finalize", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.BoolVar(&s.live, "live", false, "finalize a real deploy, with the token from ASTRO_API_TOKEN")
	flags.StringVar(&s.organization, "organization", "", "`ID` of the Organization (default $ASTRO_ORGANIZATION_ID)")
	flags.StringVar(&s.deployment, "deployment", "", "`ID` of the Deployment (default $ASTRO_DEPLOYMENT_ID)")
	flags.StringVar(&s.deploy, "deploy", "", "`ID` of the deploy")
	flags.StringVar(&s.dags, "dags", "", "the deploy carries DAGs: `version` of their tarball")
	flags.StringVar(&s.bundle, "bundle", "", "the deploy carries a bundle: `version` of its tarball")
	flags.BoolVar(&s.imageOnly, "image-only", false, "the deploy carries no tarball")
	flags.BoolVar(&s.removeBundle, "remove-bundle", false, "the deploy removes its bundle from the Deployment")
	flags.StringVar(&s.apiVersion, "api-version", string(wrapper.V1Beta1), "`version` of the API, v1beta1 or v1")
	flags.StringVar(&s.baseURL, "base-url", "", "`URL` of the API, without the version's path (default $ASTRO_API_URL, or "+wrapper.DefaultBaseURL+")")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return exitOK
	} else if err != nil {
		return exitUsage
	}
	given := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { given[f.Name] = true })

	err := usage(s, flags, given)
	if err == nil && s.live {
		err = finalizeOne(ctx, s, given, stdout)
	} else if err == nil {
		err = simulate(ctx, stdout)
	}
	var invalid *wrapper.ValidationError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &invalid), errors.As(err, new(usageError)):
		_, _ = fmt.Fprintf(stderr, "finalize: %v\nRun with -h for the flags.\n", err)
		return exitUsage
	default:
		_, _ = fmt.Fprintf(stderr, "finalize: %v\n", err)
		return exitFailed
	}
}

// usageError says how the command was called wrongly, and what to do.
type usageError string

func (e usageError) Error() string { return string(e) }

// usage reports flags that do not go together.
func usage(s settings, flags *flag.FlagSet, given map[string]bool) error {
	switch {
	case flags.NArg() > 0:
		return usageError(fmt.Sprintf("there is no argument %q; everything is given by flags", flags.Arg(0)))
	case !s.live && len(given) > 0:
		return usageError("these flags are for a real deploy; add -live to finalize it, or leave them out for the simulation")
	case s.live && s.deploy == "":
		return usageError("-live needs -deploy with the deploy's ID")
	}
	contents := 0
	for _, said := range []bool{given["dags"], given["bundle"], s.imageOnly, s.removeBundle} {
		if said {
			contents++
		}
	}
	if s.live && contents != 1 {
		return usageError("-live needs one of -dags, -bundle, -image-only and -remove-bundle")
	}
	return nil
}
