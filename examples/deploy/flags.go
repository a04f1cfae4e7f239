package main

import (
	"flag"
	"io"
	"slices"
	"time"

	"github.com/astro-finalize/astro-finalize-go/examples/internal/command"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// The steps of a deploy.
const (
	create   = "create"
	upload   = "upload"
	finalize = "finalize"
)

// settings are the values of the flags.
type settings struct {
	step         string // "" for all of them
	state        string // the file between two steps
	live         bool
	organization string
	deployment   string
	dags         string
	bundle       string
	image        bool
	dagsInImage  bool
	mountPath    string
	bundleType   string
	ignore       []string
	allowEmpty   bool
	description  string
	ifChanged    bool
	apiVersion   string
	baseURL      string
	timeout      time.Duration
	json         bool
}

// parse parses the flags of a step, or those of the whole deploy.
func parse(args []string, stderr io.Writer) (s settings, err error) {
	name := "deploy [create|upload|finalize]"
	if len(args) > 0 && slices.Contains([]string{create, upload, finalize}, args[0]) {
		s.step, args = args[0], args[1:]
		name = "deploy " + s.step
	}
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.BoolVar(&s.live, "live", false, "deploy to a real Deployment, with the token from ASTRO_API_TOKEN")
	flags.StringVar(&s.organization, "organization", "", "`ID` of the Organization (default $ASTRO_ORGANIZATION_ID)")
	flags.StringVar(&s.deployment, "deployment", "", "`ID` of the Deployment (default $ASTRO_DEPLOYMENT_ID)")
	flags.StringVar(&s.apiVersion, "api-version", "", "`version` of the API, v1beta1 or v1 (default: v1beta1, then v1 once v1beta1 is gone)")
	flags.StringVar(&s.baseURL, "base-url", "", "`URL` of the API, without the version's path (default $ASTRO_API_URL, or "+wrapper.DefaultBaseURL+")")
	flags.DurationVar(&s.timeout, "timeout", 30*time.Minute, "give up after this `duration`")
	flags.BoolVar(&s.json, "json", false, "print the result as JSON")
	if s.step != "" {
		flags.StringVar(&s.state, "state", "", "`file` that passes the deploy from step to step; "+create+" makes it")
	}
	if s.step != finalize {
		addFolder(flags, &s)
	}
	if s.step == "" || s.step == create {
		addRequest(flags, &s)
	}
	err = command.Parse(flags, args, stderr)
	switch {
	case flags.NArg() > 0:
		return s, command.UsageErrorf("unexpected argument %q; use flags only, after the step (create, upload or finalize) if there is one", flags.Arg(0))
	case err != nil:
		return s, err
	}
	return s, usage(s)
}

func addFolder(flags *flag.FlagSet, s *settings) {
	flags.StringVar(&s.dags, "dags", "", "`folder` of DAGs to deploy; the Deployment then has these DAGs and no others")
	flags.StringVar(&s.bundle, "bundle", "", "`folder` of a bundle to deploy, instead of -dags")
	flags.Func("ignore", "`pattern` of files to exclude, in the syntax of .gitignore; repeatable", func(pattern string) error {
		s.ignore = append(s.ignore, pattern)
		return nil
	})
	flags.BoolVar(&s.allowEmpty, "allow-empty", false, "deploy a folder without a DAG, which deletes every DAG")
}

func addRequest(flags *flag.FlagSet, s *settings) {
	flags.StringVar(&s.mountPath, "mount-path", "", "`path` where to mount the bundle, such as /usr/local/airflow/dbt/shop")
	flags.StringVar(&s.bundleType, "bundle-type", "dbt", "`type` of the bundle")
	flags.StringVar(&s.description, "description", "", "`text` that describes the deploy")
	if s.step == "" {
		flags.BoolVar(&s.ifChanged, "only-if-changed", false, "deploy only if the Deployment does not have this content")
	} else {
		flags.BoolVar(&s.image, "image", false, "deploy an image, which you push before finalize; with -dags, both")
		flags.BoolVar(&s.dagsInImage, "dags-in-image", false, "with -image: the image has the DAGs, since DAG deploys are disabled on the Deployment")
	}
}

// usage reports flags that are missing or cannot be combined.
func usage(s settings) error {
	isWhole, hasFolder := s.step == "", s.dags != "" || s.bundle != ""
	switch {
	case !isWhole && s.state == "":
		return command.UsageErrorf("%s needs -state with the file that passes the deploy from step to step", s.step)
	case !isWhole && !s.live:
		return command.UsageErrorf("the steps are separate processes, so a simulation in one of them would not last; add -live (examples/simulator prints the variables to try it without an account)")
	case s.dags != "" && s.bundle != "":
		return command.UsageErrorf("-dags and -bundle are separate deploys; give one of them")
	case s.bundle == "" && s.mountPath != "":
		return command.UsageErrorf("-mount-path is for a bundle; add -bundle")
	case s.bundle != "" && s.mountPath == "" && s.step != upload:
		return command.UsageErrorf("-bundle needs -mount-path, where to mount the bundle, such as /usr/local/airflow/dbt/shop")
	case s.image && s.bundle != "", s.dagsInImage && !s.image, s.dagsInImage && hasFolder:
		return command.UsageErrorf("-image goes alone, with -dags or with -dags-in-image")
	case s.step == create && !hasFolder && !s.image:
		return command.UsageErrorf("create needs -dags, -bundle or -image, for what is deployed")
	case s.step == upload && !hasFolder:
		return command.UsageErrorf("upload needs -dags or -bundle, as create did")
	case isWhole && s.live && !hasFolder:
		return command.UsageErrorf("-live needs -dags or -bundle with the folder to deploy")
	case s.timeout <= 0:
		return command.UsageErrorf("-timeout must be positive, such as 30m")
	}
	return nil
}
