package main

import "github.com/astro-finalize/astro-finalize-go/examples/internal/command"

// helps are what -h prints, by step.
var helps = map[string]command.Help{
	"": {Does: `deploy packs a folder of DAGs or a bundle, uploads it, finalizes the deploy, and waits until it is DEPLOYED.
Other commands: create, upload, finalize (its steps), status (what became of a deploy), simulate (a service to try it on).`,
		Codes: command.Codes, Examples: `  deploy                                        a simulation, with DAGs of its own
  deploy -live -dags ./dags                     with ASTRO_API_TOKEN and the two IDs in the environment
  deploy -live -bundle ./shop -mount-path /usr/local/airflow/dbt/shop
  deploy simulate -- deploy -live -dags ./dags  the same as with an account, on a simulator
`},
	create: {Does: `deploy create packs the folder to check it, and creates a deploy. Nothing changes for the Deployment.
It makes the -state file for upload and finalize; with -image, its result says where to push the image.`,
		Codes: command.Codes, Examples: `  deploy create -live -state deploy.json -dags ./dags
  deploy create -live -state deploy.json -json -image -dags ./dags
`},
	upload: {Does: `deploy upload packs the folder, uploads it for the deploy of -state, and stores the version of the tarball there.
Nothing changes for the Deployment. It can be run again: the last tarball counts.`,
		Codes: command.Codes, Examples: `  deploy upload -live -state deploy.json -dags ./dags
`},
	finalize: {Does: `deploy finalize makes what a deploy carries live, and waits until it is DEPLOYED. It reads the deploy first, and
finalizes none twice, so it can be run again. The deploy is that of -state, or another program's, by -deploy.`,
		Codes: command.Codes, Examples: `  deploy finalize -live -state deploy.json
  deploy finalize -live -deploy ID -dags-version 2024-01-12T18:32:20.5898930Z
  deploy finalize -live -deploy ID -image-only
`},
	status: {Does: `deploy status tells what became of a deploy, and which deploys are newer. It changes nothing.
It exits with 0 if the deploy is DEPLOYED and, if a version is given, shows that version, and otherwise with 3.`,
		Codes: command.Codes, Examples: `  deploy status -live -state deploy.json
  deploy status -live -deploy ID -dags-version 2024-01-12T18:32:20.5898930Z -wait
`},
}
