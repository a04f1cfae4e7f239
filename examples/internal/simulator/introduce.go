package simulator

import (
	"fmt"
	"io"
	"strings"
)

// introduce prints the variables, and how to use the simulator.
func introduce(s settings, url string, variables []variable, stdout, stderr io.Writer) error {
	_, _ = fmt.Fprintf(stderr, `A fake of the Astro API listens at %s until it is interrupted. Paste the lines
below into another shell, and try:

  curl -H "Authorization: Bearer $ASTRO_API_TOKEN" -H "Content-Type: application/json" -d '{"type":"IMAGE_AND_DAG"}' $ASTRO_API_URL/v1/organizations/$ASTRO_ORGANIZATION_ID/deployments/$ASTRO_DEPLOYMENT_ID/deploys
  go run ./examples/deploy -live -dags ./examples/deploy/dags

The next finalize fails after:

  curl -d FinalizeDeploy=500 $SIMULATOR_FAULTS_URL

With the vendor's CLI, in an Astro project (your own configuration of the CLI is not used):

  export ASTRO_HOME=$(mktemp -d) ASTRO_DOMAIN=localhost ASTRO_TELEMETRY_DISABLED=1
  astro config set -g local.core $ASTRO_API_URL
  astro deploy $ASTRO_DEPLOYMENT_ID --dags

For other shells the lines are as below with -shell:

  -shell sh           %s
  -shell powershell   %s
  -shell cmd          %s

`, url, shell("sh").setting(variable{"NAME", "value"}), shell("powershell").setting(variable{"NAME", "value"}), shell("cmd").setting(variable{"NAME", "value"}))
	if s.deployments > 1 {
		var others []string
		for i := 1; i < s.deployments; i++ {
			others = append(others, deploymentID(i))
		}
		_, _ = fmt.Fprintf(stderr, "The other Deployments are:\n\n  %s\n\n", strings.Join(others, "\n  "))
	}
	var lines strings.Builder
	for _, v := range variables {
		lines.WriteString(s.shell.setting(v) + "\n")
	}
	if _, err := io.WriteString(stdout, lines.String()); err != nil {
		return fmt.Errorf("cannot write the variables to standard output: %w", err)
	}
	return nil
}
