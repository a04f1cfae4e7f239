package main

import "github.com/astro-finalize/astro-finalize-go/examples/internal/command"

// helps are what -h prints, by step.
var helps = map[string]command.Help{
	"": {
		Does: `deploy uploads a folder of DAGs or a bundle, and waits until it is DEPLOYED.
Commands: create, upload, finalize (the steps), status, simulate; each has -h.`,
		Codes: command.Codes,
		Examples: `  deploy                                          # a simulation
  deploy -live -dags ./dags                       # token and IDs: environment
  deploy -live -bundle ./shop -mount-path /usr/local/airflow/dbt/shop
  deploy simulate -- deploy -live -dags ./dags    # without an account
`,
	},
	create: {
		Does: `deploy create creates a deploy, and the -state file for the next steps. The
Deployment does not change. With -image, the result says where to push it.`,
		Codes: command.Codes,
		Examples: `  deploy create -live -state deploy.json -dags ./dags
  deploy create -live -state deploy.json -json -image -dags ./dags
`,
	},
	upload: {
		Does: `deploy upload uploads the folder for the deploy of -state. The Deployment does
not change. It can be run again: the last tarball counts.`,
		Codes: command.Codes,
		Examples: `  deploy upload -live -state deploy.json -dags ./dags
`,
	},
	finalize: {
		Does: `deploy finalize makes the deploy of -state, or that of -deploy, live, and waits
until it is DEPLOYED. It reads it first, so it can be run again.`,
		Codes: command.Codes,
		Examples: `  deploy finalize -live -state deploy.json
  deploy finalize -live -deploy ID -dags-version 2024-01-12T18:32:20.5898930Z
  deploy finalize -live -deploy ID -image-only
`,
	},
	status: {
		Does: `deploy status says what became of a deploy, and which deploys are newer. It
ends with 0 if the deploy is DEPLOYED with the given version, and else with 3.`,
		Codes: command.Codes,
		Examples: `  deploy status -live -state deploy.json
  deploy status -live -deploy ID -dags-version 2024-01-12T18:32:20.5898930Z -wait
`,
	},
}
