package simulator

import (
	"fmt"
	"io"
	"strings"
)

// introduce prints the variables, and how to use the simulator.
func introduce(s settings, url string, variables []variable, stdout, stderr io.Writer) error {
	curl, ref := "curl", s.shell.reference
	if s.shell == "powershell" {
		curl = "curl.exe" // where curl is something else
	}
	_, _ = fmt.Fprintf(stderr, `A fake of the Astro API listens at %s until it is interrupted. Paste the lines
below into another shell, and try:

  deploy -live -dags ./dags

The next finalize fails after:

  %s -d FinalizeDeploy=500 %s

With the vendor's CLI, in an Astro project (your own configuration of the CLI is not used):

%s
  astro config set -g local.core %s
  astro deploy %s --dags

`, url, curl, ref(faultsVariable), s.shell.cli(), ref("ASTRO_API_URL"), ref("ASTRO_DEPLOYMENT_ID"))
	_, _ = fmt.Fprintf(stderr, "For other shells: -shell sh, -shell powershell or -shell cmd.\n\n")
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
