package main

import (
	"strings"

	"github.com/astro-finalize/astro-finalize-go/examples/internal/command"
)

// usage reports flags that are missing or cannot be combined, and a forgotten -live.
func (s settings) usage() error {
	if err := s.checkLive(); err != nil {
		return err
	}
	switch {
	case s.timeout <= 0:
		return command.UsageErrorf("-timeout must be positive, such as 30m")
	case s.step == finalize, s.step == status:
		return s.checkDeploy()
	case s.step != "" && s.state == "":
		return command.UsageErrorf("%s needs -state with the file that passes the deploy from step to step", s.step)
	}
	return s.checkFolder()
}

// checkLive checks that flags and variables of a real deploy come with -live.
func (s settings) checkLive() error {
	if s.live {
		return nil
	}
	if s.step != "" {
		return command.UsageErrorf("%s is for a real deploy: add -live; to try it without an account, run it in deploy simulate", s.step)
	}
	for _, name := range []string{"organization", "deployment", "base-url", "only-if-changed"} {
		if s.given[name] {
			return command.UsageErrorf("-%s is for a real deploy: add -live, or remove it to run the simulation", name)
		}
	}
	return command.CheckSimulation()
}

// checkDeploy checks the flags that name a deploy and what it carries.
func (s settings) checkDeploy() error {
	switch carried := s.carried(); {
	case (s.state == "") == (s.deploy == ""):
		return command.UsageErrorf("%s needs one of -state FILE and -deploy ID", s.step)
	case s.state != "" && len(carried) > 0:
		return command.UsageErrorf("%s goes with -deploy; with -state, the file says what the deploy carries", carried[0])
	case len(carried) > 1:
		return command.UsageErrorf("%s exclude each other; give one of them", strings.Join(carried, " and "))
	case s.step == finalize && s.deploy != "" && len(carried) == 0:
		return command.UsageErrorf("finalize -deploy needs one of -dags-version, -bundle-version, -image-only and -remove-bundle")
	}
	return nil
}

// carried returns the flags that say what the deploy of -deploy carries.
func (s settings) carried() (flags []string) {
	for _, one := range []struct {
		flag  string
		isSet bool
	}{
		{"-dags-version", s.dagsVersion != ""},
		{"-bundle-version", s.bundleVersion != ""},
		{"-image-only", s.imageOnly},
		{"-remove-bundle", s.removeBundle},
	} {
		if one.isSet {
			flags = append(flags, one.flag)
		}
	}
	return flags
}

// checkFolder checks the flags that say what is deployed.
func (s settings) checkFolder() error {
	hasFolder := s.dags != "" || s.bundle != ""
	switch {
	case s.dags != "" && s.bundle != "":
		return command.UsageErrorf("-dags and -bundle are separate deploys; give one of them")
	case s.bundle == "" && s.given["mount-path"]:
		return command.UsageErrorf("-mount-path is for a bundle; add -bundle")
	case s.bundle == "" && s.given["bundle-type"]:
		return command.UsageErrorf("-bundle-type is for a bundle; add -bundle")
	case s.bundle != "" && s.mountPath == "" && s.step != upload:
		return command.UsageErrorf("-bundle needs -mount-path, where to mount the bundle, such as /usr/local/airflow/dbt/shop")
	case s.image && s.bundle != "", s.dagsInImage && !s.image, s.dagsInImage && hasFolder:
		return command.UsageErrorf("-image goes alone, with -dags or with -dags-in-image")
	case s.step == create && !hasFolder && !s.image:
		return command.UsageErrorf("create needs -dags, -bundle or -image, for what is deployed")
	case s.step == upload && !hasFolder:
		return command.UsageErrorf("upload needs -dags or -bundle, as create did")
	case s.step == "" && s.live && !hasFolder:
		return command.UsageErrorf("-live needs -dags or -bundle with the folder to deploy")
	case !hasFolder && (s.given["ignore"] || s.given["allow-empty"]):
		return command.UsageErrorf("-ignore and -allow-empty are for a folder; add -dags or -bundle")
	}
	return nil
}
