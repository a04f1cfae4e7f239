package main

import (
	"cmp"
	"flag"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/astro-finalize/astro-finalize-go/examples/internal/command"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// The steps of a deploy, and the look at one.
const (
	create   = "create"
	upload   = "upload"
	finalize = "finalize"
	status   = "status"
)

// settings are the values of the flags.
type settings struct {
	step          string // "" for the whole deploy
	given         map[string]bool
	state         string // the file between two steps
	live          bool
	organization  string
	deployment    string
	deploy        string
	dags          string
	bundle        string
	dagsVersion   string
	bundleVersion string
	image         bool
	imageOnly     bool
	removeBundle  bool
	dagsInImage   bool
	mountPath     string
	bundleType    string
	ignore        []string
	allowEmpty    bool
	description   string
	ifChanged     bool
	wait          bool
	apiVersion    string
	baseURL       string
	timeout       time.Duration
	json          bool
	verbose       bool
}

// name is the command, for messages.
func (s settings) name() string {
	if s.step == "" {
		return "deploy"
	}
	return "deploy " + s.step
}

// parse parses the flags of a step, or those of the whole deploy.
func parse(args []string, stdout io.Writer) (s settings, err error) {
	if len(args) > 0 && slices.Contains([]string{create, upload, finalize, status}, args[0]) {
		s.step, args = args[0], args[1:]
	}
	if s.step == "" && len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		return s, command.UsageErrorf("unknown command %q: use create, upload, finalize, status or simulate; a folder goes with -dags", args[0])
	}
	flags := flag.NewFlagSet(s.name(), flag.ContinueOnError)
	flags.BoolVar(&s.live, "live", false, "use a real Deployment, with the token from ASTRO_API_TOKEN")
	flags.StringVar(&s.organization, "organization", "", "`ID` of the Organization (default $ASTRO_ORGANIZATION_ID)")
	flags.StringVar(&s.deployment, "deployment", "", "`ID` of the Deployment (default $ASTRO_DEPLOYMENT_ID)")
	flags.StringVar(&s.apiVersion, "api-version", "", "`version` of the API, v1beta1 or v1 (default: v1beta1, then v1 once v1beta1 is gone)")
	flags.StringVar(&s.baseURL, "base-url", "", "`URL` of the API, without the version's path (default $ASTRO_API_URL, or "+wrapper.DefaultBaseURL+")")
	flags.DurationVar(&s.timeout, "timeout", 30*time.Minute, "give up after this `duration`")
	flags.BoolVar(&s.json, "json", false, "print the result as JSON")
	flags.BoolVar(&s.verbose, "v", false, "log each request to standard error")
	if s.step != "" {
		flags.StringVar(&s.state, "state", "", "`file` that passes the deploy from step to step; "+create+" makes it")
	}
	switch s.step {
	case "", create:
		addFolder(flags, &s)
		addRequest(flags, &s)
	case upload:
		addFolder(flags, &s)
	case finalize:
		addDeploy(flags, &s)
	case status:
		addDeploy(flags, &s)
		flags.BoolVar(&s.wait, "wait", false, "wait until the deploy is DEPLOYED or FAILED")
	}
	if err = command.Parse(flags, helps[s.step], args, stdout); err != nil {
		return s, err
	}
	s.given = map[string]bool{}
	flags.Visit(func(f *flag.Flag) {
		s.given[f.Name] = true
		if f.Value.String() == "" && f.Name != "description" && f.Name != "ignore" {
			err = cmp.Or(err, command.UsageErrorf("-%s must not be empty; is a variable unset?", f.Name))
		}
		if value := f.Value.String(); f.Name == "state" && (!utf8.ValidString(value) || command.OneLine(value) != value) {
			err = cmp.Or(err, command.UsageErrorf("-state must not have control characters, and be UTF-8"))
		}
	})
	return s, cmp.Or(err, s.usage())
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

func addDeploy(flags *flag.FlagSet, s *settings) {
	flags.StringVar(&s.deploy, "deploy", "", "`ID` of the deploy, instead of -state")
	flags.StringVar(&s.dagsVersion, "dags-version", "", "with -deploy: `version` of the tarball with its DAGs, which the upload returned")
	flags.StringVar(&s.bundleVersion, "bundle-version", "", "with -deploy: `version` of the tarball with its bundle")
	flags.BoolVar(&s.imageOnly, "image-only", false, "with -deploy: the deploy carries an image alone")
	flags.BoolVar(&s.removeBundle, "remove-bundle", false, "with -deploy: the deploy removes its bundle from the Deployment")
}
